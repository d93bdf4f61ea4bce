#include "privjwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "secret.h"
#include "strictjson.h"

/* The bytes of a base64url member. *ret is for pjwt_wipe_free(*ret, *retlen). */
static enum pjwt_reason member_bytes(struct json_object *jwk, const char *name, unsigned char **ret,
                                     size_t *retlen, struct pjwt_error *reterr)
{
        size_t chars = 0;
        const char *text = pjwt_json_string(pjwt_json_member(jwk, name), &chars);
        unsigned char *bytes;

        if (!text)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a private JWK requires \"%s\"%s", name,
                                 strcmp(name, "d") == 0 ? "; a public key cannot sign" : "");
        bytes = malloc(PJWT_B64URL_DECODED(chars));
        if (!bytes)
                return pjwt_fail_memory(reterr);
        if (!pjwt_b64url_decode(text, chars, bytes, retlen)) {
                free(bytes);
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"%s\" is not base64url", name);
        }
        *ret = bytes;
        return PJWT_OK;
}

/* As above, of an exact length. */
static enum pjwt_reason member_exact(struct json_object *jwk, const char *name, size_t size,
                                     unsigned char *out, struct pjwt_error *reterr)
{
        unsigned char *bytes = NULL;
        size_t len = 0;
        enum pjwt_reason r = member_bytes(jwk, name, &bytes, &len, reterr);

        if (r == PJWT_OK && len != size)
                r = pjwt_fail(reterr, PJWT_BAD_KEY, "\"%s\" has %zu bytes, not %zu", name, len, size);
        if (r == PJWT_OK && bytes)
                memcpy(out, bytes, size);
        pjwt_wipe_free(bytes, len);
        return r;
}

/* A key pair with these parameters. */
static EVP_PKEY *pkey_from_params(OSSL_LIB_CTX *libctx, const char *type, OSSL_PARAM *params)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, type, NULL);
        EVP_PKEY *pkey = NULL;

        if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
            EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
                pkey = NULL;
        EVP_PKEY_CTX_free(ctx);
        return pkey;
}

/* Whether the private and public parts belong together; a JWK could contain anything. */
static bool halves_fit(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
        bool fit = ctx && EVP_PKEY_pairwise_check(ctx) == 1;

        EVP_PKEY_CTX_free(ctx);
        ERR_clear_error();
        return fit;
}

static enum pjwt_reason rsa_numbers(struct json_object *jwk, size_t count, BIGNUM **numbers,
                                    struct pjwt_error *reterr)
{
        for (size_t i = 0; i < count; i++) {
                unsigned char *bytes = NULL;
                size_t len = 0;
                enum pjwt_reason r = member_bytes(jwk, cli_rsa_members[i].jwk, &bytes, &len, reterr);

                if (r != PJWT_OK)
                        return r;
                numbers[i] = BN_bin2bn(bytes, (int)len, NULL);
                pjwt_wipe_free(bytes, len);
                if (!numbers[i])
                        return pjwt_fail_memory(reterr);
        }
        return PJWT_OK;
}

static EVP_PKEY *rsa_pkey(OSSL_LIB_CTX *libctx, BIGNUM *const *numbers, size_t count)
{
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        OSSL_PARAM *params = NULL;
        EVP_PKEY *pkey = NULL;
        bool good = bld != NULL;

        for (size_t i = 0; good && i < count; i++)
                good = OSSL_PARAM_BLD_push_BN(bld, cli_rsa_members[i].openssl, numbers[i]) == 1;
        if (good)
                params = OSSL_PARAM_BLD_to_param(bld);
        if (params)
                pkey = pkey_from_params(libctx, "RSA", params);
        OSSL_PARAM_free(params);
        OSSL_PARAM_BLD_free(bld);
        return pkey;
}

static enum pjwt_reason parse_rsa(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        BIGNUM *numbers[CLI_RSA_MEMBERS] = {0};
        size_t count = pjwt_json_member(jwk, "p") ? CLI_RSA_MEMBERS : CLI_RSA_NEEDED;
        enum pjwt_reason r = rsa_numbers(jwk, count, numbers, reterr);

        if (r == PJWT_OK) {
                key->pkey = rsa_pkey(key->libctx, numbers, count);
                if (!key->pkey)
                        r = cli_openssl_failed("an RSA key", reterr);
                else if (count == CLI_RSA_MEMBERS && !halves_fit(key->libctx, key->pkey))
                        r = pjwt_fail(reterr, PJWT_BAD_KEY, "the members of the RSA key do not match");
        }
        for (size_t i = 0; i < CLI_RSA_MEMBERS; i++)
                BN_clear_free(numbers[i]);
        return r;
}

