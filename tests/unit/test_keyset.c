#include "signing.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "evpkey.h"
#include "jwkwrite.h"
#include "keyset.h"

/* RFC 7638 section 3.1 */
#define N_2048                                                                                               \
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"            \
        "BJECPebWKRXjBZCiFV4n3oknjh"                                                                         \
        "Mstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"                                     \
        "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvR"                                                \
        "L5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-" \
        "kEgU8awapJzKnqD"                                                                                    \
        "Kgw"
#define RSA_2048 "\"kty\":\"RSA\",\"n\":\"" N_2048 "\",\"e\":\"AQAB\""
/* RFC 7515 A.3, RFC 8037 A.2 */
#define EC_X   "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y   "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define ED_X   "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define OKP_ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""
#define OCT_32 "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""

static enum pjwt_reason parse(const char *text, unsigned flags, struct pjwt_keyset **ret,
                              struct pjwt_error *err)
{
        size_t len = strlen(text);
        char *tight = malloc(len ? len : 1);
        enum pjwt_reason r;

        assert_non_null(tight);
        memcpy(tight, text, len);
        r = pjwt_keyset_parse(tight, len, flags, ret, err);
        free(tight);
        return r;
}

static struct pjwt_keyset *keyset(const char *text)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};

        if (parse(text, 0, &set, &err) != PJWT_OK)
                fail_msg("refused: %s: %s", text, err.detail);
        return set;
}

static void assert_set_refused(const char *text, unsigned flags, enum pjwt_reason reason)
{
        struct pjwt_keyset *set = (struct pjwt_keyset *)0x1;
        struct pjwt_error err = {0};
        enum pjwt_reason r = parse(text, flags, &set, &err);

        if (r != reason)
                fail_msg("%s: %s (%s) instead of %s", text, pjwt_reason_name(r), err.detail,
                         pjwt_reason_name(reason));
        assert_ptr_equal(set, (struct pjwt_keyset *)0x1);
        assert_int_equal(err.reason, reason);
}

/* A key together with a valid one: it is kept with its fault, and the valid one is used (KEY-21). */
static void assert_key(const char *members, const char *note)
{
        char text[16384];
        struct pjwt_keyset *set;
        const struct pjwt_key *key;

        (void)snprintf(text, sizeof(text), "{\"keys\":[{%s},{" EC_256 ",\"kid\":\"good\"}]}", members);
        set = keyset(text);
        key = &set->keys[0];
        assert_int_equal(set->count, 2);
        assert_int_equal(set->keys[1].unusable, PJWT_OK);
        assert_int_equal(pjwt_keyset_check_all(set, NULL), PJWT_OK);
        if (note && (key->unusable == PJWT_OK || !strstr(key->note, note)))
                fail_msg("%s: '%s' instead of '%s'", members, key->note, note);
        if (!note && key->unusable != PJWT_OK)
                fail_msg("%s: '%s'", members, key->note);
        assert_int_equal(set->usable, note ? 1 : 2);
        pjwt_keyset_free(set);
}

static void usable(const char *members)
{
        assert_key(members, NULL);
}

static const struct pjwt_alg *alg(const char *name)
{
        return pjwt_alg_find(name, strlen(name));
}

static enum pjwt_reason pick(const struct pjwt_keyset *set, const char *name, const char *kid,
                             size_t *retcount, const struct pjwt_key **retfirst)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES] = {NULL};
        enum pjwt_reason r;

        *retcount = 0;
        r = pjwt_keyset_pick(set, alg(name), kid, kid ? strlen(kid) : 0, picks, retcount, NULL);
        *retfirst = picks[0];
        return r;
}

