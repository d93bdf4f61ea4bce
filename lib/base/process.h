/* Kernel information about this and other processes: start times and the audit session. */
#ifndef PJWT_PROCESS_H
#define PJWT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Identifies a process for its lifetime: if a pid is reused, the start time differs. */
struct pjwt_process {
        pid_t pid;
        uint64_t start; /* /proc/PID/stat, field 22 */
};

#define PJWT_NO_SESSION 4294967295U /* value shown by the kernel if there is no audit session */

/* The process with this pid. False if there is none. */
bool pjwt_process_of(pid_t pid, struct pjwt_process *ret);
/* The parent of this process and its start time. False if it cannot be determined. */
bool pjwt_process_parent(struct pjwt_process *ret);
/* Whether this process still exists. */
bool pjwt_process_is_alive(struct pjwt_process process);

/*
 * One number of /proc/PID/stat, by its field number in proc(5).
 * fields: the text after the name, that is after the last `)`; the first field there is 3.
 * Returns false if there is no number; *ret is then undefined. A negative number is converted as by
 * strtoull(3).
 */
bool pjwt_process_stat_field(const char *fields, unsigned field, uint64_t *ret);

/*
 * The kernel's audit session id of this process: set by pam_loginuid, inherited, and not changeable by the
 * user. False if there is none (containers, audit disabled).
 */
bool pjwt_process_session_id(unsigned *ret);

/*
 * The same for comparing it later: 0 when there is none or the kernel has no audit, PJWT_NO_SESSION when it
 * cannot be known.
 */
unsigned pjwt_process_session_now(void);

/* Of any process below `proc` ("/proc"): 0 when it has none or cannot be asked. */
unsigned pjwt_process_session_of(const char *proc, pid_t pid);

#endif
