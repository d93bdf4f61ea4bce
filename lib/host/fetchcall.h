/*
 * One conversation with pamjwt-fetch, or with the refresh service, under a hard deadline and in any host
 * process.
 */
#ifndef PJWT_FETCHCALL_H
#define PJWT_FETCHCALL_H

#include "reason.h"

#define PJWT_FETCH_FDS_MAX 2

/* Borrowed strings. */
struct pjwt_fetchcall {
        const char *program;  /* started with an empty environment */
        const char *argument; /* its only one; NULL: none */
        const char *request;  /* what it finds on its standard input */
        size_t request_len;
        int fds[PJWT_FETCH_FDS_MAX]; /* open files that it gets as descriptors 3 and following */
        size_t fd_count;
        size_t reply_max;
        int64_t deadline; /* by pjwt_boot_ms() */
};

/*
 * Starts the program, hands it the request, takes its whole output, and ends it: by itself when it closed its
 * output, by SIGKILL at the deadline. Leaves no child, no descriptor, no signal disposition behind; never
 * raises SIGPIPE; works in threads, with SIGCHLD ignored or handled by the host, with descriptors 0 to 2
 * closed. The exit status counts for nothing, since the host may take it first.
 * ret: on success the output for free(), ended by a NUL that is not counted; untouched on failure.
 * Returns PJWT_OK, PJWT_FETCH_FAILED, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_fetchcall(const struct pjwt_fetchcall *call, char **ret, size_t *retlen,
                                struct pjwt_error *reterr);

/*
 * Sends one line to the service that listens at a Unix socket and takes its response; nothing is started.
 * Returns as above; PJWT_FETCH_FAILED at once when nobody listens there, or when the socket is not root's.
 */
enum pjwt_reason pjwt_fetchcall_socket(const char *path, const char *line, int64_t deadline, char **ret,
                                       size_t *retlen, struct pjwt_error *reterr);

#endif
