#include "signing.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <pthread.h>

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

static struct pjwt_keyset *keyset_of(EVP_PKEY *pkey)
{
        char *pem = public_pem(pkey);
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};

        if (pjwt_keyset_parse(pem, strlen(pem), 0, &set, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        free(pem);
        return set;
}

static char *token_of(EVP_PKEY *pkey, const char *alg, const char *claims)
{
        char header[64];

        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg);
        return signed_token(pkey, alg, header, claims);
}

static int make_ring(void **state)
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

static int free_ring(void **state)
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
static enum pjwt_reason verify(const struct pjwt_keyset *set, const char *text, struct pjwt_error *err)
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
static enum pjwt_reason verify_unpicked(const struct pjwt_keyset *set, const char *text)
{
        const struct pjwt_key *picks[] = {&set->keys[0]}, *key = NULL;
        struct pjwt_token *token = parsed_token(text);
        enum pjwt_reason r = pjwt_verify_token(picks, 1, token, &key, NULL);

        assert_int_equal(r == PJWT_OK, key != NULL);
        pjwt_token_free(token);
        return r;
}

static struct ring *of(const char *alg)
{
        for (size_t i = 0; i < RING; i++)
                if (strcmp(ring[i].alg, alg) == 0)
                        return &ring[i];
        fail_msg("no %s", alg);
        abort();
}

static void every_algorithm_verifies(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++)
                for (int again = 0; ring[i].pkey && again < 3; again++) {
                        struct pjwt_error err = {0};

                        if (verify(ring[i].set, ring[i].token, &err) != PJWT_OK)
                                fail_msg("%s %s: %s", ring[i].alg, ring[i].type, err.detail);
                }
}

/* SIG-17, SIG-20, SIG-21, HDR-11: a token is never accepted with a key of another type. */
static void every_key_against_every_token(void **state)
{
        (void)state;
        for (size_t k = 0; k < RING; k++)
                for (size_t t = 0; t < RING; t++)
                        if (ring[k].pkey && ring[t].pkey && k != t) {
                                enum pjwt_reason r = verify(ring[k].set, ring[t].token, NULL);

                                assert_true(r == PJWT_BAD_SIGNATURE || r == PJWT_NO_FITTING_KEY);
                                assert_int_not_equal(verify_unpicked(ring[k].set, ring[t].token), PJWT_OK);
                        }
}

/* SIG-01 */
static void a_flipped_bit_anywhere_spoils_it(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                char *text = ring[i].pkey ? strdup(ring[i].token) : NULL;
                size_t n = text ? strlen(text) : 0, step = n > 2000 ? 97 : 7;

                for (size_t at = 0; at < n; at += step) {
                        char was = text[at];

                        if (was == '.')
                                continue;
                        text[at] = was == 'A' ? 'B' : 'A';
                        assert_int_not_equal(verify(ring[i].set, text, NULL), PJWT_OK);
                        text[at] = was;
                }
                if (text)
                        assert_int_equal(verify(ring[i].set, text, NULL), PJWT_OK);
                free(text);
        }
}

/* SIG-01, SIG-03, SIG-15, SIG-23 */
static void signatures_have_the_exact_length(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                char *input = ring[i].pkey ? strdup(ring[i].token) : NULL, *dot;
                unsigned char signature[8200] = {0};
                size_t len = 0;

                if (!input)
                        continue;
                dot = strrchr(input, '.');
                assert_true(pjwt_b64url_decode(dot + 1, strlen(dot + 1), signature + 1, &len));
                *dot = '\0';
                for (int d = -2; d <= 2; d++) {
                        char *longer = with_signature(strdup(input), signature + 1, (size_t)((int)len + d));
                        char *shifted = with_signature(strdup(input), signature, (size_t)((int)len + d));

                        assert_int_equal(verify(ring[i].set, longer, NULL) == PJWT_OK, d == 0);
                        assert_int_equal(verify(ring[i].set, shifted, NULL), PJWT_BAD_SIGNATURE);
                        free(longer);
                        free(shifted);
                }
                free(input);
        }
}

