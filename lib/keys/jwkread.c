#include "jwkread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "jwkmember.h"
#include "rsa.h"
#include "secret.h"

#define COUNT(a)        (sizeof(a) / sizeof((a)[0]))
#define KID_MAX         1024
#define SECRET_BITS_MIN 256

static bool check_rsa(struct pjwt_key *key)
{
        struct pjwt_error err = {0};
        unsigned char n[PJWT_JWK_NUMBER_MAX] = {0}, e[PJWT_JWK_NUMBER_MAX] = {0};
        size_t n_len = 0, e_len = 0;

        if (!pjwt_jwk_number(key, "n", n, &n_len) || !pjwt_jwk_number(key, "e", e, &e_len))
                return false;
        if (pjwt_rsa_check(n, n_len, e, e_len, &key->bits, &err) != PJWT_OK)
                return pjwt_key_fault(key, "%s", err.detail);
        return true;
}

/*
 * The y coordinates of the points of small order, little-endian as in RFC 8032, including their
 * non-canonical encodings; the sign bit is cleared before the comparison. Under such a key every message
 * verifies (SIG-19).
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

/* crv, or alg of an AKP key: determines the key's parameters. */
static const struct pjwt_curve *read_curve(struct pjwt_key *key, const char *member)
{
        const char *crv = pjwt_jwk_string(key, member, NULL);
        const struct pjwt_curve *curve = crv ? pjwt_curve_find(key->kty, crv) : NULL;

        if (!crv)
                pjwt_key_fault(key, "%s is missing", member);
        else if (!curve)
                pjwt_key_fault(key, "%s '%.40s' is not supported for %s", member, crv,
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

        return curve && pjwt_jwk_exact(key, "x", coordinate, curve->public_size) &&
               pjwt_jwk_exact(key, "y", coordinate, curve->public_size);
}

static bool check_okp(struct pjwt_key *key)
{
        const struct pjwt_curve *curve = read_curve(key, "crv");
        unsigned char x[PJWT_COORDINATE_MAX] = {0};

        if (!curve || !pjwt_jwk_exact(key, "x", x, curve->public_size))
                return false;
        return !is_small_order(x, curve->public_size) || pjwt_key_fault(key, "x is a point of small order");
}

static bool check_akp(struct pjwt_key *key)
{
        const struct pjwt_curve *curve = read_curve(key, "alg");
        unsigned char pub[PJWT_CURVE_PUBLIC_MAX] = {0};

        return curve && pjwt_jwk_exact(key, "pub", pub, curve->public_size);
}

/* Private members are never read; if a key set contains some, this is noted (KEY-14). */
static void drop_private(struct pjwt_key *key)
{
        static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "priv"};
        bool any = false;

        for (size_t i = 0; i < COUNT(names); i++) {
                if (!pjwt_json_find(key->source, names[i], NULL))
                        continue;
                pjwt_jwk_wipe(key->source, names[i]);
                any = true;
        }
        if (any && key->unusable == PJWT_OK)
                (void)snprintf(key->note, sizeof(key->note), "contains private members, which are not used");
}

static bool begins_with(const char *s, size_t len, const char *prefix)
{
        size_t n = strlen(prefix);

        return len >= n && memcmp(s, prefix, n) == 0;
}

/* Only recognised, not parsed: text that no parser accepts would not be a better secret. */
static bool is_jwk_text(const char *s, size_t len)
{
        return len > 0 && *s == '{' && (memmem(s, len, "\"kty\"", 5) || memmem(s, len, "\"keys\"", 6));
}

/* One ASN.1 SEQUENCE with nothing after it, like all DER keys. */
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
 * Whether the text is a key of another type. If a public key were used as an HMAC secret, anyone could sign
 * tokens (HDR-06, HDR-07: CVE-2022-29217, CVE-2024-33663, CVE-2026-48526, CVE-2026-34950).
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

        key->bits = len > PJWT_SECRET_BYTES_MAX ? 0 : (unsigned)len * 8;
        if (len == 0 || len > PJWT_SECRET_BYTES_MAX)
                return pjwt_key_fault(key, "the secret is %s", len == 0 ? "empty" : "too long");
        if (is_key_text(key->secret, len))
                return pjwt_key_fault(key, "the secret is the text of a public or private key");
        if (key->bits < SECRET_BITS_MIN && !key->weak)
                return pjwt_key_fault(key, "the secret has %zu bytes, HS256 needs 32 (RFC 7518 section 3.2)",
                                      len);
        return true;
}

