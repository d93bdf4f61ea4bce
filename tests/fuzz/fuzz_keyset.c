/* JWKS, JWK, PEM or a secret, and then all operations on keys. */
#include <string.h>

#include "alg.h"
#include "fuzz.h"
#include "jwkwrite.h"
#include "keyset.h"
#include "rsa.h"
#include "token.h"
#include "verify.h"

/* A token of this alg with an invalid signature: zeros of the right length. */
static struct pjwt_token *forged(const struct pjwt_alg *alg, const struct pjwt_key *key)
{
        static unsigned char zeros[8192];
        static char text[] = "eyJhbGciOiJub25lIn0.e30.";
        static struct pjwt_token token;

        memset(&token, 0, sizeof(token));
        token.text = text;
        token.text_len = sizeof(text) - 1;
        token.signing_input_len = sizeof(text) - 2;
        token.signature = zeros;
        token.signature_len = pjwt_alg_signature_size(alg, key->curve, key->bits);
        token.alg = alg;
        return &token;
}

static void check_verify(const struct pjwt_alg *alg, const struct pjwt_key *const *picks, size_t count)
{
        const struct pjwt_key *held = NULL;
        struct pjwt_error err = {0};

        for (size_t i = 0; i < count; i++) {
                FUZZ_CHECK(picks[i]->unusable == PJWT_OK && pjwt_key_fits(picks[i], alg));
                FUZZ_CHECK(picks[i]->kty == alg->kty);
        }
        FUZZ_CHECK(pjwt_verify_token(picks, count, forged(alg, picks[0]), &held, &err) != PJWT_OK);
        FUZZ_CHECK(held == NULL);
}

static void check_picks(const struct pjwt_keyset *set, const char *kid, size_t kid_len)
{
        const struct pjwt_alg *alg;

        for (size_t i = 0; (alg = pjwt_alg_at(i)) != NULL; i++) {
                const struct pjwt_key *picks[PJWT_KEYSET_TRIES];
                struct pjwt_error err = {0};
                size_t count = 0;

                if (pjwt_keyset_pick(set, alg, kid, kid_len, picks, &count, &err) != PJWT_OK)
                        continue;
                FUZZ_CHECK(count >= 1 && count <= PJWT_KEYSET_TRIES);
                FUZZ_CHECK(kid == NULL || set->nameless || count == 1);
                check_verify(alg, picks, count);
        }
}

static void check_key(const struct pjwt_key *key)
{
        struct pjwt_error err = {0};
        char thumbprint[44];

        FUZZ_CHECK(memchr(key->note, '\0', sizeof(key->note)) != NULL);
        if (key->unusable != PJWT_OK) {
                FUZZ_CHECK(key->note[0] != '\0');
                return;
        }
        FUZZ_CHECK(key->kty != PJWT_KTY_NONE && (key->alg == NULL || key->alg->kty == key->kty));
        FUZZ_CHECK(key->kty != PJWT_KTY_RSA ||
                   (key->bits >= PJWT_RSA_BITS_MIN && key->bits <= PJWT_RSA_BITS_MAX));
        FUZZ_CHECK(key->kty != PJWT_KTY_OCT || key->secret_len > 0);
        if (pjwt_key_thumbprint(key, thumbprint, &err) == PJWT_OK)
                FUZZ_CHECK(strlen(thumbprint) == 43);
        else
                FUZZ_CHECK(fuzz_faulty());
}

/* A serialised set must be a valid set. */
static void check_public(const struct pjwt_keyset *set)
{
        struct json_object *jwks = pjwt_keyset_public_jwks(set);
        const char *text = jwks ? json_object_to_json_string_ext(jwks, JSON_C_TO_STRING_PLAIN) : NULL;
        struct pjwt_keyset *again = NULL;
        struct pjwt_error err = {0};

        FUZZ_CHECK(fuzz_faulty() || text != NULL);
        if (text != NULL && set->usable > 0 && set->keys[0].kty != PJWT_KTY_OCT &&
            pjwt_keyset_parse(text, strlen(text), PJWT_KEYS_PUBLIC_ONLY, &again, &err) == PJWT_OK)
                FUZZ_CHECK(again->usable == again->count);
        pjwt_keyset_free(again);
        json_object_put(jwks);
}

static void check_set(struct pjwt_keyset *set)
{
        struct pjwt_error err = {0};
        size_t usable = 0;

        FUZZ_CHECK(set->usable >= 1 && set->usable <= set->count);
        if (pjwt_keyset_check_all(set, &err) != PJWT_OK)
                return;
        for (size_t i = 0; i < set->count; i++) {
                check_key(&set->keys[i]);
                usable += set->keys[i].unusable == PJWT_OK;
        }
        FUZZ_CHECK(usable == set->usable);
        check_picks(set, NULL, 0);
        if (set->keys[0].kid != NULL)
                check_picks(set, set->keys[0].kid, set->keys[0].kid_len);
        check_picks(set, "no such kid", 11);
        check_public(set);
}

static bool finish(enum pjwt_reason r, const struct pjwt_error *err, struct pjwt_keyset *set)
{
        FUZZ_CHECK((r == PJWT_OK) == (set != NULL));
        FUZZ_CHECK(r == PJWT_OK || err->reason == r);
        if (set != NULL)
                check_set(set);
        pjwt_keyset_free(set);
        return r == PJWT_OK;
}

static bool parse(const uint8_t *data, size_t size, unsigned flags)
{
        struct pjwt_error err = {0};
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r = pjwt_keyset_parse((const char *)data, size, flags, &set, &err);

        if (set != NULL && (flags & PJWT_KEYS_PUBLIC_ONLY))
                for (size_t i = 0; i < set->count; i++)
                        FUZZ_CHECK(set->keys[i].kty != PJWT_KTY_OCT);
        return finish(r, &err, set);
}

static bool secret(const uint8_t *data, size_t size)
{
        struct pjwt_error err = {0};
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r = pjwt_keyset_from_secret(data, size, 0, &set, &err);

        FUZZ_CHECK(r != PJWT_OK || size >= 32);
        FUZZ_CHECK(r != PJWT_OK || memmem(data, size, "-----BEGIN ", 11) == NULL);
        return finish(r, &err, set);
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        bool local = parse(data, size, 0);
        bool network = parse(data, size, PJWT_KEYS_PUBLIC_ONLY);
        bool as_secret = secret(data, size);

        FUZZ_CHECK(fuzz_faulty() || !network || local);
        FUZZ_CHECK(fuzz_faulty() ||
                   !(as_secret && local)); /* HDR-07: a text cannot be both a key set and a secret */
        return local || as_secret;
}