static void keys_of_every_kind_are_read(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" RSA_2048 ",\"kid\":\"r\",\"alg\":\"PS256\",\"use\":\"sig\"},{" EC_256
                       ",\"kid\":\"e\",\"key_ops\":[\"verify\"]},{" OKP_ED ",\"kid\":\"o\"}]}");

        (void)state;
        assert_int_equal(set->count, 3);
        assert_int_equal(set->usable, 3);
        assert_string_equal(set->keys[0].kid, "r");
        assert_int_equal(set->keys[0].kty, PJWT_KTY_RSA);
        assert_int_equal(set->keys[0].bits, 2048);
        assert_ptr_equal(set->keys[0].alg, alg("PS256"));
        assert_null(set->keys[0].curve);
        assert_string_equal(set->keys[1].curve->name, "P-256");
        assert_null(set->keys[1].alg);
        assert_string_equal(set->keys[2].curve->name, "Ed25519");
        assert_int_equal(pjwt_keyset_check_all(set, NULL), PJWT_OK);
        pjwt_keyset_free(set);
        pjwt_keyset_free(NULL);
}

/* KEY-20 */
static void what_is_no_key_set_is_refused(void **state)
{
        (void)state;
        assert_set_refused("", 0, PJWT_BAD_KEYSET);
        assert_set_refused("hello", 0, PJWT_BAD_KEYSET);
        assert_set_refused("[]", 0, PJWT_BAD_KEYSET);
        assert_set_refused("[{" EC_256 "}]", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":{}}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":null}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[null,1,\"a\",[]]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[{" EC_256 "}]", 0, PJWT_BAD_JSON);
        assert_set_refused("{\"keys\":[{" EC_256 "}],\"keys\":[]}", 0, PJWT_BAD_JSON);
        assert_set_refused("{\"keys\":[{" EC_256 "}]," EC_256 "}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("<html>", 0, PJWT_BAD_KEYSET);
        assert_int_equal(pjwt_keyset_parse("", PJWT_KEYSET_BYTES_MAX + 1, 0, NULL, NULL), PJWT_BAD_KEYSET);
}

static void there_are_not_too_many_keys(void **state)
{
        size_t n = PJWT_KEYSET_KEYS_MAX + 1;
        char *text = malloc(3 * n + 64), *p = text;

        (void)state;
        assert_non_null(text);
        p += sprintf(p, "{\"keys\":[");
        for (size_t i = 0; i < n; i++)
                p += sprintf(p, i ? ",{}" : "{}");
        strcpy(p, "]}");
        assert_set_refused(text, 0, PJWT_BAD_KEYSET);
        free(text);
}

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

/* KEY-28 */
static void secrets_are_as_long_as_a_digest(void **state)
{
        struct pjwt_keyset *set;
        unsigned char secret[64];

        (void)state;
        memset(secret, 0xa5, sizeof(secret));
        assert_int_equal(pjwt_keyset_from_secret(secret, 31, 0, &set, NULL), PJWT_BAD_KEYSET);
        assert_int_equal(pjwt_keyset_from_secret(secret, 0, 0, &set, NULL), PJWT_BAD_KEYSET);
        assert_int_equal(pjwt_keyset_from_secret(secret, 0, PJWT_KEYS_WEAK_SECRET, &set, NULL),
                         PJWT_BAD_KEYSET);
        assert_int_equal(pjwt_keyset_from_secret(secret, 32, 0, &set, NULL), PJWT_OK);
        assert_true(pjwt_key_fits(&set->keys[0], alg("HS256")));
        assert_false(pjwt_key_fits(&set->keys[0], alg("HS384")));
        pjwt_keyset_free(set);
        assert_int_equal(pjwt_keyset_from_secret(secret, 64, 0, &set, NULL), PJWT_OK);
        assert_true(pjwt_key_fits(&set->keys[0], alg("HS512")));
        pjwt_keyset_free(set);
        assert_int_equal(pjwt_keyset_from_secret(secret, 6, PJWT_KEYS_WEAK_SECRET, &set, NULL), PJWT_OK);
        assert_true(pjwt_key_fits(&set->keys[0], alg("HS512")));
        assert_false(pjwt_key_fits(&set->keys[0], alg("RS256")));
        pjwt_keyset_free(set);
        assert_set_refused("{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\"}", 0,
                           PJWT_BAD_KEYSET);
        assert_set_refused("{\"kty\":\"oct\",\"k\":\"\"}", PJWT_KEYS_WEAK_SECRET, PJWT_BAD_KEYSET);
        assert_set_refused("{\"kty\":\"oct\"}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"kty\":\"oct\",\"k\":1}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"kty\":\"oct\",\"k\":\"AA==\"}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{" OCT_32 ",\"alg\":\"HS384\"}", 0, PJWT_BAD_KEYSET);
}

static void assert_secret_refused(const void *secret, size_t len)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_keyset_from_secret(secret, len, PJWT_KEYS_WEAK_SECRET, &set, &err),
                         PJWT_BAD_KEYSET);
        assert_non_null(strstr(err.detail, "text of a public or private key"));
}

