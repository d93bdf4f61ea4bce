/* Functions for creating tokens and keys in tests: the library itself cannot sign. */
#ifndef SIGNING_H
#define SIGNING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "alg.h"
#include "b64url.h"
#include "token.h"

/* HEADER.PAYLOAD, in base64url. */
__attribute__((unused)) static char *signing_input(const char *header, const char *payload)
{
        size_t h = strlen(header), p = strlen(payload);
        char *text = malloc(PJWT_B64URL_ENCODED(h) + PJWT_B64URL_ENCODED(p) + 2);

        assert_non_null(text);
        pjwt_b64url_encode((const unsigned char *)header, h, text);
        strcat(text, ".");
        pjwt_b64url_encode((const unsigned char *)payload, p, text + strlen(text));
        return text;
}

/* INPUT.SIGNATURE; frees input. */
__attribute__((unused)) static char *with_signature(char *input, const unsigned char *signature, size_t len)
{
        size_t n = strlen(input);
        char *text = realloc(input, n + PJWT_B64URL_ENCODED(len) + 2);

        assert_non_null(text);
        text[n] = '.';
        pjwt_b64url_encode(signature, len, text + n + 1);
        return text;
}

/* A token whose signature consists of this many zero bytes. */
__attribute__((unused)) static char *unsigned_token(const char *header, const char *payload,
                                                    size_t signature_len)
{
        static const unsigned char zeros[8192];

        return with_signature(signing_input(header, payload), zeros, signature_len);
}

/* A private key: "RSA" with bits, "EC" with a group name, "ED25519", "ED448", "ML-DSA-65". */
__attribute__((unused)) static EVP_PKEY *new_key(const char *type, const void *parameter)
{
        EVP_PKEY *pkey = NULL;

        if (strcmp(type, "RSA") == 0)
                pkey = EVP_PKEY_Q_keygen(NULL, NULL, type, *(const size_t *)parameter);
        else if (strcmp(type, "EC") == 0)
                pkey = EVP_PKEY_Q_keygen(NULL, NULL, type, (const char *)parameter);
        else
                pkey = EVP_PKEY_Q_keygen(NULL, NULL, type);
        return pkey;
}

/* The public key as PEM, for free(). */
__attribute__((unused)) static char *public_pem(EVP_PKEY *pkey)
{
        BIO *bio = BIO_new(BIO_s_mem());
        char *data = NULL, *text;
        long len;

        assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
        len = BIO_get_mem_data(bio, &data);
        text = malloc((size_t)len + 1);
        assert_non_null(text);
        memcpy(text, data, (size_t)len);
        text[len] = '\0';
        BIO_free(bio);
        return text;
}

__attribute__((unused)) static size_t der_to_rs(const unsigned char *der, size_t len, size_t half,
                                                unsigned char *out)
{
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

        assert_non_null(sig);
        assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)half), half);
        assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, (int)half), half);
        ECDSA_SIG_free(sig);
        return 2 * half;
}

/* Signs text under alg. */
__attribute__((unused)) static size_t sign(EVP_PKEY *pkey, const struct pjwt_alg *alg, const char *text,
                                           unsigned char *out, size_t size)
{
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;
        unsigned char raw[8192];
        size_t len = sizeof(raw);

        assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, alg->digest, NULL, NULL, pkey, NULL), 1);
        if (alg->pss) {
                assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST), 1);
        }
        assert_int_equal(EVP_DigestSign(ctx, raw, &len, (const unsigned char *)text, strlen(text)), 1);
        EVP_MD_CTX_free(ctx);
        if (alg->kty == PJWT_KTY_EC)
                return der_to_rs(raw, len, alg->curve->signature_size / 2, out);
        assert_true(len <= size);
        memcpy(out, raw, len);
        return len;
}

/* A whole token, signed with pkey. */
__attribute__((unused)) static char *signed_token(EVP_PKEY *pkey, const char *alg, const char *header,
                                                  const char *payload)
{
        const struct pjwt_alg *row = pjwt_alg_find(alg, strlen(alg));
        unsigned char signature[8192];
        char *text = signing_input(header, payload);
        size_t len = sign(pkey, row, text, signature, sizeof(signature));

        return with_signature(text, signature, len);
}

__attribute__((unused)) static char *hmac_token(const char *digest, const void *secret, size_t secret_len,
                                                const char *header, const char *payload)
{
        unsigned char tag[64];
        char *text = signing_input(header, payload);
        size_t len = 0;

        assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, secret, secret_len, (unsigned char *)text,
                                  strlen(text), tag, sizeof(tag), &len));
        return with_signature(text, tag, len);
}

/* Parses a token that must be valid. */
__attribute__((unused)) static struct pjwt_token *parsed_token(const char *text)
{
        struct pjwt_token *token = NULL;
        struct pjwt_error err = {0};

        if (pjwt_token_parse(text, strlen(text), 0, &token, &err) != PJWT_OK)
                fail_msg("refused: %s: %s", text, err.detail);
        return token;
}

/* A token with these claims and an invalid signature. */
__attribute__((unused)) static struct pjwt_token *token_of_claims(const char *header, const char *claims)
{
        char *text = unsigned_token(header ? header : "{\"alg\":\"ES256\"}", claims, 64);
        struct pjwt_token *token = parsed_token(text);

        free(text);
        return token;
}

#endif
