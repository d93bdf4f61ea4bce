#include "privkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "b64url.h"
#include "opensshkey.h"
#include "rsa.h"
#include "secret.h"
#include "strictjson.h"

#define MLDSA_SEED "seed" /* OSSL_PKEY_PARAM_ML_DSA_SEED, since OpenSSL 3.5 */

static enum pjwt_reason openssl_failed(const char *what, struct pjwt_error *reterr)
{
        unsigned long code = ERR_peek_last_error();
        const char *why = code ? ERR_reason_error_string(code) : NULL;

        pjwt_fail(reterr, PJWT_BAD_KEY, "%s: %s", what, why ? why : "OpenSSL does not take it");
        ERR_clear_error();
        return reterr->reason;
}

void cli_privkey_free(struct cli_privkey *key)
{
        if (!key)
                return;
        free(key->kid);
        EVP_PKEY_free(key->pkey);
        pjwt_wipe_free(key->secret, key->secret_len);
        OSSL_LIB_CTX_free(key->libctx);
        free(key);
}

static struct cli_privkey *privkey_new(void)
{
        struct cli_privkey *key = calloc(1, sizeof(*key));

        if (!key)
                return NULL;
        key->libctx = OSSL_LIB_CTX_new();
        if (key->libctx)
                return key;
        free(key);
        return NULL;
}

/* Hands a finished key over, or frees one that did not get finished. */
static enum pjwt_reason hand_over(struct cli_privkey *key, enum pjwt_reason r, struct cli_privkey **ret)
{
        if (r == PJWT_OK)
                *ret = key;
        else
                cli_privkey_free(key);
        return r;
}

/* Fills type, curve and size in from what OpenSSL holds. */
static enum pjwt_reason describe(struct cli_privkey *key, struct pjwt_error *reterr)
{
        char group[64] = "";

        key->bits = (unsigned)EVP_PKEY_get_bits(key->pkey);
        if (EVP_PKEY_is_a(key->pkey, "RSA")) {
                key->kty = PJWT_KTY_RSA;
                return PJWT_OK;
        }
        key->curve = pjwt_curve_of(key->pkey);
        if (key->curve) {
                key->kty = key->curve->kty;
                key->bits = key->curve->bits;
                return PJWT_OK;
        }
        if (EVP_PKEY_is_a(key->pkey, "EC"))
                EVP_PKEY_get_group_name(key->pkey, group, sizeof(group), NULL);
        return pjwt_fail(reterr, PJWT_BAD_KEY, "a key of type %s %s signs no JWT",
                         EVP_PKEY_get0_type_name(key->pkey), group);
}

/* --- PEM --- */

/* Asked for a passphrase: there is none. */
static int no_passphrase(char *buf, int size, int rwflag, void *asked)
{
        (void)buf;
        (void)size;
        (void)rwflag;
        *(bool *)asked = true;
        return -1;
}

static enum pjwt_reason parse_pem(struct cli_privkey *key, const char *bytes, size_t len,
                                  struct pjwt_error *reterr)
{
        bool asked = false;
        BIO *bio = BIO_new_mem_buf(bytes, (int)len);

        if (!bio)
                return pjwt_fail_memory(reterr);
        key->pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, &asked, key->libctx, NULL);
        BIO_free(bio);
        ERR_clear_error();
        if (key->pkey)
                return describe(key, reterr);
        if (asked)
                return pjwt_fail(reterr, PJWT_BAD_KEY,
                                 "the key is encrypted; decrypt it first with openssl pkey");
        if (strstr(bytes, "BEGIN PUBLIC KEY") || strstr(bytes, "BEGIN CERTIFICATE"))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a public key cannot sign");
        return pjwt_fail(reterr, PJWT_BAD_KEY, "neither a private JWK nor a private key in PEM");
}

/* --- JWK --- */

/* The bytes of a base64url member. *ret is for pjwt_wipe_free(*ret, *retlen). */
static enum pjwt_reason member_bytes(struct json_object *jwk, const char *name, unsigned char **ret,
                                     size_t *retlen, struct pjwt_error *reterr)
{
        size_t chars = 0;
        const char *text = pjwt_json_string(pjwt_json_member(jwk, name), &chars);
        unsigned char *bytes;

        if (!text)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a private JWK needs \"%s\"%s", name,
                                 strcmp(name, "d") == 0 ? "; a public key cannot sign" : "");
        bytes = malloc(PJWT_B64URL_DECODED(chars));
        if (!bytes)
                return pjwt_fail_memory(reterr);
        if (!pjwt_b64url_decode(text, chars, bytes, retlen)) {
                free(bytes);
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"%s\" is no base64url", name);
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

