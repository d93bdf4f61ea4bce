/* A key, from a JWK (RFC 7517), a PEM block or a secret. Pure. */
#ifndef PJWT_KEY_H
#define PJWT_KEY_H

#include <openssl/types.h>
#include <stdatomic.h>

#include "alg.h"
#include "reason.h"
#include "strictjson.h"

#define PJWT_SECRET_BYTES_MAX (1024 * 1024) /* files of keys are also limited to PJWT_KEYSET_BYTES_MAX */

/* Contexts set up by one verification, for reuse by the next one with the same key. See prepared.h. */
struct pjwt_prepared;

/* Created when a key is first used. Threads share it: both pointers are only exchanged atomically. */
struct pjwt_key_state {
        OSSL_LIB_CTX *libctx; /* borrowed from the set */
        _Atomic(EVP_PKEY *) pkey;
        _Atomic(struct pjwt_prepared *) prepared;
};

/*
 * A key. Unusable keys stay in the set with the reason, so that `pamjwt keys` can show them, but are never
 * selected. A key counts as usable if it passed all checks that do not need OpenSSL (sizes, canonical
 * numbers, use, alg). That a point is on its curve is checked when the key is first used, or by
 * pjwt_keyset_check_all().
 */
struct pjwt_key {
        const char *kid; /* borrowed from source; NULL if absent */
        size_t kid_len;
        enum pjwt_kty kty;
        const struct pjwt_curve *curve; /* of an EC, OKP or AKP key, otherwise NULL */
        const struct pjwt_alg *alg;     /* the only algorithm allowed for the key; NULL: any suitable one */
        unsigned bits;                  /* size of modulus, curve or secret */
        bool pss_only;                  /* an RSASSA-PSS key from PEM: PS* only */
        bool weak;                      /* read with PJWT_KEYS_WEAK_SECRET */
        /* the JWK as read, without private members; borrowed from the set */
        struct json_object *source;
        unsigned char *secret; /* oct only; wiped when freed */
        size_t secret_len;
        struct pjwt_key_state *state;
        enum pjwt_reason unusable; /* PJWT_OK: usable */
        char note[160];            /* why it is unusable; for a usable key a remark, or empty */
};

/* Marks a key unusable; the first fault is kept. Returns false, for use in a return statement. */
bool pjwt_key_fault(struct pjwt_key *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Whether the key can be used with alg: key type, curve, size, and the algorithm it is pinned to. */
bool pjwt_key_fits(const struct pjwt_key *key, const struct pjwt_alg *alg);

#endif
