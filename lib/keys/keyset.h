/* Keys: JWKS, JWK (RFC 7517) and PEM; and which of them may have signed a token. Pure. */
#ifndef PJWT_KEYSET_H
#define PJWT_KEYSET_H

#include "key.h"

#define PJWT_KEYSET_BYTES_MAX PJWT_SECRET_BYTES_MAX
#define PJWT_KEYSET_KEYS_MAX  4096
#define PJWT_KEYSET_TRIES     16 /* keys that are tried for a token without a kid */

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
        PJWT_KEYS_WEAK_SECRET = 2, /* `--secret` of the command: an HMAC key may be shorter, not empty */
};

/*
 * Reads a JWKS, one JWK, or PEM text (any number of SubjectPublicKeyInfo, certificate or PKCS#1 blocks;
 * private keys serve by their public half). One bad key is kept as unusable and does not spoil the others.
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

#endif