/* A key pair of these parameters. */
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

/* Do the two halves belong together? A JWK could say anything. */
static bool halves_fit(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
        bool fit = ctx && EVP_PKEY_pairwise_check(ctx) == 1;

        EVP_PKEY_CTX_free(ctx);
        ERR_clear_error();
        return fit;
}

static const struct {
        const char *jwk;
        const char *openssl;
} rsa_members[] = {
        {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
        {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};

#define RSA_MEMBERS (sizeof(rsa_members) / sizeof(rsa_members[0]))
#define RSA_PUBLIC  2 /* n and e */
#define RSA_NEEDED  3 /* and d: the factors may be left out */

static enum pjwt_reason rsa_numbers(struct json_object *jwk, size_t count, BIGNUM **numbers,
                                    struct pjwt_error *reterr)
{
        for (size_t i = 0; i < count; i++) {
                unsigned char *bytes = NULL;
                size_t len = 0;
                enum pjwt_reason r = member_bytes(jwk, rsa_members[i].jwk, &bytes, &len, reterr);

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
                good = OSSL_PARAM_BLD_push_BN(bld, rsa_members[i].openssl, numbers[i]) == 1;
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
        BIGNUM *numbers[RSA_MEMBERS] = {0};
        size_t count = pjwt_json_member(jwk, "p") ? RSA_MEMBERS : RSA_NEEDED;
        enum pjwt_reason r = rsa_numbers(jwk, count, numbers, reterr);

        if (r == PJWT_OK) {
                key->pkey = rsa_pkey(key->libctx, numbers, count);
                if (!key->pkey)
                        r = openssl_failed("an RSA key", reterr);
                else if (count == RSA_MEMBERS && !halves_fit(key->libctx, key->pkey))
                        r = pjwt_fail(reterr, PJWT_BAD_KEY,
                                      "the members of the RSA key do not belong together");
        }
        for (size_t i = 0; i < RSA_MEMBERS; i++)
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
                return openssl_failed("an EC key", reterr);
        if (!halves_fit(key->libctx, key->pkey))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"d\" does not belong to \"x\" and \"y\"");
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
                return openssl_failed("an OKP key", reterr);
        if (!pjwt_secret_equal(derived, len, x, curve->public_size))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "\"d\" does not belong to \"x\"");
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
                (OSSL_PARAM[]){OSSL_PARAM_construct_octet_string(MLDSA_SEED, seed, row->secret_size),
                               OSSL_PARAM_construct_end()});
        pjwt_wipe(seed, sizeof(seed));
        return key->pkey ? PJWT_OK : openssl_failed(row->name, reterr);
}

static enum pjwt_reason parse_oct(struct cli_privkey *key, struct json_object *jwk, struct pjwt_error *reterr)
{
        enum pjwt_reason r = member_bytes(jwk, "k", &key->secret, &key->secret_len, reterr);

        if (r == PJWT_OK && key->secret_len == 0)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an empty secret");
        return r;
}

/* Fills the key's numbers in by its type. */
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
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a JWK without a \"kty\" that is known here");
        }
        return r == PJWT_OK ? describe(key, reterr) : r;
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
                        return pjwt_fail(reterr, PJWT_BAD_KEY, "the key is for \"%s\", which signs no JWT",
                                         text);
        }
        text = pjwt_json_string(pjwt_json_member(jwk, "kid"), &len);
        if (text && !(key->kid = strdup(text)))
                return pjwt_fail_memory(reterr);
        return parse_by_kty(key, jwk, reterr);
}

/* Which key of a JWKS: the one with this kid, else the only one. */
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
                return pjwt_fail(reterr, PJWT_UNKNOWN_KID, "the key set has no key of the kid \"%s\"", kid);
        return pjwt_fail(reterr, PJWT_BAD_KEY, "the key set has %zu keys; name one with --kid", count);
}

static enum pjwt_reason parse_json(struct cli_privkey *key, const char *bytes, size_t len, const char *kid,
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
                r = pjwt_fail(reterr, PJWT_BAD_KEY, "a key that is no JSON object");
        if (r == PJWT_OK)
                r = parse_jwk(key, jwk, reterr);
        json_object_put(root);
        return r;
}

static enum pjwt_reason parse_openssh(struct cli_privkey *key, const char *bytes, size_t len,
                                      struct pjwt_error *reterr)
{
        struct cli_openssh file = {0};
        struct cli_buf jwk = {0};
        enum pjwt_reason r = cli_openssh_open(bytes, len, &file, reterr);