/* SIG-02, SIG-04 */
static void der_is_no_jws_signature(void **state)
{
        struct ring *es = of("ES256");
        char *text = signing_input("{\"alg\":\"ES256\"}", CLAIMS);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char der[128], huge[4096];
        size_t len = sizeof(der);

        (void)state;
        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, es->pkey, NULL), 1);
        assert_int_equal(EVP_DigestSign(ctx, der, &len, (unsigned char *)text, strlen(text)), 1);
        EVP_MD_CTX_free(ctx);
        text = with_signature(text, der, len);
        assert_int_equal(verify(es->set, text, NULL), PJWT_BAD_SIGNATURE);
        free(text);
        memset(huge, 0xff, sizeof(huge));
        text = with_signature(signing_input("{\"alg\":\"ES256\"}", CLAIMS), huge, sizeof(huge));
        assert_int_equal(verify(es->set, text, NULL), PJWT_BAD_SIGNATURE);
        free(text);
}

static void number(unsigned char *out, size_t size, const BIGNUM *n)
{
        assert_int_equal(BN_bn2binpad(n, out, (int)size), size);
}

/* SIG-05, SIG-06: in CVE-2022-21449, r = s = 0 was accepted as a signature of anything. */
static void r_and_s_are_from_1_to_the_order(void **state)
{
        static const char *const algs[] = {"ES256", "ES384", "ES512", "ES256K"};

        (void)state;
        for (size_t a = 0; a < 4; a++) {
                struct ring *es = of(algs[a]);
                size_t half = pjwt_alg_find(es->alg, strlen(es->alg))->curve->signature_size / 2;
                unsigned char rs[132], values[7][66];
                BIGNUM *order = NULL, *n = BN_new();
                char header[64];

                assert_int_equal(EVP_PKEY_get_bn_param(es->pkey, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
                memset(values, 0, sizeof(values));
                values[1][half - 1] = 1;
                number(values[2], half, order);
                assert_non_null(BN_copy(n, order));
                assert_int_equal(BN_sub_word(n, 1), 1);
                number(values[3], half, n);
                assert_int_equal(BN_add_word(n, 2), 1);
                number(values[4], half, n);
                memset(values[5], 0xff, half);
                values[6][half - 1] = 2;
                (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", es->alg);
                for (int r = 0; r < 7; r++)
                        for (int s = 0; s < 7; s++) {
                                char *text;

                                memcpy(rs, values[r], half);
                                memcpy(rs + half, values[s], half);
                                text = with_signature(signing_input(header, CLAIMS), rs, 2 * half);
                                assert_int_equal(verify(es->set, text, NULL), PJWT_BAD_SIGNATURE);
                                free(text);
                        }
                BN_free(order);
                BN_free(n);
        }
}

/* The result for the token `input.` with these two numbers as signature. */
static enum pjwt_reason verify_numbers(const struct pjwt_keyset *set, const char *input, size_t half,
                                       const BIGNUM *r, const BIGNUM *s)
{
        unsigned char rs[2 * PJWT_COORDINATE_MAX];
        enum pjwt_reason reason;
        char *text;

        number(rs, half, r);
        number(rs + half, half, s);
        text = with_signature(strdup(input), rs, 2 * half);
        reason = verify(set, text, NULL);
        free(text);
        return reason;
}

/* The JWK of a point. */
static struct pjwt_keyset *keyset_of_point(const struct pjwt_curve *curve, const EC_GROUP *group,
                                           const EC_POINT *point)
{
        size_t half = curve->public_size;
        unsigned char bytes[PJWT_COORDINATE_MAX];
        char x64[128], y64[128], jwk[512];
        BIGNUM *x = BN_new(), *y = BN_new();
        struct pjwt_keyset *set = NULL;

        assert_int_equal(EC_POINT_get_affine_coordinates(group, point, x, y, NULL), 1);
        number(bytes, half, x);
        pjwt_b64url_encode(bytes, half, x64);
        number(bytes, half, y);
        pjwt_b64url_encode(bytes, half, y64);
        (void)snprintf(jwk, sizeof(jwk), "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
                       curve->name, x64, y64);
        assert_int_equal(pjwt_keyset_parse(jwk, strlen(jwk), 0, &set, NULL), PJWT_OK);
        BN_free(x);
        BN_free(y);
        return set;
}

/*
 * A key under which r = j and s = 1 sign the text, where n + j is the x coordinate of a point R: it is (R -
 * digest * G) / r. A verifier that only reduces r and s modulo n therefore also accepts r + n and s + n.
 */
static struct pjwt_keyset *key_for_small_numbers(const struct pjwt_alg *alg, const char *input, BIGNUM *r,
                                                 BIGNUM *n)
{
        EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(alg->curve->openssl));
        EC_POINT *point = EC_POINT_new(group), *key = EC_POINT_new(group);
        BIGNUM *x = BN_new(), *e, *inverse;
        BN_CTX *ctx = BN_CTX_new();
        unsigned char digest[EVP_MAX_MD_SIZE];
        size_t len = 0;
        struct pjwt_keyset *set;

        assert_non_null(BN_copy(n, EC_GROUP_get0_order(group)));
        BN_zero(r);
        do {
                assert_int_equal(BN_add_word(r, 1), 1);
                assert_int_equal(BN_add(x, n, r), 1);
        } while (EC_POINT_set_compressed_coordinates(group, point, x, 0, ctx) != 1);
        ERR_clear_error();
        assert_int_equal(EVP_Q_digest(NULL, alg->digest, NULL, input, strlen(input), digest, &len), 1);
        e = BN_bin2bn(digest, (int)len, NULL);
        inverse = BN_mod_inverse(NULL, r, n, ctx);
        assert_int_equal(BN_mod_mul(e, e, inverse, n, ctx), 1);
        assert_int_equal(BN_sub(e, n, e), 1);
        assert_int_equal(EC_POINT_mul(group, key, e, point, inverse, ctx), 1);
        set = keyset_of_point(alg->curve, group, key);
        BN_free(x);
        BN_free(e);
        BN_free(inverse);
        BN_CTX_free(ctx);
        EC_POINT_free(point);
        EC_POINT_free(key);
        EC_GROUP_free(group);
        return set;
}

/* SIG-05, SIG-06: numbers out of range that are right modulo the order, or if read as negative. */
static void r_and_s_are_not_reduced(void **state)
{
        static const char *const algs[] = {"ES256", "ES384", "ES512", "ES256K"};

        (void)state;
        for (size_t a = 0; a < 4; a++) {
                const struct pjwt_alg *alg = pjwt_alg_find(algs[a], strlen(algs[a]));
                size_t half = alg->curve->signature_size / 2;
                BIGNUM *n = BN_new(), *rs[2][3]; /* r and s: good, plus n, minus n in two's complement */
                struct pjwt_keyset *set;
                char header[64], *input;

                for (int i = 0; i < 6; i++)
                        rs[i / 3][i % 3] = BN_new();
                (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", alg->name);
                input = signing_input(header, CLAIMS);
                set = key_for_small_numbers(alg, input, rs[0][0], n);
                assert_int_equal(BN_one(rs[1][0]), 1);
                for (int i = 0; i < 2; i++) {
                        assert_int_equal(BN_add(rs[i][1], rs[i][0], n), 1);
                        assert_int_equal(BN_lshift(rs[i][2], BN_value_one(), (int)half * 8), 1);
                        assert_int_equal(BN_sub(rs[i][2], rs[i][2], n), 1);
                        assert_int_equal(BN_add(rs[i][2], rs[i][2], rs[i][0]), 1);
                }
                for (int i = 0; i < 9; i++)
                        assert_int_equal(verify_numbers(set, input, half, rs[0][i / 3], rs[1][i % 3]),
                                         i == 0 ? PJWT_OK : PJWT_BAD_SIGNATURE);
                for (int i = 0; i < 6; i++)
                        BN_free(rs[i / 3][i % 3]);
                BN_free(n);
                free(input);
                pjwt_keyset_free(set);
        }
}

/* SIG-07: for each ECDSA signature there is another valid one, so a signature does not identify a token. */
static void the_twin_of_an_ecdsa_signature_holds(void **state)
{
        struct ring *es = of("ES256");
        char *input = strdup(es->token), *dot = strrchr(input, '.');
        unsigned char rs[66];
        size_t len = 0;
        BIGNUM *order = NULL, *s;

        (void)state;
        assert_true(pjwt_b64url_decode(dot + 1, strlen(dot + 1), rs, &len));
        *dot = '\0';
        assert_int_equal(EVP_PKEY_get_bn_param(es->pkey, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
        s = BN_bin2bn(rs + 32, 32, NULL);
        assert_int_equal(BN_sub(s, order, s), 1);
        number(rs + 32, 32, s);
        input = with_signature(input, rs, 64);
        assert_int_equal(verify(es->set, input, NULL), PJWT_OK);
        BN_free(order);
        BN_free(s);
        free(input);
}

/* SIG-18 */
static void eddsa_s_is_below_the_order(void **state)
{
        /* L = 2^252 + 27742317777372353535851937790883648493, little-endian */
        static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                0,    0,    0,    0,    0,    0,    0,    0,
                                                0,    0,    0,    0,    0,    0,    0,    0x10};
        struct ring *ed = of("Ed25519");
        char *input = strdup(ed->token), *dot = strrchr(input, '.');
        unsigned char sig[68];
        unsigned carry = 0;
        size_t len = 0;

        (void)state;
        assert_true(pjwt_b64url_decode(dot + 1, strlen(dot + 1), sig, &len));
        *dot = '\0';
        for (int i = 0; i < 32; i++) {
                carry += (unsigned)sig[32 + i] + order[i];
                sig[32 + i] = (unsigned char)carry;
                carry >>= 8;
        }
        input = with_signature(input, sig, 64);
        assert_int_equal(verify(ed->set, input, NULL), PJWT_BAD_SIGNATURE);
        free(input);
}

/* SIG-16 */
static void pss_salts_are_as_long_as_the_digest(void **state)
{
        static const int salts[] = {0, 20, 31, 32, 33, 64};
        struct ring *ps = of("PS256");

        (void)state;
        for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
                char *text = signing_input("{\"alg\":\"PS256\"}", CLAIMS);
                EVP_MD_CTX *ctx = EVP_MD_CTX_new();
                EVP_PKEY_CTX *pctx = NULL;
                unsigned char sig[512];
                size_t len = sizeof(sig);

                assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, ps->pkey, NULL), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salts[i]), 1);
                assert_int_equal(EVP_DigestSign(ctx, sig, &len, (unsigned char *)text, strlen(text)), 1);
                EVP_MD_CTX_free(ctx);
                text = with_signature(text, sig, len);
                assert_int_equal(verify(ps->set, text, NULL), salts[i] == 32 ? PJWT_OK : PJWT_BAD_SIGNATURE);
                free(text);
        }
}

