/* Everything generated from the rows: help, the man page, completions. All print to standard output. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "args.h"

void cli_help(void);
void cli_help_command(const struct cli_command *command);
/* Every reason with its meaning. */
void cli_help_reasons(void);
/* Whether there is a reason with this number. */
bool cli_is_reason(int i);
/* pamjwt(1) in mdoc. */
void cli_man(void);
/* Completion for bash, zsh or fish. Returns an exit status. */
int cli_completion(const char *shell);

#endif
