/* The table of algorithms (RFC 7518, 8037, 8812, 9864, 9964), one row for each algorithm. Pure. */
#ifndef PJWT_ALG_H
#define PJWT_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curve.h"

/* One algorithm. Rows are static; compare them by address. */
struct pjwt_alg {
        const char *name;               /* "ES256" */
        enum pjwt_kty kty;              /* each key type has its own algorithms */
        const char *digest;             /* OpenSSL's name; NULL if the algorithm has none of its own */
        const struct pjwt_curve *curve; /* NULL: none, or any of the key type (EdDSA) */
        size_t mac_size;                /* HMAC: in bytes; 0: depends on the key */
        unsigned min_bits;              /* minimum size of modulus or secret; 0: depends on the curve */
        bool pss;                       /* RSASSA-PSS with a salt as long as the digest */
        bool by_name_only; /* never in a default set: must be configured by name (HMAC, ES256K) */
        uint32_t bit;      /* bit of this row in a pjwt_algset */
};

/* A set of algorithms, for policies. */
typedef uint32_t pjwt_algset;

/* The row of a name of len bytes, compared exactly; NULL if there is none ("none" does not exist). */
const struct pjwt_alg *pjwt_alg_find(const char *name, size_t len);
/* The i-th row, NULL after the last. */
const struct pjwt_alg *pjwt_alg_at(size_t i);
/* The algorithms accepted from an issuer that lists none: all rows without by_name_only. */
pjwt_algset pjwt_alg_default(void);
/*
 * The exact signature size in bytes for a key of this curve (NULL for RSA and HMAC) and this many bits; 0
 * if alg does not support such a key.
 */
size_t pjwt_alg_signature_size(const struct pjwt_alg *alg, const struct pjwt_curve *curve, unsigned bits);

#endif