static enum pjwt_reason curve_of_jwk(struct json_object *jwk, enum pjwt_kty kty, const char *member,
                                     const struct pjwt_curve **ret, struct pjwt_error *reterr)
{
        size_t len = 0;
        const char *name = pjwt_json_string(pjwt_json_member(jwk, member), &len);

        *ret = pjwt_curve_find(kty, name);
        if (!*ret)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"%s\" of a key of type %s is %s", member,
                                 pjwt_kty_name(kty), name ? name : "missing");
        return PJWT_OK;
}

static EVP_PKEY *ec_pkey(OSSL_LIB_CTX *libctx, const struct pjwt_curve *curve, const unsigned char *point,
                         const unsigned char *d)
{
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        BIGNUM *number = BN_bin2bn(d, (int)curve->secret_size, NULL);
        OSSL_PARAM *params = NULL;
        EVP_PKEY *pkey = NULL;

        if (bld && number &&
            OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                             1 + 2 * curve->public_size) == 1 &&
            OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
                params = OSSL_PARAM_BLD_to_param(bld);
        if (params)
                pkey = pkey_from_params(libctx, "EC", params);
        OSSL_PARAM_free(params);
        OSSL_PARAM_BLD_free(bld);
        BN_clear_free(number);
        return pkey;
}

static enum pjwt_reason parse_ec(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        const struct pjwt_curve *curve = NULL;
        unsigned char point[1 + 2 * PJWT_COORDINATE_MAX] = {0x04}; /* uncompressed */
        unsigned char d[PJWT_CURVE_SECRET_MAX];
        enum pjwt_reason r = curve_of_jwk(jwk, PJWT_KTY_EC, "crv", &curve, reterr);

        if (r == PJWT_OK)
                r = member_exact(jwk, "x", curve->public_size, point + 1, reterr);
        if (r == PJWT_OK)
                r = member_exact(jwk, "y", curve->public_size, point + 1 + curve->public_size, reterr);
        if (r == PJWT_OK)
                r = member_exact(jwk, "d", curve->secret_size, d, reterr);
        if (r != PJWT_OK)
                return r;
        key->pkey = ec_pkey(key->libctx, curve, point, d);
        pjwt_wipe(d, sizeof(d));
        if (!key->pkey)
                return cli_openssl_failed("an EC key", reterr);
        if (!halves_fit(key->libctx, key->pkey))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"d\" does not match \"x\" and \"y\"");
        return PJWT_OK;
}

static enum pjwt_reason parse_okp(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        const struct pjwt_curve *curve = NULL;
        unsigned char d[PJWT_CURVE_SECRET_MAX];
        unsigned char x[PJWT_COORDINATE_MAX];
        unsigned char derived[PJWT_COORDINATE_MAX];
        size_t len = sizeof(derived);
        enum pjwt_reason r = curve_of_jwk(jwk, PJWT_KTY_OKP, "crv", &curve, reterr);

        if (r == PJWT_OK)
                r = member_exact(jwk, "x", curve->public_size, x, reterr);
        if (r == PJWT_OK)
                r = member_exact(jwk, "d", curve->secret_size, d, reterr);
        if (r != PJWT_OK)
                return r;
        key->pkey = EVP_PKEY_new_raw_private_key_ex(key->libctx, curve->openssl, NULL, d, curve->secret_size);
        pjwt_wipe(d, sizeof(d));
        if (!key->pkey || EVP_PKEY_get_raw_public_key(key->pkey, derived, &len) != 1)
                return cli_openssl_failed("an OKP key", reterr);
        if (!pjwt_secret_equal(derived, len, x, curve->public_size))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"d\" does not match \"x\"");
        return PJWT_OK;
}

/* RFC 9964: "priv" is the seed. */
static enum pjwt_reason parse_akp(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        const struct pjwt_curve *row = NULL;
        unsigned char seed[PJWT_CURVE_SECRET_MAX];
        enum pjwt_reason r = curve_of_jwk(jwk, PJWT_KTY_AKP, "alg", &row, reterr);

        if (r == PJWT_OK)
                r = member_exact(jwk, "priv", row->secret_size, seed, reterr);
        if (r != PJWT_OK)
                return r;
        key->pkey = pkey_from_params(
                key->libctx, row->openssl,
                (OSSL_PARAM[]){OSSL_PARAM_construct_octet_string(CLI_MLDSA_SEED, seed, row->secret_size),
                               OSSL_PARAM_construct_end()});
        pjwt_wipe(seed, sizeof(seed));
        return key->pkey ? PJWT_OK : cli_openssl_failed(row->name, reterr);
}

