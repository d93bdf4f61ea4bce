/* The table of algorithms (RFC 7518, 8037, 8812, 9864, 9964): one row an algorithm. Pure. */
#ifndef PJWT_ALG_H
#define PJWT_ALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pjwt_kty { PJWT_KTY_NONE, PJWT_KTY_RSA, PJWT_KTY_EC, PJWT_KTY_OKP, PJWT_KTY_OCT, PJWT_KTY_AKP };

/* One algorithm. Rows are static; compare them by address. */
struct pjwt_alg {
        const char *name;   /* "ES256" */
        enum pjwt_kty kty;  /* the key type decides the family; a key never serves another one */
        const char *digest; /* OpenSSL's name, NULL where the algorithm has its own */
        const char *curve;  /* JWK crv ("P-256", "Ed25519"); NULL: none, or any of the key type's (EdDSA) */
        size_t signature_size; /* exact bytes; 0: the key's size (RSA, EdDSA by curve) */
        unsigned min_bits;     /* least key size: modulus or secret bits */
        bool pss;              /* RSASSA-PSS, salt as long as the digest */
        bool by_name_only;     /* never in a default set: an administrator has to name it (HMAC, ES256K) */
        uint32_t bit;          /* this row in a pjwt_algset */
};

/* A set of algorithms, for policies. */
typedef uint32_t pjwt_algset;

/* The row of a name of len bytes, compared exactly; NULL when there is none ("none" does not exist). */
const struct pjwt_alg *pjwt_alg_find(const char *name, size_t len);
/* The i-th row, NULL behind the last. */
const struct pjwt_alg *pjwt_alg_at(size_t i);
/* What an issuer accepts when it names nothing: all rows that are not by_name_only. */
pjwt_algset pjwt_alg_default(void);
/* "RSA", "EC", ... as in JWK's kty. */
const char *pjwt_kty_name(enum pjwt_kty kty);
enum pjwt_kty pjwt_kty_find(const char *name, size_t len);

#endif