        if (r == PJWT_OK)
                r = cli_openssh_jwk(&file, &jwk, reterr);
        if (r == PJWT_OK)
                r = parse_json(key, jwk.bytes, jwk.len, NULL, reterr);
        cli_openssh_clear(&file);
        cli_buf_clear(&jwk);
        return r;
}

enum pjwt_reason cli_privkey_parse(const char *bytes, size_t len, const char *kid, struct cli_privkey **ret,
                                   struct pjwt_error *reterr)
{
        struct cli_privkey *key = privkey_new();
        size_t white = strspn(bytes, " \t\r\n");

        if (!key)
                return pjwt_fail_memory(reterr);
        if (bytes[white] == '{')
                return hand_over(key, parse_json(key, bytes, len, kid, reterr), ret);
        if (cli_openssh_is(bytes))
                return hand_over(key, parse_openssh(key, bytes, len, reterr), ret);
        return hand_over(key, parse_pem(key, bytes, len, reterr), ret);
}

enum pjwt_reason cli_privkey_from_secret(const char *secret, size_t len, struct cli_privkey **ret,
                                         struct pjwt_error *reterr)
{
        struct cli_privkey *key;

        if (len == 0)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an empty secret");
        key = privkey_new();
        if (!key)
                return pjwt_fail_memory(reterr);
        key->kty = PJWT_KTY_OCT;
        key->secret = (unsigned char *)pjwt_secret_dup(secret, len);
        key->secret_len = len;
        key->bits = (unsigned)len * 8;
        return hand_over(key, key->secret ? PJWT_OK : pjwt_fail_memory(reterr), ret);
}

/* --- new keys --- */

static enum pjwt_reason generate_secret(struct cli_privkey *key, unsigned bits, struct pjwt_error *reterr)
{
        key->kty = PJWT_KTY_OCT;
        key->bits = bits;
        key->secret_len = bits / 8;
        key->secret = malloc(key->secret_len);
        if (!key->secret)
                return pjwt_fail_memory(reterr);
        if (RAND_priv_bytes_ex(key->libctx, key->secret, key->secret_len, 0) != 1)
                return pjwt_fail(reterr, PJWT_CRYPTO, "no random bytes");
        return PJWT_OK;
}

static EVP_PKEY *generate_pkey(OSSL_LIB_CTX *libctx, const struct pjwt_alg *alg, unsigned bits)
{
        const struct pjwt_curve *curve;

        if (alg->kty == PJWT_KTY_RSA)
                return EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)(bits ? bits : PJWT_RSA_BITS_NEW));
        curve = alg->curve ? alg->curve : &pjwt_curves[PJWT_ED25519];
        if (alg->kty == PJWT_KTY_EC)
                return EVP_PKEY_Q_keygen(libctx, NULL, "EC", curve->openssl);
        return EVP_PKEY_Q_keygen(libctx, NULL, curve->openssl);
}

enum pjwt_reason cli_privkey_generate(const struct pjwt_alg *alg, unsigned bits, struct cli_privkey **ret,
                                      struct pjwt_error *reterr)
{
        struct cli_privkey *key = privkey_new();

        if (!key)
                return pjwt_fail_memory(reterr);
        key->alg = alg;
        if (alg->kty == PJWT_KTY_OCT)
                return hand_over(key, generate_secret(key, bits ? bits : alg->min_bits, reterr), ret);
        key->pkey = generate_pkey(key->libctx, alg, bits);
        return hand_over(key, key->pkey ? describe(key, reterr) : openssl_failed(alg->name, reterr), ret);
}

/* --- written --- */

static void put_string(struct cli_buf *out, const char *name, const char *value)
{
        cli_buf_member(out, name);
        cli_buf_json_string(out, value);
}

static void put_bytes(struct cli_buf *out, const char *name, const unsigned char *bytes, size_t len)
{
        cli_buf_member(out, name);
        cli_buf_str(out, "\"");
        cli_buf_b64url(out, bytes, len);
        cli_buf_str(out, "\"");
}

/* A number, filled up to `size` bytes; 0: as long as it is. */
static bool put_number(struct cli_buf *out, const EVP_PKEY *pkey, const char *param, const char *name,
                       size_t size)
{
        BIGNUM *number = NULL;
        unsigned char bytes[2048];
        size_t len;
        bool good = EVP_PKEY_get_bn_param(pkey, param, &number) == 1;

        len = !good ? 0 : size ? size : (size_t)BN_num_bytes(number);
        good = good && len <= sizeof(bytes) && BN_bn2binpad(number, bytes, (int)len) == (int)len;
        if (good)
                put_bytes(out, name, bytes, len);
        pjwt_wipe(bytes, sizeof(bytes));
        BN_clear_free(number);
        return good;
}

