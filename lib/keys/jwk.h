/* One JWK (RFC 7517, 7518, 8037, 9964) becomes one key, by the rules for keys of design section 5. Pure. */
#ifndef PJWT_JWK_H
#define PJWT_JWK_H

#include "keyset.h"

/*
 * Fills *ret (all zero before) from a JWK. What is wrong with the key is not an error of this function: it is
 * written to ret->unusable and ret->note. Private members are wiped and removed from the object, a secret is
 * moved out of it.
 * jwk: borrowed, must live as long as *ret.
 * flags: PJWT_KEYS_WEAK_SECRET.
 * Returns PJWT_OK or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_jwk_read(struct json_object *jwk, unsigned flags, struct pjwt_key *ret,
                               struct pjwt_error *reterr);

/* Marks a key unusable; the first fault stays. Returns false, so that a check can end with it. */
bool pjwt_key_fault(struct pjwt_key *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Checks a secret that key has taken over, and sets key->bits. */
bool pjwt_jwk_check_secret(struct pjwt_key *key);

#endif
