/* The members of one JWK, strictly; what is wrong with one becomes the key's fault. Pure. */
#ifndef PJWT_JWKMEMBER_H
#define PJWT_JWKMEMBER_H

#include "key.h"
#include "rsa.h"

/* Room for an RSA key's n or e: some more than the limit, so that a fault names the size */
#define PJWT_JWK_NUMBER_MAX (PJWT_RSA_BYTES_MAX + 8)

/*
 * A member of key->source that has to be a string, borrowed; NULL when it is absent or (with a fault) of
 * another type. retlen: may be NULL.
 */
const char *pjwt_jwk_string(struct pjwt_key *key, const char *name, size_t *retlen);

/* A base64url member of exactly size bytes, at most PJWT_CURVE_PUBLIC_MAX. false: a fault. */
bool pjwt_jwk_exact(struct pjwt_key *key, const char *name, unsigned char *out, size_t size);

/* A positive number in its shortest form (RFC 7518 section 2, Base64urlUInt). false: a fault. */
bool pjwt_jwk_number(struct pjwt_key *key, const char *name, unsigned char out[PJWT_JWK_NUMBER_MAX],
                     size_t *retlen);

/* Wipes a member, if it is a string, and removes it: json-c frees strings as they are. */
void pjwt_jwk_wipe(struct json_object *jwk, const char *name);

#endif
