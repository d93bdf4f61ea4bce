/* The process that will open the session, and its pending login record. */
#ifndef PJWT_OPENER_H
#define PJWT_OPENER_H

#include <security/pam_modules.h>

#include "process.h"
#include "record.h"

/*
 * Writes the pending record for the process that will open the session: this one, or the parent if this is
 * sshd's child for the conversation. Only a process whose user ids are all root opens logins; sudo, su and
 * screen lockers get no record. If the record cannot be written, this is logged, and the login does not
 * fail.
 * retopener: the process of the record; untouched if none was written.
 */
void pjwt_opener_announce(pam_handle_t *pamh, const struct pjwt_record *record, int64_t now,
                          struct pjwt_process *retopener);

#endif