static void pss_has_one_digest(void **state)
{
        struct ring *ps = of("PS256");
        char *text = signing_input("{\"alg\":\"PS256\"}", CLAIMS);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;
        unsigned char sig[512];
        size_t len = sizeof(sig);

        (void)state;
        assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, ps->pkey, NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, "SHA1", NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32), 1);
        assert_int_equal(EVP_DigestSign(ctx, sig, &len, (unsigned char *)text, strlen(text)), 1);
        EVP_MD_CTX_free(ctx);
        text = with_signature(text, sig, len);
        assert_int_equal(verify(ps->set, text, NULL), PJWT_BAD_SIGNATURE);
        free(text);
}

/* One key, one digest each: contexts set up for one algorithm are not used for the next. */
static void one_key_in_several_algorithms_by_turns(void **state)
{
        static const char *const algs[] = {"RS256", "PS256", "RS512", "PS384", "RS256", "RS384", "PS512"};
        struct ring *rsa = of("RS256");

        (void)state;
        for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
                char *text = token_of(rsa->pkey, algs[i], CLAIMS);

                assert_int_equal(verify(rsa->set, text, NULL), PJWT_OK);
                free(text);
        }
}

/* HDR-06, HDR-08, HDR-09: the key determines the family of the algorithm, not the token. */
static void a_public_key_never_serves_hmac(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                char *pem = ring[i].pkey ? public_pem(ring[i].pkey) : NULL;
                char *text =
                        pem ? hmac_token("SHA256", pem, strlen(pem), "{\"alg\":\"HS256\"}", CLAIMS) : NULL;
                char *empty = pem ? hmac_token("SHA256", "", 0, "{\"alg\":\"HS256\"}", CLAIMS) : NULL;

                if (!pem)
                        continue;
                assert_int_equal(verify(ring[i].set, text, NULL), PJWT_NO_FITTING_KEY);
                assert_int_equal(verify_unpicked(ring[i].set, text), PJWT_NO_FITTING_KEY);
                assert_int_equal(verify(ring[i].set, empty, NULL), PJWT_NO_FITTING_KEY);
                assert_int_equal(verify_unpicked(ring[i].set, empty), PJWT_NO_FITTING_KEY);
                free(pem);
                free(text);
                free(empty);
        }
}

