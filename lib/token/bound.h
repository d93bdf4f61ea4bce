/* To which key is a token bound (RFC 7800)? Pure. */
#ifndef PJWT_BOUND_H
#define PJWT_BOUND_H

#include "reason.h"
#include "token.h"

/*
 * The RFC 7638 SHA-256 thumbprint of the key in cnf: cnf.jkt (RFC 9449 section 6.1) as it is, or that of the
 * public key in cnf.jwk (RFC 7800 section 3.2). Exactly one of them, and nothing else: another member is a
 * proof that nobody would ask for. Whether the key was proved is the caller's question.
 * ret: on success the thumbprint, or "" when the token has no cnf; untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_CNF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_bound_key(const struct pjwt_token *token, char ret[44], struct pjwt_error *reterr);

#endif
