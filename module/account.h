/* The account phase: whether this login was made with a token, and whether it has expired since. */
#ifndef PJWT_ACCOUNT_H
#define PJWT_ACCOUNT_H

#include <security/pam_modules.h>

#include "decision.h"
#include "options.h"

/*
 * error: an earlier failure results in a refusal.
 * Returns PJWT_OK after a token of this handle and user; PJWT_NOT_A_TOKEN if this login is not our concern;
 * otherwise PJWT_EXPIRED, PJWT_NO_TOKEN (require_token), PJWT_REVOKED (revoked), the error of the list, or
 * the reason in error.
 */
enum pjwt_reason pjwt_account_check(pam_handle_t *pamh, const struct pjwt_options *options,
                                    const struct pjwt_request *request, struct pjwt_error *error);

/*
 * Does a `user` line of the revocation list name the user of the request? These also hold for logins without
 * a token. In the judge.
 * Returns PJWT_OK, PJWT_REVOKED, or what was wrong with the list.
 */
enum pjwt_reason pjwt_account_check_revoked(const struct pjwt_request *request, struct pjwt_error *error);

#endif
