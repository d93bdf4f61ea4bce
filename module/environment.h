/*
 * PAMJWT_... in the environment of a session. They are never used as input (attacks
 * REV-05).
 */
#ifndef PJWT_ENVIRONMENT_H
#define PJWT_ENVIRONMENT_H

#include <security/pam_modules.h>

#include "record.h"

/*
 * Puts issuer, subject, id and exp of the token in the session's environment, for audits.
 * record: NULL if the session was not opened with a token. PAMJWT_EXP is then unchanged: setcred may need
 * it.
 */
void pjwt_environment_put(pam_handle_t *pamh, const struct pjwt_record *record);

#endif
