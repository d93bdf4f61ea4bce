/* Reads one JWK (RFC 7517, 7518, 8037, 9964), applying the rules for keys of design section 5. Pure. */
#ifndef PJWT_JWKREAD_H
#define PJWT_JWKREAD_H

#include "key.h"

/*
 * Fills *ret (zeroed by the caller) from a JWK. A fault of the key is not an error of this function: it is
 * stored in ret->unusable and ret->note. Private members are wiped and removed from the object, a secret is
 * moved out of it.
 * jwk: borrowed, must live as long as *ret.
 * weak: an HMAC key may be shorter than its digest, but not empty.
 * Returns PJWT_OK or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_jwk_read(struct json_object *jwk, bool weak, struct pjwt_key *ret,
                               struct pjwt_error *reterr);

/* Checks the secret that has been moved to key, and sets key->bits. */
bool pjwt_jwk_check_secret(struct pjwt_key *key);

#endif
