/* Key sets: JWKS, JWK (RFC 7517) and PEM, and the selection of keys that may have signed a token. Pure. */
#ifndef PJWT_KEYSET_H
#define PJWT_KEYSET_H

#include "key.h"

#define PJWT_KEYSET_BYTES_MAX PJWT_SECRET_BYTES_MAX
#define PJWT_KEYSET_KEYS_MAX  4096
#define PJWT_KEYSET_TRIES     16 /* maximum number of keys tried for a token without a kid */

/* Threads may share a set once it has been created: verification changes only its atomic state. */
struct pjwt_keyset {
        OSSL_LIB_CTX *libctx; /* borrowed: pjwt_libctx() */
        struct pjwt_key *keys;
        size_t count;
        size_t usable;
        /* PEM, a secret or a single JWK without kid: the administrator chose the key, so a kid is ignored */
        bool nameless;
        struct json_object *doc;
        struct pjwt_key_state *states;
};

enum {
        PJWT_KEYS_PUBLIC_ONLY = 1, /* from the network or its cache: a set with an oct key is refused */
        PJWT_KEYS_WEAK_SECRET = 2, /* `--secret` of the command: an HMAC key may be short, but not empty */
};

/*
 * Reads a JWKS, a single JWK, or PEM text (any number of SubjectPublicKeyInfo, certificate or PKCS#1
 * blocks; of private keys the public part is used). An invalid key is kept as unusable and does not affect
 * the others. If two keys have the same kid and kty, both are unusable. A set that mixes oct and public
 * keys is refused.
 * ret: on success a new set for pjwt_keyset_free(), with at least one usable key; untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_KEYSET, PJWT_BAD_JSON, PJWT_NO_MEMORY, PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_keyset_parse(const char *bytes, size_t len, unsigned flags, struct pjwt_keyset **ret,
                                   struct pjwt_error *reterr);

/* A set of one HMAC key. flags: PJWT_KEYS_WEAK_SECRET. Otherwise as above. */
enum pjwt_reason pjwt_keyset_from_secret(const unsigned char *secret, size_t len, unsigned flags,
                                         struct pjwt_keyset **ret, struct pjwt_error *reterr);

/* Wipes and frees. Accepts NULL. */
void pjwt_keyset_free(struct pjwt_keyset *set);

/*
 * Prepares every usable key, and marks those as unusable that OpenSSL refuses (a point that is not on its
 * curve). For key sets that are displayed or stored as a whole; not called for a login. Must not be called
 * while other threads use the set.
 * Returns PJWT_OK, or PJWT_BAD_KEYSET if no usable key is left.
 */
enum pjwt_reason pjwt_keyset_check_all(struct pjwt_keyset *set, struct pjwt_error *reterr);

/*
 * The keys that may have signed a token with this alg and kid.
 * kid: NULL: every usable key suitable for alg, at most PJWT_KEYSET_TRIES. Otherwise only the key with
 * exactly this kid and alg's key type. In a nameless set kid is ignored.
 * picks: room for PJWT_KEYSET_TRIES borrowed pointers; *retcount is set to their number.
 * Returns PJWT_OK, PJWT_UNKNOWN_KID, PJWT_NO_FITTING_KEY, PJWT_BAD_KEY (the key with this kid is unusable).
 */
enum pjwt_reason pjwt_keyset_pick(const struct pjwt_keyset *set, const struct pjwt_alg *alg, const char *kid,
                                  size_t kid_len, const struct pjwt_key **picks, size_t *retcount,
                                  struct pjwt_error *reterr);

#endif
