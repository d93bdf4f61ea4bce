/* A session opened with a token, and sudo in it (design section 7). */
#ifndef PJWT_SESSION_H
#define PJWT_SESSION_H

#include <security/pam_modules.h>

#include "grant.h"
#include "options.h"
#include "record.h"

#define PJWT_SESSION_DATA "pam_jwt.session" /* PAM data: the audit session id whose record is kept */

/*
 * The record of the login that this process descends from, for reuse_login: found by the kernel's audit
 * session id; its uid must be the caller's and the user's.
 * ret: on success a new record; untouched on failure.
 * Returns PJWT_OK, PJWT_NO_RECORD.
 */
enum pjwt_reason pjwt_session_of_caller(const struct pjwt_user *user, struct pjwt_record **ret,
                                        struct pjwt_error *reterr);

/*
 * Opens the session: takes this process's record, puts PAMJWT_... in the environment for audits, and has
 * the session end with the token if the service requires it. Environment variables are never used as input
 * (attacks REV-05). Never fails.
 */
void pjwt_session_open(pam_handle_t *pamh, int pam_flags, const struct pjwt_options *options);

/* Removes the session's record. In pam_jwt.so itself. */
void pjwt_session_close(pam_handle_t *pamh);

/*
 * May there be a record for pjwt_session_of_caller(), or for pjwt_session_open() to take or to end? Only then
 * is the judge loaded. In pam_jwt.so itself.
 */
bool pjwt_session_caller_has_record(void);
bool pjwt_session_has_record(const pam_handle_t *pamh);

#endif
