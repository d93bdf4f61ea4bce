/*
 * The sshd processes that run on this host: made to read their configuration again, and asked whether they
 * have. A file that was written is not yet what a listening sshd does.
 */
#ifndef CLI_LISTENER_H
#define CLI_LISTENER_H

#include "listening.h"
#include "reason.h"

/*
 * Before any file of sshd's is written: finds those that run, and what they offer now.
 * ret: set in any case; empty if none runs: then there is none to be asked.
 * Returns PJWT_OK; PJWT_FILE_WRITE if sshd rejects its configuration as it is, so that it could not be
 * reloaded.
 */
enum pjwt_reason cli_listener_ready(struct cli_listener_watch *ret, struct pjwt_error *reterr);

/*
 * After the files were written: has each reload its configuration, waits until it has, and ends the
 * connections that began before and are not yet logged in, which would still go by the old one. Returns
 * PJWT_OK; PJWT_FILE_WRITE if one goes on with the old configuration.
 */
enum pjwt_reason cli_listener_settle(const struct cli_listener_watch *watch, struct pjwt_error *reterr);

#endif
