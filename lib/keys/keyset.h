/* Keys: JWKS, JWK (RFC 7517) and PEM; and which of them may have signed a token. Pure. */
#ifndef PJWT_KEYSET_H
#define PJWT_KEYSET_H

#include <openssl/types.h>
#include <stdatomic.h>

#include "alg.h"
#include "reason.h"
#include "strictjson.h"

#define PJWT_KEYSET_BYTES_MAX (1024 * 1024)
#define PJWT_KEYSET_KEYS_MAX  4096
#define PJWT_KEYSET_TRIES     16 /* keys that are tried for a token without a kid */

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

/* Threads may share a set once it is made: verification changes nothing in it but the atomic state. */
struct pjwt_keyset {
        OSSL_LIB_CTX *libctx; /* own: the host's openssl.cnf, engines and providers do not matter here */
        struct pjwt_key *keys;
        size_t count;
        size_t usable;
        /* PEM, a secret or a lone JWK without kid: the administrator named the key, a kid is not looked at */
        bool nameless;
        struct json_object *doc;
        struct pjwt_key_state *states;
};

enum {
        PJWT_KEYS_PUBLIC_ONLY = 1, /* from the network or its cache: an oct key makes the whole set refused */
        PJWT_KEYS_WEAK_SECRET =
                2, /* `--secret` of the command: an HMAC key may be shorter than its digest, not empty */
};

/*
 * Reads a JWKS, one JWK, or PEM text (any number of SubjectPublicKeyInfo, certificate or PKCS#1 blocks;
 * private keys serve by their public half). One bad key is prepared as unusable and does not spoil the others.
 * Two keys of the same kid and kty are both unusable. A set that mixes oct and public keys is refused. ret:
 * on success a new set for pjwt_keyset_free(), with at least one usable key; untouched on failure. Returns
 * PJWT_OK, PJWT_BAD_KEYSET, PJWT_BAD_JSON, PJWT_NO_MEMORY, PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_keyset_parse(const char *bytes, size_t len, unsigned flags, struct pjwt_keyset **ret,
                                   struct pjwt_error *reterr);

/* A set of one HMAC key. flags: PJWT_KEYS_WEAK_SECRET. Otherwise as above. */
enum pjwt_reason pjwt_keyset_from_secret(const unsigned char *secret, size_t len, unsigned flags,
                                         struct pjwt_keyset **ret, struct pjwt_error *reterr);

/* Wipes and frees. Accepts NULL. */
void pjwt_keyset_free(struct pjwt_keyset *set);

/*
 * Makes every usable key ready, and marks those unusable that OpenSSL refuses (a point that is not on its
 * curve). For key sets that are looked at or stored as a whole; a login leaves it out. Not while other
 * threads use the set.
 * Returns PJWT_OK, or PJWT_BAD_KEYSET when no usable key is left.
 */
enum pjwt_reason pjwt_keyset_check_all(struct pjwt_keyset *set, struct pjwt_error *reterr);

/*
 * The keys that may have signed a token with this alg and kid.
 * kid: NULL: every usable key that fits alg, at most PJWT_KEYSET_TRIES. Otherwise the one key with exactly
 * this kid and alg's key type: nothing else is ever tried. In a nameless set a kid counts as NULL. picks:
 * room for PJWT_KEYSET_TRIES borrowed pointers; *retcount gets their number.
 * Returns PJWT_OK, PJWT_UNKNOWN_KID, PJWT_NO_FITTING_KEY, PJWT_BAD_KEY (the kid's key is unusable, for its
 * reason).
 */
enum pjwt_reason pjwt_keyset_pick(const struct pjwt_keyset *set, const struct pjwt_alg *alg, const char *kid,
                                  size_t kid_len, const struct pjwt_key **picks, size_t *retcount,
                                  struct pjwt_error *reterr);

/* Does the key serve alg: key type, curve, size and the algorithm that it is pinned to? */
bool pjwt_key_fits(const struct pjwt_key *key, const struct pjwt_alg *alg);

/*
 * The public key for OpenSSL, borrowed from the key; made when first asked for.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason pjwt_key_public(const struct pjwt_key *key, EVP_PKEY **ret, struct pjwt_error *reterr);

/*
 * The minimal JWK: kty, kid, alg and the public members only; of an oct key its k, so handle that one as the
 * secret that it is. A new reference; NULL for an unusable key and when memory runs out.
 */
struct json_object *pjwt_key_jwk(const struct pjwt_key *key);

/*
 * The minimal public JWKS of the usable public keys, a new reference; NULL when memory runs out. Never holds
 * oct keys.
 */
struct json_object *pjwt_keyset_public_jwks(const struct pjwt_keyset *set);

/*
 * RFC 7638 SHA-256 thumbprint in base64url, 43 characters and a NUL.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_key_thumbprint(const struct pjwt_key *key, char out[44], struct pjwt_error *reterr);

/*
 * The same of one public JWK that stands alone, after every check that a key of a set gets; the point is on
 * its curve. One with a private member (RFC 7800 section 3.2 wants none) or a symmetric key is refused. The
 * JWK is not changed.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_BAD_KEYSET, PJWT_BAD_JSON, PJWT_CRYPTO, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_jwk_thumbprint(struct json_object *jwk, char out[44], struct pjwt_error *reterr);

#endif
