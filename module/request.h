/* The request: user, service, host and time, from PAM, NSS and the clock. */
#ifndef PJWT_REQUEST_H
#define PJWT_REQUEST_H

#include <security/pam_modules.h>

#include "decision.h"
#include "options.h"

/*
 * Fills the request except for its token. Strings are borrowed from the handle and the options. The clock
 * is read once, here (attacks CLM-09).
 * Returns PJWT_OK, or PJWT_BAD_USER if the application specifies no user.
 */
enum pjwt_reason pjwt_request_fill(pam_handle_t *pamh, const struct pjwt_options *options,
                                   struct pjwt_request *ret, struct pjwt_error *reterr);

#endif
