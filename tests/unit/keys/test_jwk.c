#include "keytext.h"

/* KEY-19, KEY-21 */
static void one_bad_key_does_not_spoil_the_others(void **state)
{
        (void)state;
        assert_key("", "kty is missing");
        assert_key("\"kty\":true", "kty is not a string");
        assert_key("\"kty\":\"rsa\"", "kty 'rsa' is not supported");
        assert_key("\"kty\":\"none\"", "kty 'none' is not supported");
        assert_key("\"kty\":\"RSA\",\"n\":1,\"e\":\"AQAB\"", "n is not a string");
        assert_key("\"kty\":\"RSA\",\"n\":\"" N_2048 "\",\"e\":[1]", "e is not a string");
        assert_key("\"kty\":\"RSA\",\"n\":\"" N_2048 "\"", "e is missing");
        assert_key("\"kty\":\"RSA\",\"n\":null,\"e\":\"AQAB\"", "n is not a string");
        assert_key(RSA_2048 ",\"alg\":8384", "alg is not a string");
        assert_key(RSA_2048 ",\"kid\":1", "kid is not a string");
        assert_key(RSA_2048 ",\"kid\":\"\"", "kid has 0 bytes");
}

/* KEY-15 */
static void use_is_for_signatures(void **state)
{
        (void)state;
        usable(RSA_2048 ",\"use\":\"sig\"");
        assert_key(RSA_2048 ",\"use\":\"enc\"", "use is 'enc'");
        assert_key(RSA_2048 ",\"use\":\"SIG\"", "use is 'SIG'");
        assert_key(RSA_2048 ",\"use\":\"\"", "use is ''");
        assert_key(RSA_2048 ",\"use\":null", "use is not a string");
        assert_key(RSA_2048 ",\"use\":[\"sig\"]", "use is not a string");
}

/* KEY-16 */
static void key_ops_name_verify(void **state)
{
        (void)state;
        usable(RSA_2048 ",\"key_ops\":[\"verify\"]");
        usable(RSA_2048 ",\"key_ops\":[\"sign\",\"verify\"],\"use\":\"sig\"");
        assert_key(RSA_2048 ",\"key_ops\":[\"sign\"]", "does not contain verify");
        assert_key(RSA_2048 ",\"key_ops\":[]", "does not contain verify");
        assert_key(RSA_2048 ",\"key_ops\":[\"encrypt\"]", "contains 'encrypt'");
        assert_key(RSA_2048 ",\"key_ops\":[\"verify\",\"encrypt\"],\"use\":\"sig\"", "contains 'encrypt'");
        assert_key(RSA_2048 ",\"key_ops\":[\"verify\",\"verify\"]", "twice");
        assert_key(RSA_2048 ",\"key_ops\":\"verify\"", "not a list");
        assert_key(RSA_2048 ",\"key_ops\":null", "not a list");
        assert_key(RSA_2048 ",\"key_ops\":[1]", "not a string");
        assert_key(RSA_2048 ",\"key_ops\":[\"verify\",null]", "not a string");
        assert_key(RSA_2048 ",\"key_ops\":[\"verify\"],\"use\":\"enc\"", "use is 'enc'");
}

/* KEY-17, KEY-09 */
static void alg_fits_the_key(void **state)
{
        (void)state;
        usable(RSA_2048 ",\"alg\":\"RS512\"");
        usable(EC_256 ",\"alg\":\"ES256\"");
        usable(OKP_ED ",\"alg\":\"EdDSA\"");
        usable(OKP_ED ",\"alg\":\"Ed25519\"");
        assert_key(EC_256 ",\"alg\":\"ES384\"", "cannot be used with");
        assert_key(EC_256 ",\"alg\":\"ES256K\"", "cannot be used with");
        assert_key(EC_256 ",\"alg\":\"RS256\"", "cannot be used with");
        assert_key(RSA_2048 ",\"alg\":\"HS256\"", "cannot be used with");
        assert_key(OKP_ED ",\"alg\":\"Ed448\"", "cannot be used with");
        assert_key(RSA_2048 ",\"alg\":\"RSA-OAEP\"", "not a supported signature algorithm");
        assert_key(RSA_2048 ",\"alg\":\"A256GCM\"", "not a supported signature algorithm");
        assert_key(EC_256 ",\"alg\":\"ES521\"", "not a supported signature algorithm");
        assert_key(EC_256 ",\"alg\":\"ES224\"", "not a supported signature algorithm");
        assert_key(RSA_2048 ",\"alg\":\"none\"", "not a supported signature algorithm");
        assert_key(RSA_2048 ",\"alg\":\"\"", "not a supported signature algorithm");
        assert_key(RSA_2048 ",\"alg\":null", "alg is not a string");
}

