/*
 * [service/NAME]: what a PAM service requires of a token in addition. `bind` is in bind.h, the record of
 * one_use in replay.h. Pure.
 */
#ifndef PJWT_SERVICE_H
#define PJWT_SERVICE_H

#include "conf.h"
#include "token.h"

/*
 * Is the service known at all: named by a grant, or by a service section (its name or its `also`)?
 * retservice: the service section that applies (its own name goes before an `also`), NULL when none does.
 * Borrowed.
 * Returns PJWT_OK or PJWT_SERVICE.
 */
enum pjwt_reason pjwt_service_find(const struct pjwt_conf *conf, const char *service,
                                   const struct pjwt_service **retservice, struct pjwt_error *reterr);

/*
 * The requirements of a service section on the claims: match, max_age, max_token_age, audience. service may
 * be NULL.
 * Returns PJWT_OK, PJWT_SERVICE_MATCH, PJWT_EMAIL_UNVERIFIED, PJWT_TOO_OLD, PJWT_ISSUED_IN_FUTURE,
 * PJWT_CLAIM_MISSING, PJWT_CLAIM_TYPE, PJWT_BAD_AUDIENCE.
 */
enum pjwt_reason pjwt_service_check(const struct pjwt_service *service, const struct pjwt_issuer *issuer,
                                    const struct pjwt_token *token, int64_t now, struct pjwt_error *reterr);

/* The option that decided, so that `check` can point at its line; NULL: the section as a whole. */
const char *pjwt_service_option(enum pjwt_reason reason);

/*
 * Does the service accept the token of a login again (reuse_login)? Never together with one_use.
 * service: NULL where no section applies. name: of the service, for the error.
 * Returns PJWT_OK, PJWT_NO_RECORD.
 */
enum pjwt_reason pjwt_service_reuse(const struct pjwt_service *service, const char *name,
                                    struct pjwt_error *reterr);

#endif
