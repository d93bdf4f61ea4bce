/* session_until_exp: has logind end the session when its token expires. */
#ifndef PJWT_EXPIRY_H
#define PJWT_EXPIRY_H

#include <security/pam_modules.h>

#include "record.h"

/* Asks pam_systemd, which follows in the stack, to end the session at exp; logs if it will not. */
void pjwt_expiry_set(pam_handle_t *pamh, int pam_flags, const struct pjwt_record *record);

/* Called after the session was opened: warns if it was to end with its token, but has no logind session. */
void pjwt_expiry_check(pam_handle_t *pamh);

#endif
