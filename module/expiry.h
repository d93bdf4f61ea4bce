/* session_until_exp: the session ends when its token expires, by logind. */
#ifndef PJWT_EXPIRY_H
#define PJWT_EXPIRY_H

#include <security/pam_modules.h>

#include "record.h"

/* Asks pam_systemd, which comes later in the stack, to end the session at exp; why it will not is logged. */
void pjwt_expiry_set(pam_handle_t *pamh, int pam_flags, const struct pjwt_record *record);

/* After open: warns when the session was to end with its token, but logind knows nothing of it. */
void pjwt_expiry_check(pam_handle_t *pamh);

#endif
