#include "alg.h"

#include <string.h>

#include "rsa.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define CURVE(row) &pjwt_curves[PJWT_##row]

/*
 * To add an algorithm, add a row at the end; the number of a row is its bit in a pjwt_algset, so rows are
 * only appended. "none" is not listed and cannot be added by configuration (HDR-01).
 */
static const struct pjwt_alg rows[] = {
        {"RS256", PJWT_KTY_RSA, "SHA256", NULL, 0, PJWT_RSA_BITS_MIN, false, false, 1u << 0},
        {"RS384", PJWT_KTY_RSA, "SHA384", NULL, 0, PJWT_RSA_BITS_MIN, false, false, 1u << 1},
        {"RS512", PJWT_KTY_RSA, "SHA512", NULL, 0, PJWT_RSA_BITS_MIN, false, false, 1u << 2},
        {"PS256", PJWT_KTY_RSA, "SHA256", NULL, 0, PJWT_RSA_BITS_MIN, true, false, 1u << 3},
        {"PS384", PJWT_KTY_RSA, "SHA384", NULL, 0, PJWT_RSA_BITS_MIN, true, false, 1u << 4},
        {"PS512", PJWT_KTY_RSA, "SHA512", NULL, 0, PJWT_RSA_BITS_MIN, true, false, 1u << 5},
        {"ES256", PJWT_KTY_EC, "SHA256", CURVE(P256), 0, 0, false, false, 1u << 6},
        {"ES384", PJWT_KTY_EC, "SHA384", CURVE(P384), 0, 0, false, false, 1u << 7},
        {"ES512", PJWT_KTY_EC, "SHA512", CURVE(P521), 0, 0, false, false, 1u << 8},
        {"EdDSA", PJWT_KTY_OKP, NULL, NULL, 0, 0, false, false, 1u << 9},
        {"Ed25519", PJWT_KTY_OKP, NULL, CURVE(ED25519), 0, 0, false, false, 1u << 10},
        {"Ed448", PJWT_KTY_OKP, NULL, CURVE(ED448), 0, 0, false, false, 1u << 11},
        {"ML-DSA-44", PJWT_KTY_AKP, NULL, CURVE(MLDSA44), 0, 0, false, false, 1u << 12},
        {"ML-DSA-65", PJWT_KTY_AKP, NULL, CURVE(MLDSA65), 0, 0, false, false, 1u << 13},
        {"ML-DSA-87", PJWT_KTY_AKP, NULL, CURVE(MLDSA87), 0, 0, false, false, 1u << 14},
        {"ES256K", PJWT_KTY_EC, "SHA256", CURVE(SECP256K1), 0, 0, false, true, 1u << 15},
        {"HS256", PJWT_KTY_OCT, "SHA256", NULL, 32, 256, false, true, 1u << 16},
        {"HS384", PJWT_KTY_OCT, "SHA384", NULL, 48, 384, false, true, 1u << 17},
        {"HS512", PJWT_KTY_OCT, "SHA512", NULL, 64, 512, false, true, 1u << 18},
};

static bool same(const char *word, const char *name, size_t len)
{
        return strlen(word) == len && memcmp(word, name, len) == 0;
}

const struct pjwt_alg *pjwt_alg_find(const char *name, size_t len)
{
        for (size_t i = 0; name && i < COUNT(rows); i++)
                if (same(rows[i].name, name, len))
                        return &rows[i];
        return NULL;
}

const struct pjwt_alg *pjwt_alg_at(size_t i)
{
        return i < COUNT(rows) ? &rows[i] : NULL;
}

pjwt_algset pjwt_alg_default(void)
{
        pjwt_algset set = 0;

        for (size_t i = 0; i < COUNT(rows); i++)
                if (!rows[i].by_name_only)
                        set |= rows[i].bit;
        return set;
}

size_t pjwt_alg_signature_size(const struct pjwt_alg *alg, const struct pjwt_curve *curve, unsigned bits)
{
        if (alg->kty == PJWT_KTY_OCT)
                return alg->mac_size;
        if (alg->kty == PJWT_KTY_RSA)
                return (bits + 7) / 8;
        return curve ? curve->signature_size : 0;
}
