/* The account phase: was this login opened by a token, and is its time over since? */
#ifndef PJWT_ACCOUNT_H
#define PJWT_ACCOUNT_H

#include <security/pam_modules.h>

#include "decision.h"
#include "options.h"

/*
 * error: what has failed before is a refusal.
 * Returns PJWT_OK after a token of this handle and user; PJWT_NOT_A_TOKEN when this login has nothing to do
 * with us; else why not: PJWT_EXPIRED, PJWT_NO_TOKEN (require_token), PJWT_REVOKED (revoked), what was wrong
 * with the list, or what is in error already.
 */
enum pjwt_reason pjwt_account_check(pam_handle_t *pamh, const struct pjwt_options *options,
                                    const struct pjwt_request *request, struct pjwt_error *error);

#endif
