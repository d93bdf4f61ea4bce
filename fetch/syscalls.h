/* The system calls that are left to a fetch. */
#ifndef PJWT_FETCH_SYSCALLS_H
#define PJWT_FETCH_SYSCALLS_H

#include "reason.h"

/*
 * Loads a seccomp filter for this process and every thread that it starts. What a fetch needs is allowed;
 * what no honest fetch ever calls (execve, ptrace, bpf, unshare, io_uring_setup, calls of another ABI, ...)
 * kills the process; everything else answers ENOSYS, and a unix socket EAFNOSUPPORT, after which glibc's
 * resolver goes on to dns. no_new_privs must be set.
 * Returns PJWT_OK, also where the kernel has no seccomp filters; else PJWT_FETCH_FAILED or PJWT_NO_MEMORY.
 */
enum pjwt_reason fetch_syscalls(struct pjwt_error *reterr);

#endif
