/* Everything that is made from the rows: help, the man page, completions. All print on stdout. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "args.h"

void cli_help(void);
void cli_help_command(const struct cli_command *command);
/* Every reason and what it means. */
void cli_help_reasons(void);
/* Is there a reason of this number? */
bool cli_is_reason(int i);
/* pamjwt(1) in mdoc. */
void cli_man(void);
/* Completion for bash, zsh or fish. Returns an exit status. */
int cli_completion(const char *shell);

#endif
