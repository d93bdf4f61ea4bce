/*
 * Whether this host has been set up, and what was changed. A set-up is a directory CLI_SETUP_DIR/NUMBER: the
 * old files (N.old), the new ones (N.text) and `journal`, which is written last and synced before the first
 * file is changed.
 */
#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reason.h"

#define CLI_SETUP_DIR      "/var/lib/pam_jwt/setup"
#define CLI_CHANGES_MAX    16
#define CLI_WITHIN_MAX     86400 /* seconds that a set-up may wait for its confirmation */
#define CLI_JOURNAL_FORMAT "pamjwt-setup 1"

/* One line of a journal. */
struct cli_journal_entry {
        bool changed; /* else it is new */
        bool dir;     /* its directory is new, too */
        unsigned mode;
        char path[512];
};

struct cli_journal {
        char dir[64]; /* CLI_SETUP_DIR/NUMBER, on the host, without the root */
        char boot[64];
        int64_t deadline; /* of CLOCK_BOOTTIME, in milliseconds */
        int64_t until;    /* the same moment in seconds since 1970, for after a reboot; 0: not recorded */
        struct cli_journal_entry entries[CLI_CHANGES_MAX];
        size_t count;
};

/* The boot id of the host: CLOCK_BOOTTIME of another boot means nothing. */
void cli_journal_boot(char out[64]);
/*
 * The highest number below CLI_SETUP_DIR; 0 if there is none.
 * root: prepended to every path; "" for this host.
 * with_journal: count only those that have a journal.
 */
unsigned cli_journal_latest(const char *root, bool with_journal);
/* The latest journal. False if there is none; a damaged one sets reterr. */
bool cli_journal_read(const char *root, struct cli_journal *ret, struct pjwt_error *reterr);

enum cli_setup_state { CLI_SETUP_NONE, CLI_SETUP_UNCONFIRMED, CLI_SETUP_CONFIRMED };

/*
 * A file of a set-up: NUMBER.old, NUMBER.text, CLI_JOURNAL_CONFIRMED or CLI_JOURNAL_UNDOING, which is there
 * from the moment on when undo changes the first file.
 */
#define CLI_JOURNAL_CONFIRMED "confirmed"
#define CLI_JOURNAL_UNDOING   "undoing"
const char *cli_journal_path(const struct cli_journal *j, const char *name, char ret[96]);

/*
 * The latest set-up on this host.
 * retexpired: its time has passed. After a reboot the clock decides, and one that shows a time long before
 * the set-up was made counts as passed, too.
 */
enum cli_setup_state cli_setup_state(const char *root, bool *retexpired);

#endif
