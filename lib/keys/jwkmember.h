/* Strict access to the members of a JWK; an invalid member becomes the key's fault. Pure. */
#ifndef PJWT_JWKMEMBER_H
#define PJWT_JWKMEMBER_H

#include "key.h"
#include "rsa.h"

/* Room for n or e of an RSA key: larger than the limit, so that the fault can report the size */
#define PJWT_JWK_NUMBER_MAX (PJWT_RSA_BYTES_MAX + 8)

/*
 * A string member of key->source, borrowed; NULL if it is absent or (with a fault) has another type.
 * retlen: may be NULL.
 */
const char *pjwt_jwk_string(struct pjwt_key *key, const char *name, size_t *retlen);

/* A base64url member of exactly size bytes, at most PJWT_CURVE_PUBLIC_MAX. false: a fault was recorded. */
bool pjwt_jwk_exact(struct pjwt_key *key, const char *name, unsigned char *out, size_t size);

/* A positive number in its shortest form (RFC 7518 section 2, Base64urlUInt). false: a fault was recorded. */
bool pjwt_jwk_number(struct pjwt_key *key, const char *name, unsigned char out[PJWT_JWK_NUMBER_MAX],
                     size_t *retlen);

/* Wipes a string member and removes it, since json-c does not wipe strings. */
void pjwt_jwk_wipe(struct json_object *jwk, const char *name);

#endif
