/* Which process will open the session, and the login record that waits for it. */
#ifndef PJWT_OPENER_H
#define PJWT_OPENER_H

#include <security/pam_modules.h>

#include "process.h"
#include "record.h"

/*
 * Leaves the pending record for the process that will open the session: this one, or the parent when this is
 * sshd's child that holds the conversation. Only a process that is root's through and through opens logins;
 * sudo, su and a screen locker leave nothing. A record that cannot be written is logged, and fails no login.
 * retopener: whose record it is; untouched when none was written.
 */
void pjwt_opener_announce(pam_handle_t *pamh, const struct pjwt_record *record, int64_t now,
                          struct pjwt_process *retopener);

#endif
