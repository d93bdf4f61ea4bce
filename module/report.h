/* The syslog line of a decision, and the message for the user. */
#ifndef PJWT_REPORT_H
#define PJWT_REPORT_H

#include <security/pam_modules.h>

#include "decision.h"
#include "options.h"

/*
 * Logs the audit line with pam_syslog (authpriv), one line for each stage with `debug`, and a warning with
 * the age of the issuer's keys if they could not be refreshed. Never the token.
 */
void pjwt_report_decision(pam_handle_t *pamh, const struct pjwt_options *options,
                          const struct pjwt_request *request, const struct pjwt_decision *decision);

/* Logs why the account or session phase failed or has no effect. */
void pjwt_report_phase(pam_handle_t *pamh, const char *phase, const struct pjwt_error *error);

/*
 * Shows a message to the user unless the login was accepted. It depends only on the length of the reply,
 * since it must be the same for a user who does not exist (attacks REV-03, USR-14). There is none for
 * replies shorter than PJWT_SHAPE_LONG bytes. A missing reply is reported even with PAM_SILENT, because
 * sudo shows nothing else (design section 4).
 */
void pjwt_report_sentence(pam_handle_t *pamh, int pam_flags, enum pjwt_reason reason, size_t typed);

/* The PAM code of a reason, from reasons.def. */
int pjwt_report_pam_code(enum pjwt_reason reason);

#endif
