/* OpenSSL's contexts for verifying under one key, set up once and used again. Pure. */
#ifndef PJWT_PREPARED_H
#define PJWT_PREPARED_H

#include "key.h"

/*
 * Set up once for a key and algorithm: a fifth of the time of an RS256 verification is set-up. One thread at
 * a time has it; another that comes meanwhile makes its own.
 */
struct pjwt_prepared {
        const struct pjwt_alg *alg;
        EVP_MD *md;               /* the digest of RSA and EC; NULL of the others */
        EVP_MD_CTX *md_ctx;       /* hashes for RSA and EC; verifies for EdDSA and ML-DSA */
        EVP_PKEY_CTX *verify_ctx; /* RSA and EC: verifies the digest */
        EVP_MAC_CTX *mac_ctx;     /* HMAC */
        bool md_ctx_has_key; /* EdDSA and ML-DSA: md_ctx was given the key, which OpenSSL can use again */
};

/*
 * What an earlier verification left with the key if it was for this alg, else a new one. No other thread has
 * it until it is returned or freed.
 * pkey: the public key, borrowed; NULL for HMAC.
 * NULL when memory runs out or OpenSSL refuses.
 */
struct pjwt_prepared *pjwt_prepared_take(const struct pjwt_key *key, const struct pjwt_alg *alg,
                                         EVP_PKEY *pkey);

/* Leaves it with the key for the next verification; what another thread left meanwhile is freed. */
void pjwt_prepared_return(const struct pjwt_key *key, struct pjwt_prepared *prepared);

/* Accepts NULL. */
void pjwt_prepared_free(struct pjwt_prepared *prepared);

#endif
