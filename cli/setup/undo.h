/* What undo does with one file of a set-up. */
#ifndef CLI_UNDO_H
#define CLI_UNDO_H

#include "buf.h"
#include "journal.h"

enum cli_fate_kind {
        CLI_FATE_BLOCKED, /* why says what is in the way */
        CLI_FATE_DONE,    /* it is what it was */
        CLI_FATE_REMOVE,
        CLI_FATE_WRITE, /* text */
        CLI_FATE_ASIDE  /* text goes to PATH.undone, and the file away */
};

struct cli_fate {
        enum cli_fate_kind kind;
        struct cli_buf text;
        char why[256];
};

/* The text of a file that the set-up saved ("old", "text"), for free(). NULL: errno says why. */
char *cli_undo_saved(const char *root, const struct cli_journal *j, size_t number, const char *kind);

/* Decides about file `number` of a journal, and writes nothing. */
void cli_undo_decide(const char *root, const struct cli_journal *j, size_t number, struct cli_fate *ret);

bool cli_undo_is_of_sshd(const struct cli_journal_entry *e);
bool cli_undo_is_stack(const struct cli_journal_entry *e);

#endif