static enum pjwt_reason parse_oct(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        enum pjwt_reason r = member_bytes(jwk, "k", &key->secret, &key->secret_len, reterr);

        if (r == PJWT_OK && key->secret_len == 0)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an empty secret");
        return r;
}

/* Sets the key's numbers according to its type. */
static enum pjwt_reason parse_by_kty(struct cli_privkey *key, struct json_object *jwk,
                                     struct pjwt_error *reterr)
{
        enum pjwt_reason r;

        switch (key->kty) {
        case PJWT_KTY_RSA:
                r = parse_rsa(key, jwk, reterr);
                break;
        case PJWT_KTY_EC:
                r = parse_ec(key, jwk, reterr);
                break;
        case PJWT_KTY_OKP:
                r = parse_okp(key, jwk, reterr);
                break;
        case PJWT_KTY_AKP:
                r = parse_akp(key, jwk, reterr);
                break;
        case PJWT_KTY_OCT:
                r = parse_oct(key, jwk, reterr);
                key->bits = (unsigned)key->secret_len * 8;
                return r;
        default:
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a JWK without a supported \"kty\"");
        }
        return r == PJWT_OK ? cli_privkey_describe(key, reterr) : r;
}

static enum pjwt_reason parse_jwk(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        size_t len = 0;
        const char *kty = pjwt_json_string(pjwt_json_member(jwk, "kty"), &len);
        const char *text;

        key->kty = kty ? pjwt_kty_find(kty, len) : PJWT_KTY_NONE;
        text = pjwt_json_string(pjwt_json_member(jwk, "alg"), &len);
        if (text) {
                key->alg = pjwt_alg_find(text, len);
                if (!key->alg)
                        return pjwt_fail(reterr, PJWT_BAD_KEY,
                                         "the key is for \"%s\", which cannot sign JWTs", text);
        }
        text = pjwt_json_string(pjwt_json_member(jwk, "kid"), &len);
        if (text && !(key->kid = strdup(text)))
                return pjwt_fail_memory(reterr);
        return parse_by_kty(key, jwk, reterr);
}

/* Chooses a key of a JWKS: the one with this kid, else the only one. */
static enum pjwt_reason choose_jwk(struct json_object *keys, const char *kid, struct json_object **ret,
                                   struct pjwt_error *reterr)
{
        size_t count = json_object_is_type(keys, json_type_array) ? json_object_array_length(keys) : 0;

        if (!kid && count == 1) {
                *ret = json_object_array_get_idx(keys, 0);
                return PJWT_OK;
        }
        for (size_t i = 0; kid && i < count; i++) {
                struct json_object *jwk = json_object_array_get_idx(keys, i);
                size_t len = 0;
                const char *text = pjwt_json_string(pjwt_json_member(jwk, "kid"), &len);

                if (text && strcmp(text, kid) == 0) {
                        *ret = jwk;
                        return PJWT_OK;
                }
        }
        if (kid)
                return pjwt_fail(reterr, PJWT_UNKNOWN_KID, "the key set has no key with kid \"%s\"", kid);
        return pjwt_fail(reterr, PJWT_BAD_KEY, "the key set has %zu keys; choose one with --kid", count);
}

enum pjwt_reason cli_privjwk_parse(struct cli_privkey *key, const char *bytes, size_t len, const char *kid,
                                   struct pjwt_error *reterr)
{
        struct json_object *root = NULL;
        struct json_object *jwk;
        struct json_object *keys;
        enum pjwt_reason r = pjwt_json_parse_object(bytes, len, "key", &root, reterr);

        if (r != PJWT_OK)
                return r;
        jwk = root;
        keys = pjwt_json_member(root, "keys");
        if (keys)
                r = choose_jwk(keys, kid, &jwk, reterr);
        if (r == PJWT_OK && !json_object_is_type(jwk, json_type_object))
                r = pjwt_fail(reterr, PJWT_BAD_KEY, "a key that is not a JSON object");
        if (r == PJWT_OK)
                r = parse_jwk(key, jwk, reterr);
        json_object_put(root);
        return r;
}
