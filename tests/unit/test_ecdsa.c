#include "ring.h"

#include <openssl/ec.h>
#include <openssl/objects.h>

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(der_is_no_jws_signature),
                cmocka_unit_test(r_and_s_are_from_1_to_the_order),
                cmocka_unit_test(r_and_s_are_not_reduced),
                cmocka_unit_test(the_twin_of_an_ecdsa_signature_holds),
        };

        return cmocka_run_group_tests(tests, make_ring, free_ring);
}
