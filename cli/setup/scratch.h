/*
 * Directories for the time of one run. What a killed run left in one, maybe the rest of a token, is removed
 * by the next setup or undo.
 */
#ifndef CLI_SCRATCH_H
#define CLI_SCRATCH_H

#include <stdbool.h>

struct cli_scratch {
        char path[64];
        int fd; /* locked as long as it is used */
};

/* Makes one: below /run/pam_jwt, or for others than root in /tmp. Returns false with errno. */
bool cli_scratch_make(struct cli_scratch *ret);
/* Removes it with all that is in it. */
void cli_scratch_remove(struct cli_scratch *scratch);

/* Removes those below /run/pam_jwt that no process uses. */
void cli_scratch_sweep(void);

#endif
