/*
 * The minimum work of a module that verifies a token with OpenSSL and json-c, for comparison. It takes the
 * reply, reads one JWK from a file, creates the key with EVP_PKEY_fromdata and verifies one RS256, ES256,
 * EdDSA (Ed25519) or HS256 signature with EVP. No policy, no claims, no strict parsing: for measurements
 * only, never for use.
 *
 *   auth required pam_floor.so JWK-FILE
 */
#include <json-c/json.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv);
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv);

#define ROOM 2048

static int decode(const char *text, size_t len, unsigned char out[ROOM])
{
        char padded[ROOM];
        int n;

        if (len + 4 > sizeof(padded) || len > ROOM / 4 * 3)
                return -1;
        memcpy(padded, text, len);
        for (size_t i = 0; i < len; i++)
                padded[i] = padded[i] == '-' ? '+' : padded[i] == '_' ? '/' : padded[i];
        memset(padded + len, '=', 3);
        n = EVP_DecodeBlock(out, (unsigned char *)padded, (int)((len + 3) / 4 * 4));
        return n < 0 ? n : n - (int)((4 - len % 4) % 4);
}

static int member(struct json_object *jwk, const char *name, unsigned char out[ROOM])
{
        struct json_object *value = NULL;

        if (!json_object_object_get_ex(jwk, name, &value))
                return -1;
        return decode(json_object_get_string(value), (size_t)json_object_get_string_len(value), out);
}

static EVP_PKEY *made(const char *type, OSSL_PARAM_BLD *bld)
{
        OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
        EVP_PKEY *key = NULL;

        if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1)
                (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
        EVP_PKEY_CTX_free(ctx);
        OSSL_PARAM_free(params);
        return key;
}

static EVP_PKEY *rsa_key(struct json_object *jwk)
{
        unsigned char n[ROOM], e[ROOM];
        int nlen = member(jwk, "n", n), elen = member(jwk, "e", e);
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        BIGNUM *bn = nlen > 0 ? BN_bin2bn(n, nlen, NULL) : NULL,
               *be = elen > 0 ? BN_bin2bn(e, elen, NULL) : NULL;
        EVP_PKEY *key = NULL;

        if (bld && bn && be && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
            OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1)
                key = made("RSA", bld);
        BN_free(bn);
        BN_free(be);
        OSSL_PARAM_BLD_free(bld);
        return key;
}

static EVP_PKEY *ec_key(struct json_object *jwk)
{
        unsigned char x[ROOM], y[ROOM], point[65] = {4};
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        EVP_PKEY *key = NULL;

        if (bld && member(jwk, "x", x) == 32 && member(jwk, "y", y) == 32) {
                memcpy(point + 1, x, 32);
                memcpy(point + 33, y, 32);
                if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
                    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
                        key = made("EC", bld);
        }
        OSSL_PARAM_BLD_free(bld);
        return key;
}

static EVP_PKEY *ed25519_key(struct json_object *jwk)
{
        unsigned char x[ROOM];

        return member(jwk, "x", x) == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, 32) : NULL;
}

static EVP_PKEY *public_key(struct json_object *jwk)
{
        if (json_object_object_get_ex(jwk, "n", NULL))
                return rsa_key(jwk);
        return json_object_object_get_ex(jwk, "y", NULL) ? ec_key(jwk) : ed25519_key(jwk);
}

static int der(unsigned char sig[ROOM])
{
        ECDSA_SIG *s = ECDSA_SIG_new();
        BIGNUM *r = BN_bin2bn(sig, 32, NULL), *t = BN_bin2bn(sig + 32, 32, NULL);
        unsigned char *out = sig;
        int len = 0;

        if (s && r && t && ECDSA_SIG_set0(s, r, t) == 1)
                len = i2d_ECDSA_SIG(s, &out);
        ECDSA_SIG_free(s); /* r and t with it */
        return len;
}

static int verify(EVP_PKEY *key, const char *token)
{
        const char *dot = strrchr(token, '.');
        unsigned char sig[ROOM];
        int len = dot ? decode(dot + 1, strlen(dot + 1), sig) : -1, r = 0;
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        if (len == 64 && EVP_PKEY_is_a(key, "EC"))
                len = der(sig);
        if (ctx && len > 0 &&
            EVP_DigestVerifyInit_ex(ctx, NULL, EVP_PKEY_is_a(key, "ED25519") ? NULL : "SHA256", NULL, NULL,
                                    key, NULL) == 1)
                r = EVP_DigestVerify(ctx, sig, (size_t)len, (const unsigned char *)token,
                                     (size_t)(dot - token));
        EVP_MD_CTX_free(ctx);
        return r == 1;
}

static int verify_hmac(struct json_object *jwk, const char *token)
{
        const char *dot = strrchr(token, '.');
        unsigned char k[ROOM], sig[ROOM], mac[EVP_MAX_MD_SIZE];
        int klen = member(jwk, "k", k);
        unsigned len = 0;

        return dot && klen > 0 && decode(dot + 1, strlen(dot + 1), sig) == 32 &&
               HMAC(EVP_sha256(), k, klen, (const unsigned char *)token, (size_t)(dot - token), mac, &len) &&
               len == 32 && CRYPTO_memcmp(mac, sig, len) == 0;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct json_object *jwk = argc == 1 ? json_object_from_file(argv[0]) : NULL;
        const char *token = NULL;
        EVP_PKEY *key = NULL;
        int r = PAM_AUTH_ERR;

        (void)flags;
        if (jwk && pam_get_authtok(pamh, PAM_AUTHTOK, &token, "JWT: ") == PAM_SUCCESS) {
                if (json_object_object_get_ex(jwk, "k", NULL))
                        r = verify_hmac(jwk, token) ? PAM_SUCCESS : PAM_AUTH_ERR;
                else if ((key = public_key(jwk)) && verify(key, token))
                        r = PAM_SUCCESS;
        }
        EVP_PKEY_free(key);
        json_object_put(jwk);
        return r;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)pamh;
        (void)flags;
        (void)argc;
        (void)argv;
        return PAM_SUCCESS;
}