/* HDR-06, HDR-07 */
static void keys_of_other_kinds_are_no_secrets(void **state)
{
        EVP_PKEY *pkey = new_key("EC", "P-256");
        char *pem = public_pem(pkey), padded[512];
        unsigned char *der = NULL;
        int len = i2d_PUBKEY(pkey, &der);
        static const char *const texts[] = {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== me",
                                            "ecdsa-sha2-nistp256 AAAA",
                                            "sk-ssh-ed25519@openssh.com A",
                                            "---- BEGIN SSH2 PUBLIC KEY ----",
                                            "{" EC_256 "}",
                                            " \n{\"keys\":[]}",
                                            "\t{" RSA_2048 "}"};

        (void)state;
        assert_secret_refused(pem, strlen(pem));
        (void)snprintf(padded, sizeof(padded), " \n\t%s", pem);
        assert_secret_refused(padded, strlen(padded));
        (void)snprintf(padded, sizeof(padded), "a comment\n%s", pem);
        assert_secret_refused(padded, strlen(padded));
        assert_secret_refused(der, (size_t)len);
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_secret_refused(texts[i], strlen(texts[i]));
        OPENSSL_free(der);
        free(pem);
        EVP_PKEY_free(pkey);
        pkey = new_key("EC", "P-521"); /* the length of its DER takes a byte more */
        der = NULL;
        len = i2d_PUBKEY(pkey, &der);
        assert_int_equal(der[1], 0x81);
        assert_secret_refused(der, (size_t)len);
        OPENSSL_free(der);
        EVP_PKEY_free(pkey);
        pkey = new_key("RSA", &(size_t){2048});
        der = NULL;
        len = i2d_PUBKEY(pkey, &der);
        assert_int_equal(der[1], 0x82);
        assert_secret_refused(der, (size_t)len);
        OPENSSL_free(der);
        EVP_PKEY_free(pkey);
}

static void a_secret_may_look_a_little_like_a_key(void **state)
{
        static const char *const texts[] = {
                "{\"json\":\"but no key, and thirty-two bytes\"}",
                "{not json at all, but long enough for it}",
                "00000000000000000000000000000000000000000000000000000000000000000000000",
                "   a passphrase of more than thirty-two bytes   "};

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct pjwt_keyset *set = NULL;

                assert_int_equal(pjwt_keyset_from_secret((const unsigned char *)texts[i], strlen(texts[i]), 0,
                                                         &set, NULL),
                                 PJWT_OK);
                pjwt_keyset_free(set);
        }
}

/* KEY-13 */
static void secrets_and_public_keys_do_not_mix(void **state)
{
        struct pjwt_keyset *set = keyset("{\"keys\":[{" OCT_32 ",\"kid\":\"a\"}]}");

        (void)state;
        pjwt_keyset_free(set);
        assert_set_refused("{\"keys\":[{" OCT_32 "},{" EC_256 "}]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[{" OCT_32 "},{\"kty\":\"RSA\"}]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[{\"kty\":\"oct\"},{" EC_256 "}]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[{" OCT_32 "}]}", PJWT_KEYS_PUBLIC_ONLY, PJWT_BAD_KEYSET);
        assert_set_refused("{" OCT_32 "}", PJWT_KEYS_PUBLIC_ONLY, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[{" EC_256 "},{" OCT_32 "}]}", PJWT_KEYS_PUBLIC_ONLY, PJWT_BAD_KEYSET);
}

