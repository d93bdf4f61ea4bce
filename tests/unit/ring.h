/* A key, a key set and a token of every algorithm, created once, and their verification. */
#ifndef RING_H
#define RING_H

#include "signing.h"

#include <openssl/err.h>

#include "keyset.h"
#include "verify.h"

#define CLAIMS "{\"sub\":\"alice\"}"

/* One key of each type, created once. */
static struct ring {
        const char *alg;
        const char *type;
        const char *group;
        size_t bits;
        EVP_PKEY *pkey;
        struct pjwt_keyset *set;
        char *token;
} ring[] = {
        {"RS256", "RSA", NULL, 2048, NULL, NULL, NULL},
        {"RS384", "RSA", NULL, 2048, NULL, NULL, NULL},
        {"RS512", "RSA", NULL, 3072, NULL, NULL, NULL},
        {"PS256", "RSA", NULL, 2048, NULL, NULL, NULL},
        {"PS384", "RSA", NULL, 2048, NULL, NULL, NULL},
        {"PS512", "RSA", NULL, 2048, NULL, NULL, NULL},
        {"ES256", "EC", "P-256", 0, NULL, NULL, NULL},
        {"ES384", "EC", "P-384", 0, NULL, NULL, NULL},
        {"ES512", "EC", "P-521", 0, NULL, NULL, NULL},
        {"ES256K", "EC", "secp256k1", 0, NULL, NULL, NULL},
        {"Ed25519", "ED25519", NULL, 0, NULL, NULL, NULL},
        {"Ed448", "ED448", NULL, 0, NULL, NULL, NULL},
        {"EdDSA", "ED25519", NULL, 0, NULL, NULL, NULL},
        {"EdDSA", "ED448", NULL, 0, NULL, NULL, NULL},
        {"ML-DSA-44", "ML-DSA-44", NULL, 0, NULL, NULL, NULL},
        {"ML-DSA-65", "ML-DSA-65", NULL, 0, NULL, NULL, NULL},
        {"ML-DSA-87", "ML-DSA-87", NULL, 0, NULL, NULL, NULL},
};

#define RING (sizeof(ring) / sizeof(ring[0]))

__attribute__((unused)) static struct pjwt_keyset *keyset_of(EVP_PKEY *pkey)
{
        char *pem = public_pem(pkey);
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};

        if (pjwt_keyset_parse(pem, strlen(pem), 0, &set, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        free(pem);
        return set;
}

__attribute__((unused)) static char *token_of(EVP_PKEY *pkey, const char *alg, const char *claims)
{
        char header[64];

        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
        return signed_token(pkey, alg, header, claims);
}

__attribute__((unused)) static int make_ring(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                ring[i].pkey =
                        new_key(ring[i].type, ring[i].group ? (const void *)ring[i].group : &ring[i].bits);
                if (!ring[i].pkey) { /* ML-DSA before OpenSSL 3.5 */
                        assert_memory_equal(ring[i].type, "ML-DSA", 6);
                        ERR_clear_error();
                        continue;
                }
                ring[i].set = keyset_of(ring[i].pkey);
                ring[i].token = token_of(ring[i].pkey, ring[i].alg, CLAIMS);
        }
        return 0;
}

__attribute__((unused)) static int free_ring(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                EVP_PKEY_free(ring[i].pkey);
                pjwt_keyset_free(ring[i].set);
                free(ring[i].token);
        }
        return 0;
}

/* Picks and verifies, as a login does. */
__attribute__((unused)) static enum pjwt_reason verify(const struct pjwt_keyset *set, const char *text,
                                                       struct pjwt_error *err)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES], *key = NULL;
        struct pjwt_token *token = NULL;
        size_t count = 0;
        enum pjwt_reason r = pjwt_token_parse(text, strlen(text), 0, &token, err);

        if (r == PJWT_OK)
                r = pjwt_keyset_pick(set, token->alg, token->kid, token->kid_len, picks, &count, err);
        if (r == PJWT_OK)
                r = pjwt_verify_token(picks, count, token, &key, err);
        assert_int_equal(r == PJWT_OK, key != NULL);
        pjwt_token_free(token);
        return r;
}

/* Verifies with every key of the set, without selection: tests the last check by itself. */
__attribute__((unused)) static enum pjwt_reason verify_unpicked(const struct pjwt_keyset *set,
                                                                const char *text)
{
        const struct pjwt_key *picks[] = {&set->keys[0]}, *key = NULL;
        struct pjwt_token *token = parsed_token(text);
        enum pjwt_reason r = pjwt_verify_token(picks, 1, token, &key, NULL);

        assert_int_equal(r == PJWT_OK, key != NULL);
        pjwt_token_free(token);
        return r;
}

__attribute__((unused)) static struct ring *of(const char *alg)
{
        for (size_t i = 0; i < RING; i++)
                if (strcmp(ring[i].alg, alg) == 0)
                        return &ring[i];
        fail_msg("no %s", alg);
        abort();
}

#endif