/* Moves k from the JSON into memory that is wiped. */
static enum pjwt_reason read_oct(struct pjwt_key *key, struct pjwt_error *reterr)
{
        size_t len = 0;
        const char *k = pjwt_jwk_string(key, "k", &len);

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
        pjwt_jwk_wipe(key->source, "k");
        return PJWT_OK;
}

static void read_kid(struct pjwt_key *key)
{
        key->kid = pjwt_jwk_string(key, "kid", &key->kid_len);
        if (key->kid && key->kid_len > 0 && key->kid_len <= KID_MAX)
                return;
        if (key->kid)
                pjwt_key_fault(key, "kid has %zu bytes; 1 to %d are accepted", key->kid_len, KID_MAX);
        key->kid = NULL;
        key->kid_len = 0;
}

/* alg pins the key to one algorithm, which must be a supported one for this key type and curve (KEY-17). */
static bool read_alg(struct pjwt_key *key)
{
        size_t len = 0;
        const char *name = pjwt_jwk_string(key, "alg", &len);
        const struct pjwt_alg *alg = name ? pjwt_alg_find(name, len) : NULL;

        if (!name)
                return key->unusable == PJWT_OK;
        if (!alg)
                return pjwt_key_fault(key, "alg '%.40s' is not a supported signature algorithm", name);
        if (!pjwt_key_fits(key, alg))
                return pjwt_key_fault(key, "alg %s cannot be used with a key of %s%s%s with %u bits",
                                      alg->name, pjwt_kty_name(key->kty), key->curve ? " " : "",
                                      key->curve ? key->curve->name : "", key->bits);
        key->alg = alg;
        return true;
}

static bool check_use(struct pjwt_key *key)
{
        const char *use = pjwt_jwk_string(key, "use", NULL);

        if (use && strcmp(use, "sig") != 0)
                return pjwt_key_fault(key, "use is '%.40s', not sig", use);
        return key->unusable == PJWT_OK;
}

static bool check_operation(struct pjwt_key *key, struct json_object *ops, size_t i, bool *retverify)
{
        const char *op = pjwt_json_string(json_object_array_get_idx(ops, i), NULL);

        if (!op)
                return pjwt_key_fault(key, "key_ops contains a value that is not a string");
        for (size_t k = 0; k < i; k++)
                if (strcmp(op, json_object_get_string(json_object_array_get_idx(ops, k))) == 0)
                        return pjwt_key_fault(key, "key_ops contains '%.40s' twice", op);
        if (strcmp(op, "verify") == 0)
                *retverify = true;
        else if (strcmp(op, "sign") != 0)
                return pjwt_key_fault(key, "key_ops contains '%.40s', so this is not a signature-only key",
                                      op);
        return true;
}

/*
 * RFC 7517 section 4.3: key_ops of a signature key contains "sign" and "verify" and nothing else, each once
 * (KEY-16).
 */
static bool check_key_ops(struct pjwt_key *key)
{
        struct json_object *ops = NULL;
        bool verify = false;

        if (!pjwt_json_find(key->source, "key_ops", &ops))
                return true;
        if (!json_object_is_type(ops, json_type_array))
                return pjwt_key_fault(key, "key_ops is not a list");
        for (size_t i = 0; i < json_object_array_length(ops); i++)
                if (!check_operation(key, ops, i, &verify))
                        return false;
        return verify || pjwt_key_fault(key, "key_ops does not contain verify");
}

static void read_kty(struct pjwt_key *key)
{
        size_t len = 0;
        const char *name = pjwt_jwk_string(key, "kty", &len);

        key->kty = pjwt_kty_find(name, len);
        if (!name)
                pjwt_key_fault(key, "kty is missing");
        else if (key->kty == PJWT_KTY_NONE)
                pjwt_key_fault(key, "kty '%.40s' is not supported", name);
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

enum pjwt_reason pjwt_jwk_read(struct json_object *jwk, bool weak, struct pjwt_key *ret,
                               struct pjwt_error *reterr)
{
        enum pjwt_reason r;

        ret->unusable = PJWT_OK;
        ret->weak = weak;
        ret->source = jwk;
        if (!json_object_is_type(jwk, json_type_object)) {
                ret->source = NULL;
                pjwt_key_fault(ret, "the key is not a JSON object");
                return PJWT_OK;
        }
        read_kid(ret);
        read_kty(ret);
        /*
         * The intended use is checked first: "use is enc" is more helpful than an error about the
         * parameters.
         */
        (void)(check_use(ret) && check_key_ops(ret));
        drop_private(ret);
        r = check_numbers(ret, reterr);
        if (r == PJWT_OK && ret->unusable == PJWT_OK)
                (void)read_alg(ret);
        return r;
}