/* KEY-14, PAM-18 */
static void private_members_are_dropped(void **state)
{
        struct pjwt_keyset *set = keyset(
                "{" EC_256 ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\",\"p\":1,\"oth\":[]}");
        struct json_object *jwk = pjwt_key_jwk(&set->keys[0]);

        (void)state;
        assert_false(pjwt_json_find(set->keys[0].source, "d", NULL));
        assert_false(pjwt_json_find(set->keys[0].source, "p", NULL));
        assert_string_equal(set->keys[0].note, "contains private members, which are not used");
        assert_string_equal(json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN),
                            "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}");
        json_object_put(jwk);
        pjwt_keyset_free(set);
}

/* KEY-11 */
static void two_keys_of_one_name_are_both_unusable(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" EC_256 ",\"kid\":\"a\"},{" RSA_2048 ",\"kid\":\"b\"},{" EC_256
                       ",\"kid\":\"b\"},{" EC_256 ",\"kid\":\"a\"},{" EC_256 "},{" EC_256 "},{" EC_256
                       ",\"kid\":\"aa\"}]}");
        const struct pjwt_key *first;
        size_t n;

        (void)state;
        assert_int_equal(set->usable, 5);
        assert_string_equal(set->keys[0].note, "another EC key has the same kid");
        assert_int_equal(set->keys[3].unusable, PJWT_BAD_KEY);
        assert_int_equal(pick(set, "ES256", "a", &n, &first), PJWT_BAD_KEY);
        assert_int_equal(pick(set, "ES256", "b", &n, &first), PJWT_OK);
        assert_ptr_equal(first, &set->keys[2]);
        assert_int_equal(pick(set, "RS256", "b", &n, &first), PJWT_OK);
        assert_ptr_equal(first, &set->keys[1]);
        assert_int_equal(pick(set, "ES256", "aa", &n, &first), PJWT_OK);
        pjwt_keyset_free(set);
        assert_set_refused("{\"keys\":[{" EC_256 ",\"kid\":\"a\"},{" EC_256 ",\"kid\":\"a\"}]}", 0,
                           PJWT_BAD_KEYSET);
        set = keyset("{\"keys\":[{" EC_256 ",\"kid\":\"a\",\"use\":\"enc\"},{" EC_256
                     ",\"kid\":\"a\"},{" OKP_ED "}]}");
        assert_int_equal(set->usable, 1);
        pjwt_keyset_free(set);
}

/* KEY-06, KEY-07, KEY-09, KEY-12 */
static void a_kid_picks_its_key_and_nothing_else(void **state)
{
        static const char *const others[] = {
                "K1", "k", "k11", " k1", "../../dev/null", "' OR 1=1 --", "caf\xc3\xa9", "cafe\xcc\x81"};
        struct pjwt_keyset *set = keyset("{\"keys\":[{" RSA_2048 ",\"kid\":\"k1\",\"alg\":\"RS256\"},{" EC_256
                                         "},{" OKP_ED ",\"kid\":\"k2\"}]}");
        const struct pjwt_key *first;
        size_t n;

        (void)state;
        assert_int_equal(pick(set, "RS256", "k1", &n, &first), PJWT_OK);
        assert_int_equal(n, 1);
        assert_ptr_equal(first, &set->keys[0]);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                assert_int_equal(pick(set, "ES256", others[i], &n, &first), PJWT_UNKNOWN_KID);
        assert_int_equal(pick(set, "RS512", "k1", &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "HS256", "k1", &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "ES256", "k1", &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "Ed448", "k2", &n, &first), PJWT_NO_FITTING_KEY);
        pjwt_keyset_free(set);
}

