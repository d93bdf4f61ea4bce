/*
 * A FIDO authenticator without hardware, for tests: the library that ssh, ssh-keygen and ssh-agent load as
 * security key provider (SSH_SK_PROVIDER, ssh-keygen -w). It signs as described in OpenSSH's PROTOCOL.u2f,
 * for both kinds of keys. The handle of a key is its secret, so nothing is stored; no user presence is
 * checked.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

/*
 * sk-api.h since OpenSSH 9.1. ssh rejects a library of another major version, and reports the version it
 * needs.
 */
#define API_VERSION 0x000a0000

enum { ALG_ECDSA = 0, ALG_ED25519 = 1 };
enum { ERR_GENERAL = -1, ERR_UNSUPPORTED = -2 };

struct sk_enroll_response {
        uint8_t flags;
        uint8_t *public_key;
        size_t public_key_len;
        uint8_t *key_handle;
        size_t key_handle_len;
        uint8_t *signature;
        size_t signature_len;
        uint8_t *attestation_cert;
        size_t attestation_cert_len;
        uint8_t *authdata;
        size_t authdata_len;
};

struct sk_sign_response {
        uint8_t flags;
        uint32_t counter;
        uint8_t *sig_r;
        size_t sig_r_len;
        uint8_t *sig_s;
        size_t sig_s_len;
};

struct sk_option;
struct sk_resident_key;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
              uint8_t flags, const char *pin, struct sk_option **options, struct sk_enroll_response **ret);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
            const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
            struct sk_option **options, struct sk_sign_response **ret);
int sk_load_resident_keys(const char *pin, struct sk_option **options, struct sk_resident_key ***ret,
                          size_t *retcount);

#define SECRET_LEN 32
#define HALF_LEN   32 /* of a P-256 point or signature */
#define POINT_LEN  (1 + 2 * HALF_LEN)
#define SIGNED_LEN (32 + 1 + 4 + 32)

/* The public point of a P-256 secret, uncompressed. */
static bool make_point(const BIGNUM *secret, uint8_t out[POINT_LEN])
{
        EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
        EC_POINT *point = group ? EC_POINT_new(group) : NULL;
        bool good = point && EC_POINT_mul(group, point, secret, NULL, NULL, NULL) == 1 &&
                    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, POINT_LEN, NULL) ==
                            POINT_LEN;

        EC_POINT_free(point);
        EC_GROUP_free(group);
        return good;
}

static EVP_PKEY *make_p256(const uint8_t secret[SECRET_LEN], uint8_t point[POINT_LEN])
{
        BIGNUM *d = BN_bin2bn(secret, SECRET_LEN, NULL);
        OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
        OSSL_PARAM *params = NULL;
        EVP_PKEY *key = NULL;

        if (d && build && context && make_point(d, point) &&
            OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
            OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_LEN) == 1 &&
            (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(context) == 1)
                (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params);
        OSSL_PARAM_free(params);
        EVP_PKEY_CTX_free(context);
        OSSL_PARAM_BLD_free(build);
        BN_free(d);
        return key;
}

/* The key of a secret, and its public key as returned by sk_enroll. */
static EVP_PKEY *make_key(uint32_t alg, const uint8_t *secret, uint8_t public[POINT_LEN], size_t *retlen)
{
        EVP_PKEY *key;

        *retlen = alg == ALG_ECDSA ? POINT_LEN : SECRET_LEN;
        if (alg == ALG_ECDSA)
                return make_p256(secret, public);
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, SECRET_LEN);
        if (key && EVP_PKEY_get_raw_public_key(key, public, retlen) != 1) {
                EVP_PKEY_free(key);
                return NULL;
        }
        return key;
}

static uint8_t *copy(const uint8_t *bytes, size_t len)
{
        uint8_t *made = malloc(len);

        return made ? memcpy(made, bytes, len) : NULL;
}

uint32_t sk_api_version(void)
{
        return API_VERSION;
}

