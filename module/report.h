/* The one syslog line of a decision, and the one sentence for the user. */
#ifndef PJWT_REPORT_H
#define PJWT_REPORT_H

#include <security/pam_modules.h>

#include "decision.h"
#include "options.h"

/*
 * Logs the audit line by pam_syslog (authpriv), with `debug` one line a stage, and a warning when the
 * issuer's keys could not be renewed, with their age. Never the token.
 */
void pjwt_report_decision(pam_handle_t *pamh, const struct pjwt_options *options,
                          const struct pjwt_request *request, const struct pjwt_decision *decision);

/* Logs why the account or session phase of a line failed or cannot do its work. */
void pjwt_report_phase(pam_handle_t *pamh, const char *phase, const struct pjwt_error *error);

/*
 * Tells the user, unless he was accepted: one sentence that depends on what arrived by its length only, since
 * a user who does not exist must see the same (attacks REV-03, USR-14). Replies under PJWT_SHAPE_LONG bytes
 * get none. No reply at all is told also under PAM_SILENT, because sudo has nothing else to show (design
 * section 4).
 */
void pjwt_report_sentence(pam_handle_t *pamh, int pam_flags, enum pjwt_reason reason, size_t typed);

/* The PAM code of a reason, from reasons.def. */
int pjwt_report_pam_code(enum pjwt_reason reason);

#endif
