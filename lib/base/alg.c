#include "alg.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * To add an algorithm, add a row; rows are only appended, since a row's number is its bit in a pjwt_algset.
 * "none" is not here and nothing can bring it in (HDR-01).
 */
static const struct pjwt_alg rows[] = {
        {"RS256", PJWT_KTY_RSA, "SHA256", NULL, 0, 2048, false, false, 1u << 0},
        {"RS384", PJWT_KTY_RSA, "SHA384", NULL, 0, 2048, false, false, 1u << 1},
        {"RS512", PJWT_KTY_RSA, "SHA512", NULL, 0, 2048, false, false, 1u << 2},
        {"PS256", PJWT_KTY_RSA, "SHA256", NULL, 0, 2048, true, false, 1u << 3},
        {"PS384", PJWT_KTY_RSA, "SHA384", NULL, 0, 2048, true, false, 1u << 4},
        {"PS512", PJWT_KTY_RSA, "SHA512", NULL, 0, 2048, true, false, 1u << 5},
        {"ES256", PJWT_KTY_EC, "SHA256", "P-256", 64, 256, false, false, 1u << 6},
        {"ES384", PJWT_KTY_EC, "SHA384", "P-384", 96, 384, false, false, 1u << 7},
        {"ES512", PJWT_KTY_EC, "SHA512", "P-521", 132, 521, false, false, 1u << 8},
        {"EdDSA", PJWT_KTY_OKP, NULL, NULL, 0, 255, false, false, 1u << 9},
        {"Ed25519", PJWT_KTY_OKP, NULL, "Ed25519", 64, 255, false, false, 1u << 10},
        {"Ed448", PJWT_KTY_OKP, NULL, "Ed448", 114, 448, false, false, 1u << 11},
        {"ML-DSA-44", PJWT_KTY_AKP, NULL, "ML-DSA-44", 2420, 0, false, false, 1u << 12},
        {"ML-DSA-65", PJWT_KTY_AKP, NULL, "ML-DSA-65", 3309, 0, false, false, 1u << 13},
        {"ML-DSA-87", PJWT_KTY_AKP, NULL, "ML-DSA-87", 4627, 0, false, false, 1u << 14},
        {"ES256K", PJWT_KTY_EC, "SHA256", "secp256k1", 64, 256, false, true, 1u << 15},
        {"HS256", PJWT_KTY_OCT, "SHA256", NULL, 32, 256, false, true, 1u << 16},
        {"HS384", PJWT_KTY_OCT, "SHA384", NULL, 48, 384, false, true, 1u << 17},
        {"HS512", PJWT_KTY_OCT, "SHA512", NULL, 64, 512, false, true, 1u << 18},
};

static const char *const kty_names[] = {
        [PJWT_KTY_NONE] = "none", [PJWT_KTY_RSA] = "RSA", [PJWT_KTY_EC] = "EC",
        [PJWT_KTY_OKP] = "OKP",   [PJWT_KTY_OCT] = "oct", [PJWT_KTY_AKP] = "AKP",
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

const char *pjwt_kty_name(enum pjwt_kty kty)
{
        return (unsigned)kty < COUNT(kty_names) ? kty_names[kty] : kty_names[PJWT_KTY_NONE];
}

enum pjwt_kty pjwt_kty_find(const char *name, size_t len)
{
        for (unsigned i = PJWT_KTY_RSA; name && i < COUNT(kty_names); i++)
                if (same(kty_names[i], name, len))
                        return (enum pjwt_kty)i;
        return PJWT_KTY_NONE;
}