static void hmac_of_every_digest(void **state)
{
        static const char *const rows[][2] = {{"HS256", "SHA256"}, {"HS384", "SHA384"}, {"HS512", "SHA512"}};
        unsigned char secret[64];
        struct pjwt_keyset *set = NULL, *other = NULL;

        (void)state;
        memset(secret, 0x5a, sizeof(secret));
        assert_int_equal(pjwt_keyset_from_secret(secret, 64, 0, &set, NULL), PJWT_OK);
        secret[63] ^= 1;
        assert_int_equal(pjwt_keyset_from_secret(secret, 64, 0, &other, NULL), PJWT_OK);
        secret[63] ^= 1;
        for (int again = 0; again < 2; again++)
                for (size_t i = 0; i < 3; i++) {
                        char header[32], *text;

                        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", rows[i][0]);
                        text = hmac_token(rows[i][1], secret, 64, header, CLAIMS);
                        assert_int_equal(verify(set, text, NULL), PJWT_OK);
                        assert_int_equal(verify(other, text, NULL), PJWT_BAD_SIGNATURE);
                        text[strlen(text) - 3] ^= 1;
                        assert_int_not_equal(verify(set, text, NULL), PJWT_OK);
                        free(text);
                }
        pjwt_keyset_free(set);
        pjwt_keyset_free(other);
}

