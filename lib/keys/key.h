/* One key: of a JWK (RFC 7517) or PEM block, or a secret. Pure. */
#ifndef PJWT_KEY_H
#define PJWT_KEY_H

#include <openssl/types.h>
#include <stdatomic.h>

#include "alg.h"
#include "reason.h"
#include "strictjson.h"

#define PJWT_SECRET_BYTES_MAX (1024 * 1024) /* no file of keys is larger either: PJWT_KEYSET_BYTES_MAX */

/* What a verification sets up and the next one under the same key can use again. See prepared.h. */
struct pjwt_prepared;

/*
 * What is made of a key when it is first used. Threads share it: both pointers are only exchanged as a whole.
 */
struct pjwt_key_state {
        OSSL_LIB_CTX *libctx; /* borrowed from the set */
        _Atomic(EVP_PKEY *) pkey;
        _Atomic(struct pjwt_prepared *) prepared;
};

/*
 * One key. Unusable keys stay in the set with the reason, so that `pamjwt keys` can show them; they are never
 * picked. A key counts as usable when it passed every check that needs no OpenSSL (sizes, canonical numbers,
 * use, alg). That a point is on its curve is checked when the key is first used, or by
 * pjwt_keyset_check_all().
 */
struct pjwt_key {
        const char *kid; /* borrowed from source; NULL when absent */
        size_t kid_len;
        enum pjwt_kty kty;
        const struct pjwt_curve *curve; /* of an EC, OKP or AKP key; else NULL */
        const struct pjwt_alg *alg;     /* the algorithm that the key is pinned to; NULL: any that fits */
        unsigned bits;                  /* modulus, curve or secret size */
        bool pss_only;                  /* a PEM key of the type RSASSA-PSS: PS* only */
        bool weak;                      /* read with PJWT_KEYS_WEAK_SECRET */
        /* the JWK as it was read, without private members; borrowed from the set */
        struct json_object *source;
        unsigned char *secret; /* oct only; wiped when freed */
        size_t secret_len;
        struct pjwt_key_state *state;
        enum pjwt_reason unusable; /* PJWT_OK: usable */
        char note[160];            /* why it is unusable; of a usable key what is odd about it, or empty */
};

/* Marks a key unusable; the first fault stays. Returns false, so that a check can end with it. */
bool pjwt_key_fault(struct pjwt_key *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Does the key serve alg: key type, curve, size and the algorithm that it is pinned to? */
bool pjwt_key_fits(const struct pjwt_key *key, const struct pjwt_alg *alg);

#endif
