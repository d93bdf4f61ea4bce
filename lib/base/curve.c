#include "curve.h"

#include <openssl/evp.h>
#include <string.h>

/* To add a curve, add a row and its name in enum pjwt_curve_row. */
const struct pjwt_curve pjwt_curves[PJWT_CURVE_COUNT] = {
        [PJWT_P256] = {"P-256", PJWT_KTY_EC, "prime256v1", "nistp256", 256, 32, 32, 64},
        [PJWT_P384] = {"P-384", PJWT_KTY_EC, "secp384r1", "nistp384", 384, 48, 48, 96},
        [PJWT_P521] = {"P-521", PJWT_KTY_EC, "secp521r1", "nistp521", 521, 66, 66, 132},
        [PJWT_SECP256K1] = {"secp256k1", PJWT_KTY_EC, "secp256k1", NULL, 256, 32, 32, 64},
        /* RFC 8032 sections 5.1 and 5.2: keys of b = 256 and b = 456 bits. */
        [PJWT_ED25519] = {"Ed25519", PJWT_KTY_OKP, "ED25519", NULL, 256, 32, 32, 64},
        [PJWT_ED448] = {"Ed448", PJWT_KTY_OKP, "ED448", NULL, 456, 57, 57, 114},
        /* FIPS 204 section 4, table 2. */
        [PJWT_MLDSA44] = {"ML-DSA-44", PJWT_KTY_AKP, "ML-DSA-44", NULL, 10496, 1312, 32, 2420},
        [PJWT_MLDSA65] = {"ML-DSA-65", PJWT_KTY_AKP, "ML-DSA-65", NULL, 15616, 1952, 32, 3309},
        [PJWT_MLDSA87] = {"ML-DSA-87", PJWT_KTY_AKP, "ML-DSA-87", NULL, 20736, PJWT_CURVE_PUBLIC_MAX, 32,
                          4627},
};

const struct pjwt_curve *pjwt_curve_find(enum pjwt_kty kty, const char *name)
{
        for (size_t i = 0; name && i < PJWT_CURVE_COUNT; i++)
                if (pjwt_curves[i].kty == kty && strcmp(pjwt_curves[i].name, name) == 0)
                        return &pjwt_curves[i];
        return NULL;
}

const struct pjwt_curve *pjwt_curve_of(const EVP_PKEY *pkey)
{
        char group[64] = "";

        if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
                return NULL;
        for (size_t i = 0; i < PJWT_CURVE_COUNT; i++) {
                const struct pjwt_curve *row = &pjwt_curves[i];

                if (row->kty == PJWT_KTY_EC ? strcmp(group, row->openssl) == 0
                                            : EVP_PKEY_is_a(pkey, row->openssl))
                        return row;
        }
        return NULL;
}