/* KEY-10 */
static void without_a_kid_the_fitting_keys_are_tried_at_most_16(void **state)
{
        struct pjwt_keyset *set;
        const struct pjwt_key *first;
        char text[8192], *p = text;
        size_t n;

        (void)state;
        p += sprintf(p, "{\"keys\":[{" RSA_2048 "}");
        for (int i = 0; i < 20; i++)
                p += sprintf(p, ",{" EC_256 ",\"kid\":\"%d\"}", i);
        strcpy(p, "]}");
        set = keyset(text);
        assert_int_equal(pick(set, "ES256", NULL, &n, &first), PJWT_OK);
        assert_int_equal(n, PJWT_KEYSET_TRIES);
        assert_ptr_equal(first, &set->keys[1]);
        assert_int_equal(pick(set, "PS512", NULL, &n, &first), PJWT_OK);
        assert_int_equal(n, 1);
        assert_int_equal(pick(set, "ES384", NULL, &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "HS256", NULL, &n, &first), PJWT_NO_FITTING_KEY);
        pjwt_keyset_free(set);
}

/* In a file named by the administrator, a single key without kid matches any kid; in a JWKS it does not. */
static void a_kid_is_not_looked_at_in_a_nameless_set(void **state)
{
        struct pjwt_keyset *set = keyset("{" EC_256 "}");
        const struct pjwt_key *first;
        size_t n;

        (void)state;
        assert_int_equal(pick(set, "ES256", "any", &n, &first), PJWT_OK);
        assert_int_equal(pick(set, "RS256", "any", &n, &first), PJWT_NO_FITTING_KEY);
        pjwt_keyset_free(set);
        set = keyset("{" EC_256 ",\"kid\":\"k\"}");
        assert_int_equal(pick(set, "ES256", "any", &n, &first), PJWT_UNKNOWN_KID);
        pjwt_keyset_free(set);
        set = keyset("{\"keys\":[{" EC_256 "}]}");
        assert_int_equal(pick(set, "ES256", "any", &n, &first), PJWT_UNKNOWN_KID);
        pjwt_keyset_free(set);
}

/* RFC 7638 section 3.1, RFC 8037 A.3 */
static void thumbprints_are_those_of_the_rfcs(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" RSA_2048 ",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"},{" OKP_ED
                       "},{\"kty\":\"x\"}]}");
        char print[44];

        (void)state;
        assert_int_equal(pjwt_key_thumbprint(&set->keys[0], print, NULL), PJWT_OK);
        assert_string_equal(print, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_int_equal(pjwt_key_thumbprint(&set->keys[1], print, NULL), PJWT_OK);
        assert_string_equal(print, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_int_equal(pjwt_key_thumbprint(&set->keys[2], print, NULL), PJWT_BAD_KEY);
        pjwt_keyset_free(set);
        set = keyset("{" OCT_32 "}");
        assert_int_equal(pjwt_key_thumbprint(&set->keys[0], print, NULL), PJWT_OK);
        pjwt_keyset_free(set);
}

static void the_public_jwks_holds_what_is_needed(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" EC_256
                       ",\"kid\":\"k\",\"alg\":\"ES256\",\"use\":\"sig\",\"x5c\":[\"a\"]},{\"kty\":\"x\"}]}");
        struct json_object *jwks = pjwt_keyset_public_jwks(set), *jwk;

        (void)state;
        assert_string_equal(json_object_to_json_string_ext(jwks, JSON_C_TO_STRING_PLAIN),
                            "{\"keys\":[{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
                            "\",\"kid\":\"k\",\"alg\":\"ES256\"}]}");
        json_object_put(jwks);
        assert_null(pjwt_key_jwk(&set->keys[1]));
        pjwt_keyset_free(set);
        set = keyset("{" OCT_32 "}");
        jwks = pjwt_keyset_public_jwks(set);
        assert_string_equal(json_object_to_json_string_ext(jwks, JSON_C_TO_STRING_PLAIN), "{\"keys\":[]}");
        json_object_put(jwks);
        jwk = pjwt_key_jwk(&set->keys[0]);
        assert_string_equal(json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN),
                            "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\",\"kty\":\"oct\"}");
        json_object_put(jwk);
        pjwt_keyset_free(set);
}

