/* What is asked: user, service, host and time, as PAM, NSS and the clock have them. */
#ifndef PJWT_REQUEST_H
#define PJWT_REQUEST_H

#include <security/pam_modules.h>

#include "decide.h"
#include "options.h"

/*
 * Fills the request but for its token. Strings are borrowed from the handle and the options. The clock is
 * read once, here (attacks CLM-09). Returns PJWT_OK, or PJWT_BAD_USER when the application names no user.
 */
enum pjwt_reason pjwt_request_fill(pam_handle_t *pamh, const struct pjwt_options *options,
                                   struct pjwt_request *ret, struct pjwt_error *reterr);

/*
 * The largest uid of a system account in the text of a login.defs: SYS_UID_MAX, else UID_MIN - 1, else 999. A
 * number that is not plain decimal or over 65533 counts as absent. Pure.
 */
uid_t pjwt_system_uid_max(const char *text, size_t len);

#endif
