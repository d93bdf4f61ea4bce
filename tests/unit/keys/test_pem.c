#include "keytext.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "jwkwrite.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pem_of_every_kind_is_read),
                cmocka_unit_test(several_blocks_and_the_bad_ones_among_them),
                cmocka_unit_test(the_error_queue_stays_as_it_was),
                cmocka_unit_test(broken_pem_is_refused),
                cmocka_unit_test(pss_keys_serve_pss_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
