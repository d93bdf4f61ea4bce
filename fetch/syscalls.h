/* Restricts the system calls of a fetch. */
#ifndef PJWT_FETCH_SYSCALLS_H
#define PJWT_FETCH_SYSCALLS_H

#include "reason.h"

/*
 * Loads a seccomp filter for this process and every thread that it starts. What a fetch needs is allowed;
 * calls that this program never makes (execve, ptrace, bpf, unshare, io_uring_setup, calls of another ABI,
 * ...) kill the process; everything else fails with ENOSYS, and a unix socket with EAFNOSUPPORT, after which
 * glibc's resolver falls back to dns. no_new_privs must be set.
 * Returns PJWT_OK, also where the kernel has no seccomp filters; else PJWT_FETCH_FAILED or PJWT_NO_MEMORY.
 */
enum pjwt_reason fetch_syscalls(struct pjwt_error *reterr);

#endif
