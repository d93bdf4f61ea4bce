/* Text in a manual page. */
#ifndef CLI_ROFF_H
#define CLI_ROFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Prints text so that roff shows it unchanged: a backslash, or a dot or quote at the beginning of a line,
 * would start a request, and a hyphen would not be shown as the minus sign of an option.
 * line_begin: the text is at the beginning of a line.
 */
void cli_put_roff(FILE *f, const char *text, size_t len, bool line_begin);

#endif
