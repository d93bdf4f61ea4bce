/* From a token's iss to the issuer section. Pure. */
#ifndef PJWT_ISSUER_H
#define PJWT_ISSUER_H

#include "conf.h"
#include "token.h"

/*
 * The one issuer whose `issuer` equals the token's iss byte for byte. The iss is not verified yet: it only
 * picks the keys, and never becomes part of a URL or a path.
 * ret: borrowed from conf; untouched on failure.
 * Returns PJWT_OK, PJWT_CLAIM_MISSING, PJWT_CLAIM_TYPE, PJWT_ISSUER_UNKNOWN.
 */
enum pjwt_reason pjwt_issuer_find(const struct pjwt_conf *conf, const struct pjwt_token *token,
                                  const struct pjwt_issuer **ret, struct pjwt_error *reterr);

#endif