static bool put_rsa(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        for (size_t i = 0; i < (with_private ? RSA_MEMBERS : RSA_PUBLIC); i++)
                if (!put_number(out, key->pkey, rsa_members[i].openssl, rsa_members[i].jwk, 0))
                        return i >= RSA_NEEDED; /* a key without its factors */
        return true;
}

static bool put_ec(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        const struct pjwt_curve *curve = key->curve;

        put_string(out, "crv", curve->name);
        return put_number(out, key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x", curve->public_size) &&
               put_number(out, key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y", curve->public_size) &&
               (!with_private ||
                put_number(out, key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, "d", curve->secret_size));
}

static bool put_raw_public(const struct cli_privkey *key, const char *name, struct cli_buf *out)
{
        unsigned char bytes[PJWT_CURVE_PUBLIC_MAX];
        size_t len = sizeof(bytes);

        if (EVP_PKEY_get_raw_public_key(key->pkey, bytes, &len) != 1)
                return false;
        put_bytes(out, name, bytes, len);
        return true;
}

static bool put_okp(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        unsigned char bytes[PJWT_CURVE_SECRET_MAX];
        size_t len = sizeof(bytes);

        put_string(out, "crv", key->curve->name);
        if (!put_raw_public(key, "x", out))
                return false;
        if (!with_private)
                return true;
        if (EVP_PKEY_get_raw_private_key(key->pkey, bytes, &len) != 1)
                return false;
        put_bytes(out, "d", bytes, len);
        pjwt_wipe(bytes, sizeof(bytes));
        return true;
}

static bool put_akp(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        unsigned char seed[PJWT_CURVE_SECRET_MAX];
        size_t len = 0;

        if (!put_raw_public(key, "pub", out))
                return false;
        if (!with_private)
                return true;
        if (EVP_PKEY_get_octet_string_param(key->pkey, MLDSA_SEED, seed, sizeof(seed), &len) != 1)
                return false;
        put_bytes(out, "priv", seed, len);
        pjwt_wipe(seed, sizeof(seed));
        return true;
}

static bool put_numbers(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        switch (key->kty) {
        case PJWT_KTY_RSA:
                return put_rsa(key, with_private, out);
        case PJWT_KTY_EC:
                return put_ec(key, with_private, out);
        case PJWT_KTY_OKP:
                return put_okp(key, with_private, out);
        case PJWT_KTY_AKP:
                return put_akp(key, with_private, out);
        case PJWT_KTY_OCT:
                put_bytes(out, "k", key->secret, key->secret_len);
                return true;
        default:
                return false;
        }
}

enum pjwt_reason cli_privkey_jwk(const struct cli_privkey *key, bool with_private, struct cli_buf *out,
                                 struct pjwt_error *reterr)
{
        if (key->kty == PJWT_KTY_OCT && !with_private)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a secret has no public half");
        cli_buf_str(out, "{");
        put_string(out, "kty", pjwt_kty_name(key->kty));
        if (key->kid)
                put_string(out, "kid", key->kid);
        put_string(out, "use", "sig");
        if (key->alg || key->kty == PJWT_KTY_AKP) /* which RFC 9964 demands there */
                put_string(out, "alg", key->alg ? key->alg->name : key->curve->name);
        if (!put_numbers(key, with_private, out))
                return openssl_failed("the key cannot be written", reterr);
        cli_buf_str(out, "}");
        return out->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}

enum pjwt_reason cli_privkey_pem(const struct cli_privkey *key, struct cli_buf *out,
                                 struct pjwt_error *reterr)
{
        BIO *bio = key->pkey ? BIO_new(BIO_s_secmem()) : NULL;
        char *text = NULL;
        long len;

        if (!key->pkey)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a secret has no PEM form");
        if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
                BIO_free(bio);
                return openssl_failed("the key cannot be written", reterr);
        }
        len = BIO_get_mem_data(bio, &text);
        cli_buf_add(out, text, (size_t)len);
        BIO_free(bio);
        return out->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}

const struct pjwt_alg *cli_privkey_default_alg(const struct cli_privkey *key)
{
        const struct pjwt_alg *alg = key->alg;

        for (size_t i = 0; !alg && pjwt_alg_at(i); i++) {
                const struct pjwt_alg *row = pjwt_alg_at(i);

                if (row->kty == key->kty && (!row->curve || row->curve == key->curve))
                        alg = row;
        }
        return alg ? alg : pjwt_alg_at(0);
}
