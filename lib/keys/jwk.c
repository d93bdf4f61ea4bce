#include "jwk.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "rsa.h"
#include "secret.h"

#define COUNT(a)        (sizeof(a) / sizeof((a)[0]))
#define KID_MAX         1024
#define SECRET_BITS_MIN 256
#define NUMBER_MAX      (PJWT_RSA_BYTES_MAX + 8) /* of an n or e: some more, so that a fault names its size */

bool pjwt_key_fault(struct pjwt_key *key, const char *fmt, ...)
{
        va_list ap;

        if (key->unusable != PJWT_OK)
                return false;
        key->unusable = PJWT_BAD_KEY;
        va_start(ap, fmt);
        (void)vsnprintf(key->note, sizeof(key->note), fmt, ap);
        va_end(ap);
        return false;
}

/* A member that has to be a string. NULL when it is absent or (with a fault) of another type. */
static const char *string_member(struct pjwt_key *key, const char *name, size_t *retlen)
{
        struct json_object *value = NULL;
        const char *s;

        if (!pjwt_json_find(key->source, name, &value))
                return NULL;
        s = pjwt_json_string(value, retlen);
        if (!s)
                pjwt_key_fault(key, "%s is no string", name);
        return s;
}

/* Decodes a base64url member into at most max bytes. */
static bool bytes_member(struct pjwt_key *key, const char *name, unsigned char *out, size_t max,
                         size_t *retlen)
{
        unsigned char buf[PJWT_B64URL_DECODED(PJWT_B64URL_ENCODED(PJWT_CURVE_PUBLIC_MAX)) + 1];
        const char *s;
        size_t len = 0, n = 0;

        s = string_member(key, name, &len);
        if (!s)
                return pjwt_key_fault(key, "%s is missing", name);
        if (len > PJWT_B64URL_ENCODED(max))
                return pjwt_key_fault(key, "%s is too long", name);
        if (!pjwt_b64url_decode(s, len, buf, &n))
                return pjwt_key_fault(key, "%s is not strict base64url", name);
        memcpy(out, buf, n);
        *retlen = n;
        return true;
}

static bool exact_member(struct pjwt_key *key, const char *name, unsigned char *out, size_t size)
{
        size_t len = 0;

        if (!bytes_member(key, name, out, size, &len))
                return false;
        return len == size || pjwt_key_fault(key, "%s has %zu bytes instead of %zu", name, len, size);
}

/* A positive number in its shortest form (RFC 7518 section 2, Base64urlUInt). */
static bool number_member(struct pjwt_key *key, const char *name, unsigned char *out, size_t max,
                          size_t *retlen)
{
        if (!bytes_member(key, name, out, max, retlen))
                return false;
        return (*retlen > 0 && out[0] != 0) ||
               pjwt_key_fault(key, "%s is zero or begins with a zero byte", name);
}

static bool check_rsa(struct pjwt_key *key)
{
        struct pjwt_error err = {0};
        unsigned char n[NUMBER_MAX] = {0}, e[NUMBER_MAX] = {0};
        size_t n_len = 0, e_len = 0;

        if (!number_member(key, "n", n, NUMBER_MAX, &n_len) ||
            !number_member(key, "e", e, NUMBER_MAX, &e_len))
                return false;
        if (pjwt_rsa_check(n, n_len, e, e_len, &key->bits, &err) != PJWT_OK)
                return pjwt_key_fault(key, "%s", err.detail);
        return true;
}

/*
 * The y coordinates of the points of small order, little-endian as in RFC 8032, also in their non-canonical
 * spellings; the sign bit is cleared before the comparison. Under such a key every message verifies (SIG-19).
 */
