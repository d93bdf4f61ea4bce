/* The one syslog line of a decision, and the one sentence for the user. */
#ifndef PJWT_REPORT_H
#define PJWT_REPORT_H

#include <security/pam_modules.h>

#include "decide.h"
#include "options.h"

/* Logs the audit line by pam_syslog (authpriv), and with `debug` one line a stage. Never the token. */
void pjwt_report_decision(pam_handle_t *pamh, const struct pjwt_options *options, const struct pjwt_request *request,
                          const struct pjwt_decision *decision);

/* The PAM code of a reason, from reasons.def. */
int pjwt_report_answer(enum pjwt_reason reason);

#endif
