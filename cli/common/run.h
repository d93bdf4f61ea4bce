/* Other programs, started without a shell. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <sys/types.h>

#include "buf.h"

/*
 * Starts a program by its path.
 * argv, env: ended by NULL; env NULL: the caller's own.
 * in, out: descriptors for standard input, and for standard output and error; -1: /dev/null.
 * Returns its pid, or -1 if it could not be started.
 */
pid_t cli_spawn(const char *const *argv, const char *const *env, int in, int out);

/* Waits at most `seconds`, then kills it. Returns its exit status; -1: it was killed, or pid is -1. */
int cli_wait(pid_t pid, int seconds);

/*
 * Runs a program to its end and appends its output to out, which is NUL-terminated even if empty.
 * Returns as above.
 */
int cli_run(const char *const *argv, const char *const *env, struct cli_buf *out);

/* The same, but after `seconds` the program is killed. It must not say more than a pipe holds (64 KiB). */
int cli_run_within(const char *const *argv, const char *const *env, struct cli_buf *out, int seconds);

/* PATH and nothing else, so that no variable of the caller decides anything. */
extern const char *const cli_plain_env[];

#endif