static bool is_small_order(const unsigned char *x, size_t size)
{
        static const unsigned char order8[2][32] = {
                {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
                 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
                 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
                {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
        };
        unsigned char y[57] = {0}, low[57] = {0}, high[57];

        memcpy(y, x, size);
        y[size - 1] &= 0x7f;
        memset(high, 0xff, sizeof(high));
        if (size == 32) {
                high[31] = 0x7f; /* p = 2^255 - 19 = ed ff .. ff 7f */
                if (memcmp(y, order8[0], size) == 0 || memcmp(y, order8[1], size) == 0)
                        return true;
        } else {
                high[28] = 0xfe; /* p = 2^448 - 2^224 - 1 = ff .. ff fe ff .. ff, and a byte for the sign */
                high[56] = 0;
        }
        if (memcmp(y + 1, low + 1, size - 1) == 0)
                return y[0] <= 1; /* 0 and 1 */
        if (size == 32)
                return memcmp(y + 1, high + 1, size - 1) == 0 && y[0] >= 0xec &&
                       y[0] <= 0xee; /* p-1, p, p+1 */
        if (memcmp(y + 1, high + 1, size - 1) == 0)
                return y[0] >= 0xfe; /* p-1, p */
        memset(high, 0, 28);
        high[28] = 0xff; /* p+1 = 2^448 - 2^224 */
        return memcmp(y, high, size) == 0;
}

/* crv, or for AKP alg: which parameters the key has. */
static const struct pjwt_curve *read_curve(struct pjwt_key *key, const char *member)
{
        const char *crv = string_member(key, member, NULL);
        const struct pjwt_curve *curve = crv ? pjwt_curve_find(key->kty, crv) : NULL;

        if (!crv)
                pjwt_key_fault(key, "%s is missing", member);
        else if (!curve)
                pjwt_key_fault(key, "%s '%.40s' is not accepted for %s", member, crv,
                               pjwt_kty_name(key->kty));
        if (!curve)
                return NULL;
        key->curve = curve;
        key->bits = curve->bits;
        return curve;
}

static bool check_ec(struct pjwt_key *key)
{
        const struct pjwt_curve *curve = read_curve(key, "crv");
        unsigned char coordinate[PJWT_COORDINATE_MAX] = {0};

        return curve && exact_member(key, "x", coordinate, curve->public_size) &&
               exact_member(key, "y", coordinate, curve->public_size);
}

static bool check_okp(struct pjwt_key *key)
{
        const struct pjwt_curve *curve = read_curve(key, "crv");
        unsigned char x[PJWT_COORDINATE_MAX] = {0};

        if (!curve || !exact_member(key, "x", x, curve->public_size))
                return false;
        return !is_small_order(x, curve->public_size) || pjwt_key_fault(key, "x is a point of small order");
}

static bool check_akp(struct pjwt_key *key)
{
        const struct pjwt_curve *curve = read_curve(key, "alg");
        unsigned char pub[PJWT_CURVE_PUBLIC_MAX] = {0};

        return curve && exact_member(key, "pub", pub, curve->public_size);
}

/* json-c frees strings as they are. */
static void wipe_member(struct json_object *jwk, const char *name)
{
        struct json_object *value = pjwt_json_member(jwk, name);
        size_t len = 0;
        const char *s = pjwt_json_string(value, &len);

        if (s)
                pjwt_wipe((void *)(uintptr_t)s, len);
        json_object_object_del(jwk, name);
}

/* No private member is ever read; a key set with some is worth a word (KEY-14). */
static void drop_private(struct pjwt_key *key)
{
        static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "priv"};
        bool any = false;

        for (size_t i = 0; i < COUNT(names); i++) {
                if (!pjwt_json_find(key->source, names[i], NULL))
                        continue;
                wipe_member(key->source, names[i]);
                any = true;
        }
        if (any && key->unusable == PJWT_OK)
                (void)snprintf(key->note, sizeof(key->note), "private members are there and not used");
}

static bool begins_with(const char *s, size_t len, const char *prefix)
{
        size_t n = strlen(prefix);

        return len >= n && memcmp(s, prefix, n) == 0;
}

/* Not parsed: a text that no parser takes, or for which memory ran out, is no better as a secret. */
static bool is_jwk_text(const char *s, size_t len)
{
        return len > 0 && *s == '{' && (memmem(s, len, "\"kty\"", 5) || memmem(s, len, "\"keys\"", 6));
}

/* One ASN.1 SEQUENCE and nothing behind it, as all DER keys are. */
static bool is_der(const unsigned char *s, size_t len)
{
        if (len < 64 || s[0] != 0x30)
                return false;
        if (s[1] < 0x80)
                return s[1] == len - 2;
        if (s[1] == 0x81)
                return s[2] == len - 3;
        return s[1] == 0x82 && ((size_t)s[2] << 8 | s[3]) == len - 4;
}

/*
 * Is this text a key of another kind? A public key that is taken for an HMAC secret lets everybody sign
 * (HDR-06, HDR-07: CVE-2022-29217, CVE-2024-33663, CVE-2026-48526, CVE-2026-34950).
 */
static bool is_key_text(const unsigned char *secret, size_t len)
{
        static const char *const ssh[] = {"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "---- BEGIN"};
        const char *s = (const char *)secret;

        if (memmem(secret, len, "-----BEGIN ", 11) || is_der(secret, len))
                return true;
        while (len > 0 && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t')) {
                s++;
                len--;
        }
        for (size_t i = 0; i < COUNT(ssh); i++)
                if (begins_with(s, len, ssh[i]))
                        return true;
        return is_jwk_text(s, len);
}

bool pjwt_jwk_check_secret(struct pjwt_key *key)
{
        size_t len = key->secret_len;

        key->bits = len > PJWT_KEYSET_BYTES_MAX ? 0 : (unsigned)len * 8;
        if (len == 0 || len > PJWT_KEYSET_BYTES_MAX)
                return pjwt_key_fault(key, "the secret is %s", len == 0 ? "empty" : "too long");
        if (is_key_text(key->secret, len))
                return pjwt_key_fault(key, "the secret is the text of a public or private key");
        if (key->bits < SECRET_BITS_MIN && !key->weak)
                return pjwt_key_fault(key, "the secret has %zu bytes, HS256 needs 32 (RFC 7518 section 3.2)",
                                      len);
        return true;
}

/* Moves k out of the JSON into memory that is wiped. */
static enum pjwt_reason read_oct(struct pjwt_key *key, struct pjwt_error *reterr)
{
        size_t len = 0;
        const char *k = string_member(key, "k", &len);

        if (!k) {
                pjwt_key_fault(key, "k is missing");
                return PJWT_OK;
        }
        key->secret = malloc(PJWT_B64URL_DECODED(len));
        if (!key->secret)
                return pjwt_fail_memory(reterr);
        if (!pjwt_b64url_decode(k, len, key->secret, &key->secret_len))
                pjwt_key_fault(key, "k is not strict base64url");
        else
                (void)pjwt_jwk_check_secret(key);
        wipe_member(key->source, "k");
        return PJWT_OK;
}

static void read_kid(struct pjwt_key *key)
{
        key->kid = string_member(key, "kid", &key->kid_len);
        if (key->kid && key->kid_len > 0 && key->kid_len <= KID_MAX)
                return;
        if (key->kid)
                pjwt_key_fault(key, "kid has %zu bytes, 1 to %d can be", key->kid_len, KID_MAX);
        key->kid = NULL;
        key->kid_len = 0;
}

/* alg pins the key. It has to be one of ours for this very key type and curve (KEY-17). */
static bool read_alg(struct pjwt_key *key)
{
        size_t len = 0;
        const char *name = string_member(key, "alg", &len);
        const struct pjwt_alg *alg = name ? pjwt_alg_find(name, len) : NULL;

        if (!name)
                return key->unusable == PJWT_OK;
        if (!alg)
                return pjwt_key_fault(key, "alg '%.40s' is no signature algorithm that is accepted", name);
        if (!pjwt_key_fits(key, alg))
                return pjwt_key_fault(key, "alg %s does not fit a key of %s%s%s with %u bits", alg->name,
                                      pjwt_kty_name(key->kty), key->curve ? " " : "",
                                      key->curve ? key->curve->name : "", key->bits);
        key->alg = alg;
        return true;
}

static bool check_use(struct pjwt_key *key)
{
        const char *use = string_member(key, "use", NULL);

        if (use && strcmp(use, "sig") != 0)
                return pjwt_key_fault(key, "use is '%.40s', not sig", use);
        return key->unusable == PJWT_OK;
}

static bool check_operation(struct pjwt_key *key, struct json_object *ops, size_t i, bool *retverify)
{
        const char *op = pjwt_json_string(json_object_array_get_idx(ops, i), NULL);

        if (!op)
                return pjwt_key_fault(key, "key_ops holds what is no string");
        for (size_t k = 0; k < i; k++)
                if (strcmp(op, json_object_get_string(json_object_array_get_idx(ops, k))) == 0)
                        return pjwt_key_fault(key, "key_ops names '%.40s' twice", op);
        if (strcmp(op, "verify") == 0)
                *retverify = true;
        else if (strcmp(op, "sign") != 0)
                return pjwt_key_fault(key, "key_ops names '%.40s': not a key for signatures alone", op);
        return true;
}

/* RFC 7517 section 4.3: a key for signatures has "sign" and "verify" and nothing else, each once (KEY-16). */
static bool check_key_ops(struct pjwt_key *key)
{
        struct json_object *ops = NULL;
        bool verify = false;

        if (!pjwt_json_find(key->source, "key_ops", &ops))
                return true;
        if (!json_object_is_type(ops, json_type_array))
                return pjwt_key_fault(key, "key_ops is no list");
        for (size_t i = 0; i < json_object_array_length(ops); i++)
                if (!check_operation(key, ops, i, &verify))
                        return false;
        return verify || pjwt_key_fault(key, "key_ops does not name verify");
}

static void read_kty(struct pjwt_key *key)
{
        size_t len = 0;
        const char *name = string_member(key, "kty", &len);

        key->kty = pjwt_kty_find(name, len);
        if (!name)
                pjwt_key_fault(key, "kty is missing");
        else if (key->kty == PJWT_KTY_NONE)
                pjwt_key_fault(key, "kty '%.40s' is not known", name);
}

static enum pjwt_reason check_numbers(struct pjwt_key *key, struct pjwt_error *reterr)
{
        static bool (*const checks[])(struct pjwt_key *) = {
                [PJWT_KTY_RSA] = check_rsa,
                [PJWT_KTY_EC] = check_ec,
                [PJWT_KTY_OKP] = check_okp,
                [PJWT_KTY_AKP] = check_akp,
        };

        if (key->kty == PJWT_KTY_OCT)
                return read_oct(key, reterr);
        if (key->kty != PJWT_KTY_NONE)
                (void)checks[key->kty](key);
        return PJWT_OK;
}

enum pjwt_reason pjwt_jwk_read(struct json_object *jwk, unsigned flags, struct pjwt_key *ret,
                               struct pjwt_error *reterr)
{
        enum pjwt_reason r;

        ret->unusable = PJWT_OK;
        ret->weak = flags & PJWT_KEYS_WEAK_SECRET;
        ret->source = jwk;
        if (!json_object_is_type(jwk, json_type_object)) {
                ret->source = NULL;
                pjwt_key_fault(ret, "the key is no JSON object");
                return PJWT_OK;
        }
        read_kid(ret);
        read_kty(ret);
        /* What the key is for goes first: "use is enc" says more than what is wrong with the numbers. */
        (void)(check_use(ret) && check_key_ops(ret));
        drop_private(ret);
        r = check_numbers(ret, reterr);
        if (r == PJWT_OK && ret->unusable == PJWT_OK)
                (void)read_alg(ret);
        return r;
}

bool pjwt_key_fits(const struct pjwt_key *key, const struct pjwt_alg *alg)
{
        if (key->kty != alg->kty || (key->alg && key->alg != alg) || (key->pss_only && !alg->pss))
                return false;
        if (alg->curve && alg->curve != key->curve)
                return false;
        return key->bits >= alg->min_bits || key->weak;
}

static EVP_PKEY *from_params(OSSL_LIB_CTX *libctx, const char *type, OSSL_PARAM_BLD *bld)
{
        OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, type, NULL);
        EVP_PKEY *pkey = NULL;

        if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1)
                (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
        EVP_PKEY_CTX_free(ctx);
        OSSL_PARAM_free(params);
        return pkey;
}

/* A working copy, so that a check of a const key can note a fault. */
static EVP_PKEY *make_rsa(struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        unsigned char n[NUMBER_MAX] = {0}, e[NUMBER_MAX] = {0};
        size_t n_len = 0, e_len = 0;
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        BIGNUM *bn = NULL, *be = NULL;
        EVP_PKEY *pkey = NULL;

        if (number_member(key, "n", n, NUMBER_MAX, &n_len) &&
            number_member(key, "e", e, NUMBER_MAX, &e_len)) {
                bn = BN_bin2bn(n, (int)n_len, NULL);
                be = BN_bin2bn(e, (int)e_len, NULL);
        }
        if (bld && bn && be && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
            OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1)
                pkey = from_params(libctx, "RSA", bld);
        BN_free(bn);
        BN_free(be);
        OSSL_PARAM_BLD_free(bld);
        return pkey;
}

/*
 * OpenSSL checks that the point is on the curve; all accepted curves have cofactor 1, so that is the whole
 * check.
 */
static EVP_PKEY *make_ec(struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        const struct pjwt_curve *curve = key->curve;
        unsigned char point[1 + 2 * PJWT_COORDINATE_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        EVP_PKEY *pkey = NULL;

        if (bld && curve && exact_member(key, "x", point + 1, curve->public_size) &&
            exact_member(key, "y", point + 1 + curve->public_size, curve->public_size) &&
            OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                             1 + 2 * curve->public_size) == 1)
                pkey = from_params(libctx, "EC", bld);
        OSSL_PARAM_BLD_free(bld);
        return pkey;
}

static EVP_PKEY *make_raw(struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        const struct pjwt_curve *curve = key->curve;
        unsigned char pub[PJWT_CURVE_PUBLIC_MAX] = {0};

        if (!curve || !exact_member(key, key->kty == PJWT_KTY_AKP ? "pub" : "x", pub, curve->public_size))
                return NULL;
        return EVP_PKEY_new_raw_public_key_ex(libctx, curve->openssl, NULL, pub, curve->public_size);
}

static EVP_PKEY *make_public(const struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        struct pjwt_key copy = *key;
        EVP_PKEY *pkey = NULL;

        (void)ERR_set_mark();
        switch (key->kty) {
        case PJWT_KTY_RSA:
                pkey = make_rsa(&copy, libctx);
                break;
        case PJWT_KTY_EC:
                pkey = make_ec(&copy, libctx);
                break;
        case PJWT_KTY_OKP:
        case PJWT_KTY_AKP:
                pkey = make_raw(&copy, libctx);
                break;
        case PJWT_KTY_OCT:
        case PJWT_KTY_NONE:
                break;
        }
        (void)ERR_pop_to_mark();
        return pkey;
}

enum pjwt_reason pjwt_key_public(const struct pjwt_key *key, EVP_PKEY **ret, struct pjwt_error *reterr)
{
        EVP_PKEY *pkey = atomic_load(&key->state->pkey), *other = NULL;

        if (!pkey && key->unusable == PJWT_OK) {
                pkey = make_public(key, key->state->libctx);
                /* Two threads may make it at the same time; the first one's stays. */
                if (pkey && !atomic_compare_exchange_strong(&key->state->pkey, &other, pkey)) {
                        EVP_PKEY_free(pkey);
                        pkey = other;
                }
        }
        if (!pkey)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "key '%.64s': %s", key->kid ? key->kid : "",
                                 key->unusable != PJWT_OK ? key->note : "OpenSSL refuses it");
        *ret = pkey;
        return PJWT_OK;
}

