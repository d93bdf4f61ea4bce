/* The key that a token is bound to (RFC 7800). Pure. */
#ifndef PJWT_BOUND_H
#define PJWT_BOUND_H

#include "reason.h"
#include "token.h"

/*
 * The RFC 7638 SHA-256 thumbprint of the key in cnf: cnf.jkt (RFC 9449 section 6.1), or the thumbprint of
 * the public key in cnf.jwk (RFC 7800 section 3.2). cnf must contain exactly one of them and nothing else,
 * since another member would be a proof that is not verified. The caller checks whether possession of the
 * key has been proved.
 * ret: on success the thumbprint, or "" if the token has no cnf; untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_CNF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_bound_key(const struct pjwt_token *token, char ret[44], struct pjwt_error *reterr);

#endif
