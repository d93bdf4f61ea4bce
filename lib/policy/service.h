/*
 * [service/NAME]: the additional requirements of a PAM service. For `bind` see bind.h, for the record of
 * one_use replay.h. Pure.
 */
#ifndef PJWT_SERVICE_H
#define PJWT_SERVICE_H

#include "conf.h"
#include "token.h"

/*
 * Whether the service is configured: named by a grant, or by a service section (its name or its `also`).
 * retservice: the service section that applies (a section name takes precedence over an `also`), NULL if
 * none does. Borrowed.
 * Returns PJWT_OK or PJWT_SERVICE.
 */
enum pjwt_reason pjwt_service_find(const struct pjwt_conf *conf, const char *service,
                                   const struct pjwt_service **retservice, struct pjwt_error *reterr);

/*
 * Checks the requirements of a service section for the claims: match, max_age, max_token_age, audience.
 * service may be NULL.
 * Returns PJWT_OK, PJWT_SERVICE_MATCH, PJWT_EMAIL_UNVERIFIED, PJWT_TOO_OLD, PJWT_ISSUED_IN_FUTURE,
 * PJWT_CLAIM_MISSING, PJWT_CLAIM_TYPE, PJWT_BAD_AUDIENCE.
 */
enum pjwt_reason pjwt_service_check(const struct pjwt_service *service, const struct pjwt_issuer *issuer,
                                    const struct pjwt_token *token, int64_t now, struct pjwt_error *reterr);

/* The option that decided, so that `check` can show its line; NULL: the section as a whole. */
const char *pjwt_service_option(enum pjwt_reason reason);

/*
 * Whether the service accepts the token of a login again (reuse_login). Never together with one_use.
 * service: NULL if no section applies. name: of the service, for the error.
 * Returns PJWT_OK, PJWT_NO_RECORD.
 */
enum pjwt_reason pjwt_service_reuse(const struct pjwt_service *service, const char *name,
                                    struct pjwt_error *reterr);

#endif
