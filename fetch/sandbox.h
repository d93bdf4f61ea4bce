/* Drops every privilege that a fetch does not need, before anything from outside is read. */
#ifndef PJWT_FETCH_SANDBOX_H
#define PJWT_FETCH_SANDBOX_H

#include "reason.h"

#define FETCH_USER    "_pamjwt"
#define FETCH_LAST_FD 5  /* standard descriptors, the lock, ca_file, bearer_file */
#define FETCH_ALARM_S 15 /* for reading the request; set again by its timeout */

/*
 * In this order: close_range, rlimits, setgroups, setresgid, setresuid to _pamjwt, check, death
 * signal, not dumpable, no_new_privs, alarm, Landlock, seccomp. If not started as root, it keeps the
 * current user and does all the rest.
 * Returns PJWT_OK, PJWT_NO_FETCH_USER, PJWT_FETCH_FAILED; the process must end on anything but
 * PJWT_OK.
 */
enum pjwt_reason fetch_sandbox(struct pjwt_error *reterr);

#endif
