/* Other programs, started without a shell. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <sys/types.h>

#include "buf.h"

/*
 * Starts a program by its path.
 * argv, env: ended by NULL; env NULL: the caller's own.
 * in, out: descriptors that it gets as standard input, and as output and error; -1: /dev/null.
 * Returns its pid, -1 when it could not be started.
 */
pid_t cli_spawn(const char *const *argv, const char *const *env, int in, int out);

/* Waits at most `seconds`, then kills it. Returns its exit status; -1: it was killed, or pid is -1. */
int cli_wait(pid_t pid, int seconds);

/*
 * Runs a program to its end and adds what it says to out, which is ended by NUL also when empty.
 * Returns as above.
 */
int cli_run(const char *const *argv, const char *const *env, struct cli_buf *out);

/* PATH and nothing else, so that no variable of the caller decides anything. */
extern const char *const cli_plain_env[];

#endif
