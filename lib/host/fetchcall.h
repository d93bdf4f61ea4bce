/*
 * One exchange with pamjwt-fetch, or with the refresh service, with a strict deadline; works in any
 * process.
 */
#ifndef PJWT_FETCHCALL_H
#define PJWT_FETCHCALL_H

#include "reason.h"

#define PJWT_FETCH_FDS_MAX 3

/* Borrowed strings. */
struct pjwt_fetchcall {
        const char *program; /* started with an empty environment */
        const char *request; /* sent to its standard input */
        size_t request_len;
        int fds[PJWT_FETCH_FDS_MAX]; /* open files passed as descriptors 3 and following */
        size_t fd_count;
        /*
         * The first of them is closed as soon as the program has it: a lock on it lasts as long as the
         * program, not as long as its caller, which a user may be able to stop.
         */
        bool give_first;
        size_t reply_max;
        int64_t deadline; /* by pjwt_boot_ms() */
};

/*
 * Starts the program, sends the request, reads its entire output, and waits for it: it ends by itself after
 * closing its output, or is killed at the deadline. Leaves no child, descriptor or signal disposition
 * changed; never raises SIGPIPE; works in threads, with SIGCHLD ignored or handled by the application, and
 * with descriptors 0 to 2 closed. The exit status is not used, since the application may reap the child
 * first.
 * ret: on success the output for free(), with a terminating NUL that is not counted; untouched on failure.
 * Returns PJWT_OK, PJWT_FETCH_FAILED, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_fetchcall(const struct pjwt_fetchcall *call, char **ret, size_t *retlen,
                                struct pjwt_error *reterr);

/*
 * Sends one line to the service that listens on a Unix socket and reads its response; does not start a
 * process.
 * retthere: set also on failure: a service of root's listens on the socket, or too many connections were
 * waiting for it until the deadline.
 * Returns as above.
 */
enum pjwt_reason pjwt_fetchcall_socket(const char *path, const char *line, int64_t deadline, char **ret,
                                       size_t *retlen, bool *retthere, struct pjwt_error *reterr);

#endif