/* The members that make the key what it is, in the order of RFC 7638 section 3.2. */
static const char *const *required_members(enum pjwt_kty kty)
{
        static const char *const members[][5] = {
                [PJWT_KTY_NONE] = {NULL},
                [PJWT_KTY_RSA] = {"e", "kty", "n", NULL},
                [PJWT_KTY_EC] = {"crv", "kty", "x", "y", NULL},
                [PJWT_KTY_OKP] = {"crv", "kty", "x", NULL},
                [PJWT_KTY_OCT] = {"k", "kty", NULL},
                [PJWT_KTY_AKP] = {"alg", "kty", "pub", NULL},
        };

        return members[kty];
}

static struct json_object *encoded_secret(const struct pjwt_key *key)
{
        char *text = malloc(PJWT_B64URL_ENCODED(key->secret_len) + 1);
        struct json_object *o;

        if (!text)
                return NULL;
        pjwt_b64url_encode(key->secret, key->secret_len, text);
        o = json_object_new_string(text);
        pjwt_wipe_free_str(text);
        return o;
}

static bool add(struct json_object *object, const char *name, struct json_object *value)
{
        if (value && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool copy_member(const struct pjwt_key *key, const char *name, struct json_object *object)
{
        size_t len = 0;
        const char *s;

        if (strcmp(name, "k") == 0)
                return add(object, name, encoded_secret(key));
        if (strcmp(name, "kty") == 0)
                return add(object, name, json_object_new_string(pjwt_kty_name(key->kty)));
        s = pjwt_json_string(pjwt_json_member(key->source, name), &len);
        return s && add(object, name, json_object_new_string_len(s, (int)len));
}

static struct json_object *required_jwk(const struct pjwt_key *key)
{
        struct json_object *jwk = key->unusable == PJWT_OK ? json_object_new_object() : NULL;
        bool ok = jwk != NULL;

        for (const char *const *name = required_members(key->kty); ok && *name; name++)
                ok = copy_member(key, *name, jwk);
        if (ok)
                return jwk;
        json_object_put(jwk);
        return NULL;
}

struct json_object *pjwt_key_jwk(const struct pjwt_key *key)
{
        struct json_object *jwk = required_jwk(key);
        bool ok = jwk != NULL;

        if (ok && key->kid)
                ok = copy_member(key, "kid", jwk);
        if (ok && key->alg)
                ok = add(jwk, "alg", json_object_new_string(key->alg->name));
        if (ok)
                return jwk;
        json_object_put(jwk);
        return NULL;
}

static bool sha256(OSSL_LIB_CTX *libctx, const char *text, unsigned char out[32])
{
        return EVP_Q_digest(libctx, "SHA256", NULL, text, strlen(text), out, NULL) == 1;
}

enum pjwt_reason pjwt_key_thumbprint(const struct pjwt_key *key, char out[44], struct pjwt_error *reterr)
{
        struct json_object *jwk = required_jwk(key);
        const char *text = jwk ? json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN) : NULL;
        unsigned char digest[32];
        bool ok = text && sha256(key->state->libctx, text, digest);

        if (text && key->kty == PJWT_KTY_OCT)
                pjwt_wipe((void *)(uintptr_t)text, strlen(text));
        if (jwk && key->kty == PJWT_KTY_OCT)
                wipe_member(jwk, "k");
        json_object_put(jwk);
        if (key->unusable != PJWT_OK)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "%s", key->note);
        if (!ok)
                return pjwt_fail(reterr, PJWT_CRYPTO, "no SHA-256 thumbprint could be made");
        pjwt_b64url_encode(digest, sizeof(digest), out);
        return PJWT_OK;
}