/* The first example of the seed. */
static void a_weak_secret_of_the_command_line(void **state)
{
        static const char text[] = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzb21lIjoicGF5bG9hZCJ9.Joh1R2dYzk"
                                   "RvDkqv3sygm5YyK8Gi4ShZqbhK2gxcs2U";
        struct pjwt_keyset *set = NULL;

        (void)state;
        assert_int_equal(pjwt_keyset_from_secret((const unsigned char *)"secret", 6, PJWT_KEYS_WEAK_SECRET,
                                                 &set, NULL),
                         PJWT_OK);
        assert_int_equal(verify(set, text, NULL), PJWT_OK);
        pjwt_keyset_free(set);
}

/* KEY-10: one of several keys without a kid. */
static void all_picked_keys_are_tried(void **state)
{
        struct ring *es = of("ES256");
        EVP_PKEY *other = new_key("EC", "P-256");
        char *first = public_pem(other), *second = public_pem(es->pkey), both[1024];
        struct pjwt_keyset *set = NULL;

        (void)state;
        (void)snprintf(both, sizeof(both), "%s%s", first, second);
        assert_int_equal(pjwt_keyset_parse(both, strlen(both), 0, &set, NULL), PJWT_OK);
        assert_int_equal(set->count, 2);
        assert_int_equal(verify(set, es->token, NULL), PJWT_OK);
        pjwt_keyset_free(set);
        free(first);
        free(second);
        EVP_PKEY_free(other);
}

static void a_key_that_openssl_refuses_is_named(void **state)
{
        static const char jwks[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"off\",\"x\":\"f83"
                                   "OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"f83OJ3D2xF1Bg8vub9tLe"
                                   "1gHMzV76e8Tus9uPHvRVEU\"}]}";
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        unsigned char one[64] = {[31] = 1, [63] = 1};
        char *text = with_signature(signing_input("{\"alg\":\"ES256\",\"kid\":\"off\"}", CLAIMS), one, 64);

        (void)state;
        assert_int_equal(pjwt_keyset_parse(jwks, strlen(jwks), 0, &set, NULL), PJWT_OK);
        assert_int_equal(verify(set, text, &err), PJWT_BAD_KEY);
        assert_string_equal(err.detail, "key 'off': OpenSSL refuses it");
        pjwt_keyset_free(set);
        free(text);
}

static void no_key_is_a_refusal(void **state)
{
        struct ring *es = of("ES256");
        struct pjwt_token *token = parsed_token(es->token);
        const struct pjwt_key *key = NULL;

        (void)state;
        assert_int_equal(pjwt_verify_token(NULL, 0, token, &key, NULL), PJWT_NO_FITTING_KEY);
        token->alg = NULL;
        assert_int_equal(pjwt_verify_token(NULL, 0, token, &key, NULL), PJWT_NO_FITTING_KEY);
        assert_null(key);
        pjwt_token_free(token);
}

/* SIG-25 */
static void the_error_queue_stays_as_it_was(void **state)
{
        struct ring *es = of("ES256"), *rs = of("RS256");
        unsigned long before;
        char *text = unsigned_token("{\"alg\":\"RS256\"}", CLAIMS, 256);

        (void)state;
        ERR_clear_error();
        (void)verify(rs->set, text, NULL);
        assert_int_equal(ERR_peek_error(), 0);
        ERR_raise(ERR_LIB_USER, 77);
        before = ERR_peek_last_error();
        (void)verify(rs->set, text, NULL);
        (void)verify(es->set, es->token, NULL);
        assert_int_equal(ERR_peek_last_error(), before);
        assert_int_equal(ERR_get_error(), before);
        assert_int_equal(ERR_peek_error(), 0);
        free(text);
}

/* Sixteen unsuitable keys leave more errors than the queue can hold (seen with OpenSSL 3.5). */
static void many_tries_do_not_overflow_the_error_queue(void **state)
{
        struct ring *rs = of("RS256");
        EVP_PKEY *other = new_key("RSA", &(size_t){2048});
        char *pem = public_pem(other), *many = calloc(PJWT_KEYSET_TRIES + 1, strlen(pem));
        struct pjwt_keyset *set = NULL;
        unsigned long before;

        (void)state;
        assert_non_null(many);
        for (int i = 0; i < PJWT_KEYSET_TRIES; i++)
                strcat(many, pem);
        assert_int_equal(pjwt_keyset_parse(many, strlen(many), 0, &set, NULL), PJWT_OK);
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 77);
        before = ERR_peek_error();
        assert_int_equal(verify(set, rs->token, NULL), PJWT_BAD_SIGNATURE);
        assert_int_equal(ERR_get_error(), before);
        assert_int_equal(ERR_peek_error(), 0);
        pjwt_keyset_free(set);
        free(many);
        free(pem);
        EVP_PKEY_free(other);
}