/* Writes a private key in one of its formats and reads it back. */
static void assert_pem(EVP_PKEY *pkey, int form, const char *kty)
{
        BIO *bio = BIO_new(BIO_s_mem());
        struct pjwt_keyset *set;
        struct json_object *jwk;
        char *data = NULL, text[16384];
        long len;

        switch (form) {
        case 0:
                assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
                break;
        case 1:
                assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
                break;
        default:
                assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL),
                                 1);
        }
        len = BIO_get_mem_data(bio, &data);
        memcpy(text, data, (size_t)len);
        text[len] = '\0';
        BIO_free(bio);
        set = keyset(text);
        assert_int_equal(set->count, 1);
        assert_string_equal(pjwt_kty_name(set->keys[0].kty), kty);
        assert_int_equal(pjwt_keyset_check_all(set, NULL), PJWT_OK);
        assert_true(set->nameless);
        jwk = pjwt_key_jwk(&set->keys[0]);
        assert_non_null(jwk);
        assert_false(pjwt_json_find(jwk, "d", NULL));
        json_object_put(jwk);
        pjwt_keyset_free(set);
}

static void pem_of_every_kind_is_read(void **state)
{
        static const char *const groups[] = {"P-256", "P-384", "P-521", "secp256k1"};
        EVP_PKEY *pkey = new_key("RSA", &(size_t){2048});

        (void)state;
        for (int form = 0; form < 3; form++)
                assert_pem(pkey, form, "RSA");
        EVP_PKEY_free(pkey);
        for (size_t i = 0; i < 4; i++) {
                pkey = new_key("EC", groups[i]);
                for (int form = 0; form < 3; form++)
                        assert_pem(pkey, form, "EC");
                EVP_PKEY_free(pkey);
        }
        pkey = new_key("ED25519", NULL);
        assert_pem(pkey, 0, "OKP");
        assert_pem(pkey, 1, "OKP");
        EVP_PKEY_free(pkey);
        pkey = new_key("ED448", NULL);
        assert_pem(pkey, 0, "OKP");
        assert_pem(pkey, 1, "OKP");
        EVP_PKEY_free(pkey);
}

static void self_signed(EVP_PKEY *pkey, BIO *bio)
{
        X509 *x = X509_new();

        assert_int_equal(X509_set_version(x, 2), 1);
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
        assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -7200));
        assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), -3600));
        assert_int_equal(X509_set_pubkey(x, pkey), 1);
        assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
        assert_int_equal(PEM_write_bio_X509(bio, x), 1);
        X509_free(x);
}

