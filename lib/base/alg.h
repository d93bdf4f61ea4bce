/* The table of algorithms (RFC 7518, 8037, 8812, 9864, 9964): one row an algorithm. Pure. */
#ifndef PJWT_ALG_H
#define PJWT_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "curve.h"

/* One algorithm. Rows are static; compare them by address. */
struct pjwt_alg {
        const char *name;               /* "ES256" */
        enum pjwt_kty kty;              /* the key type decides the family; a key never serves another one */
        const char *digest;             /* OpenSSL's name, NULL where the algorithm has its own */
        const struct pjwt_curve *curve; /* NULL: none, or any of the key type's (EdDSA) */
        size_t mac_size;                /* bytes of an HMAC; 0: the key decides the signature's size */
        unsigned min_bits;              /* least modulus or secret; 0: the curve decides */
        bool pss;                       /* RSASSA-PSS, salt as long as the digest */
        bool by_name_only; /* never in a default set: an administrator has to name it (HMAC, ES256K) */
        uint32_t bit;      /* this row in a pjwt_algset */
};

/* A set of algorithms, for policies. */
typedef uint32_t pjwt_algset;

/* The row of a name of len bytes, compared exactly; NULL when there is none ("none" does not exist). */
const struct pjwt_alg *pjwt_alg_find(const char *name, size_t len);
/* The i-th row, NULL behind the last. */
const struct pjwt_alg *pjwt_alg_at(size_t i);
/* What an issuer accepts when it names nothing: all rows that are not by_name_only. */
pjwt_algset pjwt_alg_default(void);
/*
 * The exact bytes of a signature under a key of this curve (NULL for RSA and HMAC) and this many bits; 0 when
 * alg has no such key.
 */
size_t pjwt_alg_signature_size(const struct pjwt_alg *alg, const struct pjwt_curve *curve, unsigned bits);

#endif
