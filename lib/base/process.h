/* What the kernel knows of this process and of others: when they started, and their audit session. */
#ifndef PJWT_PROCESS_H
#define PJWT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A process, for as long as it lives: a pid that is used again has another start time. */
struct pjwt_process {
        pid_t pid;
        uint64_t start; /* /proc/PID/stat, field 22 */
};

#define PJWT_NO_SESSION 4294967295U /* what the kernel shows where no audit session was begun */

/* The process with this pid, as it is now. False when there is none. */
bool pjwt_process_of(pid_t pid, struct pjwt_process *ret);
/* The parent of this process and its start time. False when it cannot be known. */
bool pjwt_process_parent(struct pjwt_process *ret);
/* Is it still the process that it was? */
bool pjwt_process_is_alive(struct pjwt_process process);

/*
 * The kernel's audit session id of this process: set by pam_loginuid, inherited, and not to be changed by the
 * user. False when there is none (containers, audit off).
 */
bool pjwt_process_session_id(unsigned *ret);

#endif