static bool make_secret(uint8_t secret[SECRET_LEN])
{
        if (RAND_bytes(secret, SECRET_LEN) != 1)
                return false;
        secret[0] &= 0x7f; /* below the order of P-256 */
        return true;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
              uint8_t flags, const char *pin, struct sk_option **options, struct sk_enroll_response **ret)
{
        struct sk_enroll_response *made = calloc(1, sizeof(*made));
        uint8_t secret[SECRET_LEN], public[POINT_LEN];
        EVP_PKEY *key = NULL;

        (void)challenge, (void)challenge_len, (void)application, (void)pin, (void)options;
        if (made && alg <= ALG_ED25519 && make_secret(secret))
                key = make_key(alg, secret, public, &made->public_key_len);
        if (key) {
                made->flags = flags;
                made->key_handle_len = SECRET_LEN;
                made->key_handle = copy(secret, SECRET_LEN);
                made->public_key = copy(public, made->public_key_len);
        }
        EVP_PKEY_free(key);
        if (made && made->key_handle && made->public_key) {
                *ret = made;
                return 0;
        }
        if (made) {
                free(made->key_handle);
                free(made->public_key);
        }
        free(made);
        return alg <= ALG_ED25519 ? ERR_GENERAL : ERR_UNSUPPORTED;
}

/* The signed data: the hash of the application, the flags, the counter, the hash of the data. */
static bool put_signed(const char *application, const struct sk_sign_response *answer, const uint8_t *data,
                       size_t data_len, uint8_t out[SIGNED_LEN])
{
        out[32] = answer->flags;
        for (unsigned i = 0; i < 4; i++)
                out[33 + i] = (uint8_t)(answer->counter >> (24 - 8 * i));
        return EVP_Q_digest(NULL, "SHA256", NULL, application, strlen(application), out, NULL) == 1 &&
               EVP_Q_digest(NULL, "SHA256", NULL, data, data_len, out + 37, NULL) == 1;
}

/* r and s, 32 bytes each, from DER. */
static bool split(const uint8_t *der, size_t len, struct sk_sign_response *answer)
{
        ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
        bool good = false;

        answer->sig_r = malloc(HALF_LEN);
        answer->sig_s = malloc(HALF_LEN);
        answer->sig_r_len = answer->sig_s_len = HALF_LEN;
        if (signature && answer->sig_r && answer->sig_s)
                good = BN_bn2binpad(ECDSA_SIG_get0_r(signature), answer->sig_r, HALF_LEN) == HALF_LEN &&
                       BN_bn2binpad(ECDSA_SIG_get0_s(signature), answer->sig_s, HALF_LEN) == HALF_LEN;
        ECDSA_SIG_free(signature);
        return good;
}

static bool sign(EVP_PKEY *key, uint32_t alg, const uint8_t text[SIGNED_LEN], struct sk_sign_response *answer)
{
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        uint8_t out[128];
        size_t len = sizeof(out);
        bool good = context &&
                    EVP_DigestSignInit_ex(context, NULL, alg == ALG_ECDSA ? "SHA256" : NULL, NULL, NULL, key,
                                          NULL) == 1 &&
                    EVP_DigestSign(context, out, &len, text, SIGNED_LEN) == 1;

        EVP_MD_CTX_free(context);
        if (good && alg == ALG_ECDSA)
                return split(out, len, answer);
        answer->sig_r = good ? copy(out, len) : NULL;
        answer->sig_r_len = len;
        return answer->sig_r != NULL;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
            const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
            struct sk_option **options, struct sk_sign_response **ret)
{
        struct sk_sign_response *made = calloc(1, sizeof(*made));
        uint8_t text[SIGNED_LEN], public[POINT_LEN];
        size_t len = 0;
        EVP_PKEY *key = NULL;
        bool good;

        (void)pin, (void)options;
        if (made && key_handle_len == SECRET_LEN)
                key = make_key(alg, key_handle, public, &len);
        if (made) {
                made->flags = flags;
                made->counter = 0x12345678;
        }
        good = key && put_signed(application, made, data, data_len, text) && sign(key, alg, text, made);
        EVP_PKEY_free(key);
        if (good) {
                *ret = made;
                return 0;
        }
        if (made) {
                free(made->sig_r);
                free(made->sig_s);
        }
        free(made);
        return ERR_GENERAL;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options, struct sk_resident_key ***ret,
                          size_t *retcount)
{
        (void)pin, (void)options, (void)ret, (void)retcount;
        return ERR_UNSUPPORTED;
}
