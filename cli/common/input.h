/* Where arguments come from: the command line itself, a file (@FILE), or standard input (-). */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "args.h"
#include "reason.h"

#define CLI_INPUT_MAX (4 * 1024 * 1024)

struct cli_input {
        char *bytes; /* NUL-terminated, not counted in len; wiped when freed */
        size_t len;
        bool on_command_line; /* visible to every user in the process list */
        unsigned mode;        /* permissions of the regular file that was read; 0: not a regular file */
};

enum {
        CLI_INPUT_TRIM = 1, /* from a file or standard input: white space at both ends is removed (a token) */
        CLI_INPUT_CHOMP = 2 /* from a file or standard input: one newline at the end is removed (a secret) */
};

/*
 * The bytes of an argument: `-` is standard input, `@FILE` a file (also a pipe or /dev/fd/3), anything else
 * is the text itself.
 * ret: on success, for cli_input_clear().
 * Returns PJWT_OK, PJWT_FILE_OPEN, PJWT_FILE_SIZE, PJWT_NO_MEMORY.
 */
enum pjwt_reason cli_input_read(const char *argument, unsigned flags, struct cli_input *ret,
                                struct pjwt_error *reterr);

/* The bytes of a file named by an option; `-` is standard input. Errors as above. */
enum pjwt_reason cli_input_file(const char *path, struct cli_input *ret, struct pjwt_error *reterr);

void cli_input_clear(struct cli_input *input);

/* Warns on a terminal that a token or secret on the command line is visible to others. */
void cli_input_warn(const struct cli_input *input, const char *what);

/*
 * Warns if the private key or secret was read from a file that other users can read or change.
 * path: as the caller wrote it, also @FILE and -.
 */
void cli_input_warn_file(const struct cli_input *input, const char *path, const char *what);

/*
 * The token of an argument, without white space at its ends; also warns as cli_input_warn() does.
 * An error has been printed already.
 * ret: on CLI_YES, for cli_input_clear().
 * Returns an exit status.
 */
int cli_input_token(const char *argument, bool json, struct cli_input *ret);

/*
 * Whether more than one of these arguments is standard input; if so, reports it and returns CLI_ERROR. NULL
 * arguments are skipped.
 */
int cli_input_stdin_once(const char *const *arguments, size_t count);

#endif