/* KEY-22 */
static void numbers_are_strict_base64url(void **state)
{
        (void)state;
        assert_key("\"kty\":\"RSA\",\"n\":\"" N_2048 "\",\"e\":\"AQAB=\"", "e is not strict base64url");
        assert_key("\"kty\":\"RSA\",\"n\":\"" N_2048 " \",\"e\":\"AQAB\"", "n is not strict base64url");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X
                   "\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"",
                   "y is not strict base64url");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"===" EC_Y "\"",
                   "y is too long");
        assert_key(
                "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo\"",
                "x is not strict");
}

/* A modulus of this many bits, with the given first and last byte. */
static void rsa_of(char *out, size_t size, size_t bytes, unsigned char first, unsigned char last,
                   const char *e)
{
        unsigned char n[2100];
        char text[PJWT_B64URL_ENCODED(sizeof(n)) + 1];

        for (size_t i = 0; i < bytes; i++)
                n[i] = (unsigned char)(i * 73 + 11);
        n[0] = first;
        n[bytes - 1] = last;
        pjwt_b64url_encode(n, bytes, text);
        (void)snprintf(out, size, "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"", text, e);
}

/* SIG-10, SIG-11, SIG-12 */
static void rsa_moduli_have_2048_to_8192_bits(void **state)
{
        char jwk[4096];

        (void)state;
        rsa_of(jwk, sizeof(jwk), 256, 0x80, 1, "AQAB");
        usable(jwk);
        rsa_of(jwk, sizeof(jwk), 257, 0x01, 1, "AQAB");
        usable(jwk);
        rsa_of(jwk, sizeof(jwk), 256, 0x7f, 1, "AQAB");
        assert_key(jwk, "2047 bits");
        rsa_of(jwk, sizeof(jwk), 128, 0xff, 1, "AQAB");
        assert_key(jwk, "1024 bits");
        rsa_of(jwk, sizeof(jwk), 64, 0xff, 1, "AQAB");
        assert_key(jwk, "512 bits");
        rsa_of(jwk, sizeof(jwk), 1024, 0xff, 1, "AQAB");
        usable(jwk);
        rsa_of(jwk, sizeof(jwk), 1025, 0x01, 1, "AQAB");
        assert_key(jwk, "8193 bits");
        rsa_of(jwk, sizeof(jwk), 2048, 0xff, 1, "AQAB");
        assert_key(jwk, "n is too long");
        rsa_of(jwk, sizeof(jwk), 257, 0x00, 1, "AQAB");
        assert_key(jwk, "zero byte");
        rsa_of(jwk, sizeof(jwk), 256, 0x80, 2, "AQAB");
        assert_key(jwk, "even");
        assert_key("\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"", "n is zero");
        assert_key("\"kty\":\"RSA\",\"n\":\"AA\",\"e\":\"AQAB\"", "n is zero");
}

/* SIG-09 */
static void rsa_exponents_are_odd_and_from_3_to_2_to_the_32(void **state)
{
        static const char *const good[] = {"Aw", "EQ", "AQAB", "_____w"};
        static const char *const bad[] = {"AQ", "Ag", "BA", "AQAA", "AQAAAAE", "AQAAAAAAAAAB", "gAAAAA"};
        char jwk[4096];

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                rsa_of(jwk, sizeof(jwk), 256, 0x80, 1, good[i]);
                usable(jwk);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                rsa_of(jwk, sizeof(jwk), 256, 0x80, 1, bad[i]);
                assert_key(jwk, "exponent");
        }
        rsa_of(jwk, sizeof(jwk), 256, 0x80, 1, "AAEAAQ");
        assert_key(jwk, "e is zero or begins");
        rsa_of(jwk, sizeof(jwk), 256, 0x80, 1, "");
        assert_key(jwk, "e is zero");
        assert_key("\"kty\":\"RSA\",\"n\":\"" N_2048 "\",\"e\":\"" N_2048 "\"", "exponent");
}

/*
 * SIG-13: a modulus that is a power of 65537 modulo the product of the first primes, like those of the
 * vulnerable chips.
 */
static void roca_moduli_are_refused(void **state)
{
        BN_CTX *ctx = BN_CTX_new();
        BIGNUM *m = BN_new(), *n = BN_new(), *k = BN_new();
        static const unsigned primes[] = {2,   3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,
                                          43,  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101,
                                          103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
        unsigned char bytes[256];
        char text[400], jwk[512];

        (void)state;
        assert_int_equal(BN_one(m), 1);
        for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++)
                assert_int_equal(BN_mul_word(m, primes[i]), 1);
        assert_int_equal(BN_set_word(n, 65537), 1);
        assert_int_equal(BN_set_word(k, 123457), 1);
        assert_int_equal(BN_mod_exp(n, n, k, m, ctx), 1);
        /* n + k*M with a k that results in an odd number of 2048 bits: M is even, so n's parity is kept. */
        assert_int_equal(BN_set_bit(k, 2047), 1);
        assert_int_equal(BN_div(k, NULL, k, m, ctx), 1);
        assert_int_equal(BN_add_word(k, 12345), 1);
        assert_int_equal(BN_mul(k, k, m, ctx), 1);
        assert_int_equal(BN_add(n, n, k), 1);
        assert_int_equal(BN_num_bits(n), 2048);
        assert_int_equal(BN_bn2binpad(n, bytes, 256), 256);
        pjwt_b64url_encode(bytes, 256, text);
        (void)snprintf(jwk, sizeof(jwk), "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"", text);
        assert_key(jwk, "ROCA");
        BN_free(m);
        BN_free(n);
        BN_free(k);
        BN_CTX_free(ctx);
}

/* KEY-18, KEY-23, SIG-08 */
static void ec_points_have_the_exact_length_and_lie_on_the_curve(void **state)
{
        (void)state;
        usable(EC_256);
        assert_key("\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
                   "x has 32 bytes instead of 48");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA" EC_X "\",\"y\":\"" EC_Y "\"",
                   "x is too long");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83O\",\"y\":\"" EC_Y "\"",
                   "x has 3 bytes instead of 32");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"", "y is missing");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"",
                   "not on the curve");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
                   "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
                   "not on the curve");
        assert_key("\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
                   "not on the curve");
        assert_key("\"kty\":\"EC\",\"crv\":\"P-224\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
                   "crv 'P-224' is not supported");
        assert_key("\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
                   "crv 'Ed25519' is not supported");
        assert_key("\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"", "crv is missing");
        assert_key("\"kty\":\"EC\",\"crv\":256,\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"", "crv is not a string");
}

/* KEY-23, SIG-20 */
static void okp_keys_have_the_exact_length(void **state)
{
        (void)state;
        usable(OKP_ED);
        assert_key("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA" ED_X "\"", "x is too long");
        assert_key("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qY\"", "x has 3 bytes instead of 32");
        assert_key("\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" ED_X "\"", "x has 32 bytes instead of 57");
        assert_key("\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"", "crv 'X25519' is not supported");
        assert_key("\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" ED_X "\"", "crv 'P-256' is not supported");
        assert_key("\"kty\":\"OKP\",\"crv\":\"Ed25519\"", "x is missing");
}

static void okp_of(const char *crv, const unsigned char *x, size_t size, const char *note)
{
        char text[PJWT_B64URL_ENCODED(57) + 1], jwk[256];

        pjwt_b64url_encode(x, size, text);
        (void)snprintf(jwk, sizeof(jwk), "\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"", crv, text);
        assert_key(jwk, note);
}

/* SIG-19 */
static void points_of_small_order_are_refused(void **state)
{
        static const unsigned char order8[2][32] = {
                {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
                 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
                 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
                {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
        unsigned char x[57];

        (void)state;
        for (int sign = 0; sign < 2; sign++) {
                for (int i = 0; i < 2; i++) {
                        memcpy(x, order8[i], 32);
                        x[31] |= (unsigned char)(sign << 7);
                        okp_of("Ed25519", x, 32, "small order");
                }
                for (int y = 0; y < 2; y++) {
                        memset(x, 0, sizeof(x));
                        x[0] = (unsigned char)y;
                        x[31] = (unsigned char)(sign << 7);
                        okp_of("Ed25519", x, 32, "small order");
                        x[31] = 0;
                        x[56] = (unsigned char)(sign << 7);
                        okp_of("Ed448", x, 57, "small order");
                }
                for (int y = 0xec; y <= 0xee; y++) {
                        memset(x, 0xff, sizeof(x));
                        x[0] = (unsigned char)y;
                        x[31] = (unsigned char)(0x7f | sign << 7);
                        okp_of("Ed25519", x, 32, "small order");
                }
                for (int y = 0xfe; y <= 0xff; y++) {
                        memset(x, 0xff, sizeof(x));
                        x[0] = (unsigned char)y;
                        x[28] = 0xfe;
                        x[56] = (unsigned char)(sign << 7);
                        okp_of("Ed448", x, 57, "small order");
                }
                memset(x, 0, 28);
                memset(x + 28, 0xff, 28);
                x[56] = (unsigned char)(sign << 7);
                okp_of("Ed448", x, 57, "small order");
        }
        memset(x, 0, sizeof(x));
        x[0] = 3; /* y = 3 has an x and the order of the group */
        okp_of("Ed25519", x, 32, NULL);
}

/* SIG-26: with an OpenSSL that supports ML-DSA the key is usable, otherwise it is skipped. */
static void ml_dsa_is_found_at_run_time(void **state)
{
        EVP_SIGNATURE *have = EVP_SIGNATURE_fetch(NULL, "ML-DSA-44", NULL);
        char pub[PJWT_B64URL_ENCODED(1312) + 1], jwk[2048];

        (void)state;
        memset(pub, 'A', sizeof(pub) - 1);
        pub[sizeof(pub) - 1] = '\0';
        (void)snprintf(jwk, sizeof(jwk), "\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"%s\"", pub);
        assert_key(jwk, have ? NULL : "ML-DSA-44 needs OpenSSL 3.5");
        EVP_SIGNATURE_free(have);
        assert_key("\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\"",
                   "pub has 3 bytes instead of 1312");
        assert_key("\"kty\":\"AKP\",\"pub\":\"AAAA\"", "alg is missing");
        assert_key("\"kty\":\"AKP\",\"alg\":\"ES256\",\"pub\":\"AAAA\"",
                   "alg 'ES256' is not supported for AKP");
        assert_key("\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\"", "pub is missing");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_bad_key_does_not_spoil_the_others),
                cmocka_unit_test(use_is_for_signatures),
                cmocka_unit_test(key_ops_name_verify),
                cmocka_unit_test(alg_fits_the_key),
                cmocka_unit_test(numbers_are_strict_base64url),
                cmocka_unit_test(rsa_moduli_have_2048_to_8192_bits),
                cmocka_unit_test(rsa_exponents_are_odd_and_from_3_to_2_to_the_32),
                cmocka_unit_test(roca_moduli_are_refused),
                cmocka_unit_test(ec_points_have_the_exact_length_and_lie_on_the_curve),
                cmocka_unit_test(okp_keys_have_the_exact_length),
                cmocka_unit_test(points_of_small_order_are_refused),
                cmocka_unit_test(ml_dsa_is_found_at_run_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
