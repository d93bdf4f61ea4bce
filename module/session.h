/* From an accepted token to the session that it opened, and to sudo inside of it (design section 7). */
#ifndef PJWT_SESSION_H
#define PJWT_SESSION_H

#include <security/pam_modules.h>

#include "decide.h"
#include "options.h"
#include "record.h"

/*
 * The record of an accepted token. The token is taken apart once more for its claims; it has been verified.
 * ret: on success a new record; untouched on failure.
 * Returns PJWT_OK, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_session_record(const struct pjwt_request *request, const struct pjwt_decision *decision,
                                     struct pjwt_record **ret, struct pjwt_error *reterr);

/*
 * Leaves the pending record for the process that will open the session: this one, or the parent when this is
 * sshd's child that holds the conversation. Only a process that is root's through and through opens logins;
 * sudo, su and a screen locker leave nothing. A record that cannot be written is logged, and fails no login.
 * retopener: whose record it is; untouched when none was written.
 */
void pjwt_session_announce(pam_handle_t *pamh, const struct pjwt_record *record, int64_t now,
                           struct pjwt_process *retopener);

/*
 * The record of the login that this process descends from, for reuse_login: named by the kernel's audit
 * session id, its uid the caller's and the user's.
 * ret: on success a new record; untouched on failure.
 * Returns PJWT_OK, PJWT_NO_RECORD.
 */
enum pjwt_reason pjwt_session_of_caller(const struct pjwt_user *user, struct pjwt_record **ret,
                                        struct pjwt_error *reterr);

/*
 * Opens: takes this process's record, puts PAMJWT_... into the environment for whoever audits, and has the
 * session end with the token where the service demands it. Nothing in any environment is an input (attacks
 * REV-05). Never fails.
 */
void pjwt_session_open(pam_handle_t *pamh, int pam_flags, const struct pjwt_options *options);
void pjwt_session_close(pam_handle_t *pamh);
/* Behind open: warns when the session was to end with its token, but logind knows nothing of it. */
void pjwt_session_check(pam_handle_t *pamh);

#endif