static void several_blocks_and_the_bad_ones_among_them(void **state)
{
        EVP_PKEY *pkey = new_key("RSA", &(size_t){2048}), *x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"),
                 *small = new_key("RSA", &(size_t){1024}), *p224 = new_key("EC", "P-224");
        BIO *bio = BIO_new(BIO_s_mem());
        struct pjwt_keyset *set;
        char *data = NULL, text[16384];
        size_t len;

        (void)state;
        assert_true(BIO_puts(bio, "some words first\n") > 0);
        self_signed(pkey, bio);
        assert_int_equal(PEM_write_bio_PUBKEY(bio, x25519), 1);
        assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), "x", 1, NULL, NULL), 1);
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_128_cbc(),
                                                              (const unsigned char *)"xxxx", 4, NULL, NULL),
                         1);
        assert_int_equal(PEM_write_bio_PUBKEY(bio, small), 1);
        assert_int_equal(PEM_write_bio_PUBKEY(bio, p224), 1);
        assert_int_equal(PEM_write_bio(bio, "PUBLIC KEY", "", (const unsigned char *)"junk", 4), 9);
        assert_int_equal(PEM_write_bio(bio, "CERTIFICATE REQUEST", "", (const unsigned char *)"junk", 4), 9);
        len = (size_t)BIO_get_mem_data(bio, &data);
        assert_true(len < sizeof(text));
        memcpy(text, data, len);
        text[len] = '\0';
        set = keyset(text);
        assert_int_equal(set->count, 8);
        assert_int_equal(set->usable, 1);
        assert_int_equal(set->keys[0].unusable, PJWT_OK);
        assert_string_equal(set->keys[1].note, "X25519: the key type is not supported");
        assert_string_equal(set->keys[2].note, "ENCRYPTED PRIVATE KEY: encrypted keys are not supported");
        assert_string_equal(set->keys[3].note, "RSA PRIVATE KEY: encrypted keys are not supported");
        assert_non_null(strstr(set->keys[4].note, "1024 bits"));
        assert_string_equal(set->keys[5].note, "EC: the curve is not supported");
        assert_string_equal(set->keys[6].note, "PUBLIC KEY: not a key that OpenSSL can read");
        assert_string_equal(set->keys[7].note, "CERTIFICATE REQUEST: not a key that OpenSSL can read");
        pjwt_keyset_free(set);
        BIO_free(bio);
        EVP_PKEY_free(pkey);
        EVP_PKEY_free(x25519);
        EVP_PKEY_free(small);
        EVP_PKEY_free(p224);
}

/* SIG-25: many faults do not push the application's errors out of OpenSSL's queue. */
static void the_error_queue_stays_as_it_was(void **state)
{
        EVP_PKEY *pkey = new_key("EC", "P-256");
        char *pem = public_pem(pkey);
        BIO *bio = BIO_new(BIO_s_mem());
        struct pjwt_keyset *set = NULL;
        char *data = NULL;
        unsigned long before;
        size_t len;

        (void)state;
        for (int i = 0; i < 40; i++)
                assert_int_equal(PEM_write_bio(bio, "PUBLIC KEY", "", (const unsigned char *)"junk", 4), 9);
        assert_int_equal(BIO_puts(bio, pem), strlen(pem));
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 77);
        before = ERR_peek_error();
        len = (size_t)BIO_get_mem_data(bio, &data);
        assert_int_equal(pjwt_keyset_parse(data, len, 0, &set, NULL), PJWT_OK);
        assert_int_equal(set->count, 41);
        assert_int_equal(ERR_get_error(), before);
        assert_int_equal(ERR_peek_error(), 0);
        pjwt_keyset_free(set);
        BIO_free(bio);
        free(pem);
        EVP_PKEY_free(pkey);
}

static void white_space_may_stand_in_front(void **state)
{
        struct pjwt_keyset *set = keyset(" \t\r\n{" EC_256 "}\n");

        (void)state;
        assert_int_equal(set->usable, 1);
        pjwt_keyset_free(set);
}

static void broken_pem_is_refused(void **state)
{
        (void)state;
        assert_set_refused("-----BEGIN PUBLIC KEY-----\nAAAA", 0, PJWT_BAD_KEYSET);
        assert_set_refused("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n", 0,
                           PJWT_BAD_KEYSET);
        assert_set_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0,
                           PJWT_BAD_KEYSET);
        assert_set_refused("-----BEGIN ", 0, PJWT_BAD_KEYSET);
        assert_set_refused("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
                           0, PJWT_BAD_KEYSET);
}

static EVP_PKEY *pss_key(const char *digest, int salt)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
        EVP_PKEY *pkey = NULL;

        assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
        if (digest) {
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, digest, NULL), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, digest), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, salt), 1);
        }
        assert_int_equal(EVP_PKEY_keygen(ctx, &pkey), 1);
        EVP_PKEY_CTX_free(ctx);
        return pkey;
}

