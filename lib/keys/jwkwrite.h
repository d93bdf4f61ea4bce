/* Writes keys as JWKs and key sets as public JWKS, and computes thumbprints (RFC 7638). Pure. */
#ifndef PJWT_JWKWRITE_H
#define PJWT_JWKWRITE_H

#include "keyset.h"

/*
 * The minimal JWK: kty, kid, alg and the public members only; for an oct key also k, so treat that JWK as a
 * secret. A new reference; NULL for an unusable key and if out of memory.
 */
struct json_object *pjwt_key_jwk(const struct pjwt_key *key);

/*
 * The minimal public JWKS of the usable public keys, a new reference; NULL if out of memory. Never contains
 * oct keys.
 */
struct json_object *pjwt_keyset_public_jwks(const struct pjwt_keyset *set);

/*
 * RFC 7638 SHA-256 thumbprint in base64url, 43 characters and a NUL.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_key_thumbprint(const struct pjwt_key *key, char out[44], struct pjwt_error *reterr);

/*
 * The same for a single public JWK, after all checks that keys of a set undergo, including that the point
 * is on its curve. A JWK with a private member (not allowed by RFC 7800 section 3.2) or a symmetric key is
 * refused. The JWK is not changed.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_BAD_KEYSET, PJWT_BAD_JSON, PJWT_CRYPTO, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_jwk_thumbprint(struct json_object *jwk, char out[44], struct pjwt_error *reterr);

#endif