static void *verify_often(void *arg)
{
        uintptr_t bad = 0;

        for (int n = 0; n < 40; n++)
                for (size_t i = 0; i < RING; i++) {
                        struct pjwt_keyset *set = ((struct pjwt_keyset **)arg)[i];
                        char *wrong;

                        if (!set)
                                continue;
                        wrong = strdup(ring[i].token);
                        wrong[10 + n] = wrong[10 + n] == 'A' ? 'B' : 'A';
                        bad += verify(set, ring[i].token, NULL) != PJWT_OK;
                        bad += verify(set, wrong, NULL) == PJWT_OK;
                        free(wrong);
                }
        return (void *)bad;
}

/* New sets, so that the threads also create the OpenSSL keys at the same time. */
static void threads_may_share_a_set(void **state)
{
        struct pjwt_keyset *sets[RING] = {NULL};
        pthread_t threads[4];

        (void)state;
        for (size_t i = 0; i < RING; i++)
                if (ring[i].pkey)
                        sets[i] = keyset_of(ring[i].pkey);
        for (int i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, verify_often, sets), 0);
        for (int i = 0; i < 4; i++) {
                void *bad = NULL;

                assert_int_equal(pthread_join(threads[i], &bad), 0);
                assert_null(bad);
        }
        for (size_t i = 0; i < RING; i++)
                pjwt_keyset_free(sets[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_algorithm_verifies),
                cmocka_unit_test(every_key_against_every_token),
                cmocka_unit_test(a_flipped_bit_anywhere_spoils_it),
                cmocka_unit_test(signatures_have_the_exact_length),
                cmocka_unit_test(der_is_no_jws_signature),
                cmocka_unit_test(r_and_s_are_from_1_to_the_order),
                cmocka_unit_test(r_and_s_are_not_reduced),
                cmocka_unit_test(the_twin_of_an_ecdsa_signature_holds),
                cmocka_unit_test(eddsa_s_is_below_the_order),
                cmocka_unit_test(pss_salts_are_as_long_as_the_digest),
                cmocka_unit_test(pss_has_one_digest),
                cmocka_unit_test(one_key_in_several_algorithms_by_turns),
                cmocka_unit_test(a_public_key_never_serves_hmac),
                cmocka_unit_test(hmac_of_every_digest),
                cmocka_unit_test(a_weak_secret_of_the_command_line),
                cmocka_unit_test(all_picked_keys_are_tried),
                cmocka_unit_test(a_key_that_openssl_refuses_is_named),
                cmocka_unit_test(no_key_is_a_refusal),
                cmocka_unit_test(the_error_queue_stays_as_it_was),
                cmocka_unit_test(many_tries_do_not_overflow_the_error_queue),
                cmocka_unit_test(threads_may_share_a_set),
        };

        return cmocka_run_group_tests(tests, make_ring, free_ring);
}