static struct pjwt_keyset *pss_set(const char *digest, int salt, enum pjwt_reason *ret)
{
        EVP_PKEY *pkey = pss_key(digest, salt);
        char *pem = public_pem(pkey);
        struct pjwt_keyset *set = NULL;

        *ret = parse(pem, 0, &set, NULL);
        free(pem);
        EVP_PKEY_free(pkey);
        return set;
}

/* SIG-17 */
static void pss_keys_serve_pss_alone(void **state)
{
        enum pjwt_reason r;
        struct pjwt_keyset *set = pss_set(NULL, 0, &r);

        (void)state;
        assert_int_equal(r, PJWT_OK);
        assert_false(pjwt_key_fits(&set->keys[0], alg("RS256")));
        assert_true(pjwt_key_fits(&set->keys[0], alg("PS256")));
        assert_true(pjwt_key_fits(&set->keys[0], alg("PS512")));
        pjwt_keyset_free(set);
        set = pss_set("SHA384", 48, &r);
        assert_int_equal(r, PJWT_OK);
        assert_false(pjwt_key_fits(&set->keys[0], alg("PS256")));
        assert_true(pjwt_key_fits(&set->keys[0], alg("PS384")));
        pjwt_keyset_free(set);
        (void)pss_set("SHA256", 64, &r);
        assert_int_equal(r, PJWT_BAD_KEYSET);
        (void)pss_set("SHA512-256", 20, &r);
        assert_int_equal(r, PJWT_BAD_KEYSET);
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

static void a_set_of_which_nothing_is_left_is_refused(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"}");
        struct pjwt_error err = {0};
        EVP_PKEY *pkey = NULL;

        (void)state;
        assert_int_equal(pjwt_key_public(&set->keys[0], &pkey, NULL), PJWT_BAD_KEY);
        assert_int_equal(pjwt_keyset_check_all(set, &err), PJWT_BAD_KEYSET);
        assert_non_null(strstr(err.detail, "not on the curve"));
        assert_int_equal(pjwt_key_public(&set->keys[0], &pkey, NULL), PJWT_BAD_KEY);
        assert_null(pkey);
        pjwt_keyset_free(set);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keys_of_every_kind_are_read),
                cmocka_unit_test(what_is_no_key_set_is_refused),
                cmocka_unit_test(there_are_not_too_many_keys),
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
                cmocka_unit_test(secrets_are_as_long_as_a_digest),
                cmocka_unit_test(keys_of_other_kinds_are_no_secrets),
                cmocka_unit_test(a_secret_may_look_a_little_like_a_key),
                cmocka_unit_test(secrets_and_public_keys_do_not_mix),
                cmocka_unit_test(private_members_are_dropped),
                cmocka_unit_test(two_keys_of_one_name_are_both_unusable),
                cmocka_unit_test(a_kid_picks_its_key_and_nothing_else),
                cmocka_unit_test(without_a_kid_the_fitting_keys_are_tried_at_most_16),
                cmocka_unit_test(a_kid_is_not_looked_at_in_a_nameless_set),
                cmocka_unit_test(thumbprints_are_those_of_the_rfcs),
                cmocka_unit_test(the_public_jwks_holds_what_is_needed),
                cmocka_unit_test(pem_of_every_kind_is_read),
                cmocka_unit_test(several_blocks_and_the_bad_ones_among_them),
                cmocka_unit_test(the_error_queue_stays_as_it_was),
                cmocka_unit_test(white_space_may_stand_in_front),
                cmocka_unit_test(broken_pem_is_refused),
                cmocka_unit_test(pss_keys_serve_pss_alone),
                cmocka_unit_test(ml_dsa_is_found_at_run_time),
                cmocka_unit_test(a_set_of_which_nothing_is_left_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
