/* OpenSSL contexts for verifying with a key, set up once and reused. Pure. */
#ifndef PJWT_PREPARED_H
#define PJWT_PREPARED_H

#include "key.h"

/*
 * The contexts for one key and algorithm, since the setup takes a fifth of the time of an RS256
 * verification. Used by one thread at a time; another thread creates its own meanwhile.
 */
struct pjwt_prepared {
        const struct pjwt_alg *alg;
        EVP_MD *md;               /* the digest for RSA and EC; otherwise NULL */
        EVP_MD_CTX *md_ctx;       /* hashes for RSA and EC; verifies for EdDSA and ML-DSA */
        EVP_PKEY_CTX *verify_ctx; /* RSA and EC: verifies the digest */
        EVP_MAC_CTX *mac_ctx;     /* HMAC */
        bool md_ctx_has_key;      /* EdDSA and ML-DSA: md_ctx has the key and can be reused */
};

/*
 * The contexts stored in the key by an earlier verification if they are for this alg, otherwise new ones.
 * They are not shared with other threads until stored or freed.
 * pkey: the public key, borrowed; NULL for HMAC.
 * NULL if out of memory or OpenSSL refuses.
 */
struct pjwt_prepared *pjwt_prepared_take(const struct pjwt_key *key, const struct pjwt_alg *alg,
                                         EVP_PKEY *pkey);

/*
 * Stores the contexts in the key for the next verification, and frees those that another thread stored
 * meanwhile.
 */
void pjwt_prepared_return(const struct pjwt_key *key, struct pjwt_prepared *prepared);

/* Accepts NULL. */
void pjwt_prepared_free(struct pjwt_prepared *prepared);

#endif
