#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "alg.h"
#include "curve.h"
#include "rsa.h"

static EVP_PKEY *new_key(const struct pjwt_curve *row)
{
        return row->kty == PJWT_KTY_EC ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", row->openssl)
                                       : EVP_PKEY_Q_keygen(NULL, NULL, row->openssl);
}

static void every_row_is_found_by_its_own_name_and_type(void **state)
{
        (void)state;
        for (size_t i = 0; i < PJWT_CURVE_COUNT; i++) {
                const struct pjwt_curve *row = &pjwt_curves[i];

                for (int kty = PJWT_KTY_NONE; kty <= PJWT_KTY_AKP; kty++)
                        assert_ptr_equal(pjwt_curve_find((enum pjwt_kty)kty, row->name),
                                         kty == (int)row->kty ? row : NULL);
        }
        assert_null(pjwt_curve_find(PJWT_KTY_EC, NULL));
        assert_null(pjwt_curve_find(PJWT_KTY_EC, ""));
        assert_null(pjwt_curve_find(PJWT_KTY_EC, "p-256"));
        assert_null(pjwt_curve_find(PJWT_KTY_EC, "P-224"));
        assert_null(pjwt_curve_find(PJWT_KTY_OKP, "X25519"));
}

/* The sizes that OpenSSL reports for a key of the row; ML-DSA came with 3.5. */
static void openssl_has_the_same_sizes(void **state)
{
        (void)state;
        for (size_t i = 0; i < PJWT_CURVE_COUNT; i++) {
                const struct pjwt_curve *row = &pjwt_curves[i];
                EVP_PKEY *pkey = new_key(row);
                BIGNUM *order = NULL;
                size_t len = 0;

                if (!pkey && row->kty == PJWT_KTY_AKP)
                        continue;
                assert_non_null(pkey);
                assert_ptr_equal(pjwt_curve_of(pkey), row);
                assert_int_equal(EVP_PKEY_get_bits(pkey), row->bits);
                if (row->kty == PJWT_KTY_EC) {
                        assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
                        assert_int_equal(BN_num_bytes(order), row->secret_size);
                        assert_int_equal((row->bits + 7) / 8, row->public_size);
                        assert_int_equal(2 * row->secret_size, row->signature_size);
                        BN_free(order);
                } else {
                        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, NULL, &len), 1);
                        assert_int_equal(len, row->public_size);
                        assert_int_equal(8 * len, row->bits);
                        assert_int_equal(EVP_PKEY_get_size(pkey), row->signature_size);
                }
                if (row->kty == PJWT_KTY_OKP) {
                        assert_int_equal(EVP_PKEY_get_raw_private_key(pkey, NULL, &len), 1);
                        assert_int_equal(len, row->secret_size);
                }
                EVP_PKEY_free(pkey);
        }
}

static void the_maxima_hold_every_row(void **state)
{
        size_t coordinate = 0, public = 0, secret = 0;

        (void)state;
        for (size_t i = 0; i < PJWT_CURVE_COUNT; i++) {
                const struct pjwt_curve *row = &pjwt_curves[i];

                if (row->kty != PJWT_KTY_AKP && row->public_size > coordinate)
                        coordinate = row->public_size;
                public = row->public_size > public ? row->public_size : public;
                secret = row->secret_size > secret ? row->secret_size : secret;
        }
        assert_int_equal(coordinate, PJWT_COORDINATE_MAX);
        assert_int_equal(public, PJWT_CURVE_PUBLIC_MAX);
        assert_int_equal(secret, PJWT_CURVE_SECRET_MAX);
}

static void other_keys_have_no_row(void **state)
{
        EVP_PKEY *others[] = {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp224r1"),
                              EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1"),
                              EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
                              EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)};

        (void)state;
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                assert_non_null(others[i]);
                assert_null(pjwt_curve_of(others[i]));
                EVP_PKEY_free(others[i]);
        }
}

static void the_key_decides_the_size_of_a_signature(void **state)
{
        static const struct {
                const char *alg;
                int row; /* -1: no curve */
                unsigned bits;
                size_t size;
        } rows[] = {
                {"RS256", -1, 2048, 256},
                {"PS512", -1, 2049, 257},
                {"HS256", -1, 512, 32},
                {"HS512", -1, 512, 64},
                {"ES256", PJWT_P256, 256, 64},
                {"ES512", PJWT_P521, 521, 132},
                {"EdDSA", PJWT_ED25519, 256, 64},
                {"EdDSA", PJWT_ED448, 456, 114},
                {"ES256", -1, 256, 0},
                {"ML-DSA-87", PJWT_MLDSA87, 20736, 4627},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(pjwt_alg_signature_size(pjwt_alg_find(rows[i].alg, strlen(rows[i].alg)),
                                                         rows[i].row < 0 ? NULL : &pjwt_curves[rows[i].row],
                                                         rows[i].bits),
                                 rows[i].size);
}

/* The size is known even if the modulus is refused: `pamjwt keys` shows it. */
static void rsa_limits_are_inclusive(void **state)
{
        static const unsigned char e3[] = {3}, e1[] = {1}, e65536[] = {1, 0, 0}, long_e[] = {1, 0, 0, 0, 1};
        unsigned char n[PJWT_RSA_BYTES_MAX + 1];
        struct pjwt_error err = {0};
        unsigned bits = 0;

        (void)state;
        memset(n, 0xff, sizeof(n));
        assert_int_equal(pjwt_rsa_check(n, PJWT_RSA_BITS_MIN / 8, e3, 1, &bits, NULL), PJWT_OK);
        assert_int_equal(bits, PJWT_RSA_BITS_MIN);
        assert_int_equal(pjwt_rsa_check(n, PJWT_RSA_BYTES_MAX, e3, 1, &bits, NULL), PJWT_OK);
        assert_int_equal(bits, PJWT_RSA_BITS_MAX);
        assert_int_equal(pjwt_rsa_check(n, 256, e1, 1, &bits, NULL), PJWT_BAD_KEY);
        assert_int_equal(pjwt_rsa_check(n, 256, e65536, 3, &bits, NULL), PJWT_BAD_KEY);
        assert_int_equal(pjwt_rsa_check(n, 256, long_e, 5, &bits, NULL), PJWT_BAD_KEY);
        n[0] = 0x7f;
        assert_int_equal(pjwt_rsa_check(n, PJWT_RSA_BITS_MIN / 8, e3, 1, &bits, &err), PJWT_BAD_KEY);
        assert_int_equal(bits, PJWT_RSA_BITS_MIN - 1);
        assert_string_equal(err.detail, "the RSA modulus has 2047 bits; 2048 to 8192 are accepted");
        n[0] = 1;
        assert_int_equal(pjwt_rsa_check(n, PJWT_RSA_BYTES_MAX + 1, e3, 1, &bits, NULL), PJWT_BAD_KEY);
        assert_int_equal(bits, PJWT_RSA_BITS_MAX + 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_row_is_found_by_its_own_name_and_type),
                cmocka_unit_test(openssl_has_the_same_sizes),
                cmocka_unit_test(the_maxima_hold_every_row),
                cmocka_unit_test(other_keys_have_no_row),
                cmocka_unit_test(the_key_decides_the_size_of_a_signature),
                cmocka_unit_test(rsa_limits_are_inclusive),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
