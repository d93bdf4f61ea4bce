/* PAMJWT_... in the environment of a session. Nothing in any environment is an input (attacks REV-05). */
#ifndef PJWT_ENVIRONMENT_H
#define PJWT_ENVIRONMENT_H

#include <security/pam_modules.h>

#include "record.h"

/*
 * Puts issuer, subject, id and exp of the token into the session's environment, for audits.
 * record: NULL where no token opened the session. PAMJWT_EXP then stays what it is: setcred may need the
 * hint.
 */
void pjwt_environment_put(pam_handle_t *pamh, const struct pjwt_record *record);

#endif
