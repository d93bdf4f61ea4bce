/* The undo of a file in which someone has edited other lines. Pure. */
#ifndef CLI_MERGE_H
#define CLI_MERGE_H

#include <stdbool.h>

#include "buf.h"

/*
 * Undoes in `now` what turned `old` into `text`: each run of lines that the change added or replaced must be
 * there byte for byte, once, and in the same order; the lines that it replaced go in their place. All other
 * lines stay.
 * out: the result, added; not to be used on failure.
 * Returns false if the lines are not all there.
 */
bool cli_merge_undo(const char *old, const char *text, const char *now, struct cli_buf *out);

#endif
