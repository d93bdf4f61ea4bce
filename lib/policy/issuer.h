/* Finds the issuer section for a token's iss, and its requirements for claims. Pure. */
#ifndef PJWT_ISSUER_H
#define PJWT_ISSUER_H

#include "claims.h"
#include "conf.h"
#include "token.h"

/*
 * The issuer whose `issuer` equals the token's iss byte for byte. The iss is not verified yet: it only
 * selects the keys, and is never used in a URL or a path.
 * ret: borrowed from conf; untouched on failure.
 * Returns PJWT_OK, PJWT_CLAIM_MISSING, PJWT_CLAIM_TYPE, PJWT_ISSUER_UNKNOWN.
 */
enum pjwt_reason pjwt_issuer_find(const struct pjwt_conf *conf, const struct pjwt_token *token,
                                  const struct pjwt_issuer **ret, struct pjwt_error *reterr);

/* The requirements of an issuer section for the claims of its tokens. Borrows from the section. */
struct pjwt_claims_policy pjwt_issuer_policy(const struct pjwt_issuer *issuer);

/* The option that a failed claim was compared with, so that `check` can show its line. Static. */
const char *pjwt_issuer_option(enum pjwt_reason reason);

#endif
