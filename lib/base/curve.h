/*
 * The table of curves (RFC 7518 section 6.2, 8037, 8812), and of the parameter sets of ML-DSA (RFC 9964),
 * which determine key sizes in the same way. Pure.
 */
#ifndef PJWT_CURVE_H
#define PJWT_CURVE_H

#include <openssl/types.h>

#include "kty.h"

/* The rows, for tables that refer to them. */
enum pjwt_curve_row {
        PJWT_P256,
        PJWT_P384,
        PJWT_P521,
        PJWT_SECP256K1,
        PJWT_ED25519,
        PJWT_ED448,
        PJWT_MLDSA44,
        PJWT_MLDSA65,
        PJWT_MLDSA87,
        PJWT_CURVE_COUNT
};

/* One curve. Rows are static; compare them by address. All sizes are exact. */
struct pjwt_curve {
        const char *name; /* crv of a JWK: "P-256"; for an AKP key its alg: "ML-DSA-65" */
        enum pjwt_kty kty;
        const char *openssl; /* group of an EC key; otherwise key type */
        const char *ssh;     /* the curve's name in an ssh key (RFC 5656); NULL: not used there */
        unsigned bits;       /* as returned by EVP_PKEY_get_bits(): field size for EC, otherwise public key */
        size_t public_size;  /* bytes of each coordinate of an EC key, otherwise of the public key */
        size_t secret_size;  /* bytes of d, or of the seed for ML-DSA */
        size_t signature_size; /* bytes of a signature in a JWS */
};

/* Maximum sizes over all rows, in bytes. */
#define PJWT_COORDINATE_MAX   66   /* P-521 */
#define PJWT_CURVE_PUBLIC_MAX 2592 /* ML-DSA-87; of EC keys a coordinate */
#define PJWT_CURVE_SECRET_MAX 66   /* P-521 */

extern const struct pjwt_curve pjwt_curves[PJWT_CURVE_COUNT];

/* The row of this key type and JWK name, compared exactly; NULL if there is none. name may be NULL. */
const struct pjwt_curve *pjwt_curve_find(enum pjwt_kty kty, const char *name);

/* The row of an OpenSSL key; NULL for RSA, and for a curve or type that is not supported. */
const struct pjwt_curve *pjwt_curve_of(const EVP_PKEY *pkey);

#endif
