#include "keytext.h"

#include <openssl/x509.h>

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(secrets_are_as_long_as_a_digest),
                cmocka_unit_test(keys_of_other_kinds_are_no_secrets),
                cmocka_unit_test(a_secret_may_look_a_little_like_a_key),
                cmocka_unit_test(secrets_and_public_keys_do_not_mix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
