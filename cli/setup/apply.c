/*
 * Changes that can be rolled back: first the old and new files and the journal are written (journal.h), then
 * the changes are made. Files are replaced by rename, so a login sees either the old stack or the new one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "files.h"
#include "setup.h"
#include "tree.h"

/* --- the journal and what it keeps --- */

static enum pjwt_reason save(const struct cli_setup *s, const struct cli_journal *j, size_t number,
                             const char *kind, const char *text, size_t len, struct pjwt_error *reterr)
{
        char name[32];
        char path[96];

        snprintf(name, sizeof(name), "%zu.%s", number, kind);
        return cli_file_write(s->root, cli_journal_path(j, name, path), text, len, 0600, reterr);
}

static void put_entry(const struct cli_setup *s, const struct cli_change *change, struct cli_buf *out)
{
        char line[800];
        char dir[640];

        cli_file_dir(change->path, dir);
        snprintf(line, sizeof(line), "file %s %s %04o %s\n", change->old ? "changed" : "new",
                 cli_tree_is_there(s->root, dir) ? "dir" : "new-dir", (unsigned)change->mode, change->path);
        cli_buf_str(out, line);
}

static void put_head(int64_t deadline_boot_ms, struct cli_buf *out)
{
        int64_t left = (deadline_boot_ms - pjwt_boot_ms()) / 1000;
        char line[200];
        char boot[64];

        cli_journal_boot(boot);
        snprintf(line, sizeof(line),
                 CLI_JOURNAL_FORMAT "\nboot %s\ndeadline %" PRId64 "\nuntil %" PRId64 "\n", boot,
                 deadline_boot_ms, (int64_t)time(NULL) + left);
        cli_buf_str(out, line);
}

/* Old and new files first, all of it on the disk, then the journal that makes them count. */
static enum pjwt_reason record(const struct cli_setup *s, int64_t deadline_boot_ms, struct cli_buf *journal,
                               struct pjwt_error *reterr)
{
        struct cli_journal j;
        char path[96];
        enum pjwt_reason r = PJWT_OK;

        snprintf(j.dir, sizeof(j.dir), CLI_SETUP_DIR "/%u", cli_journal_latest(s->root, false) + 1);
        if (!cli_tree_make_dir(s->root, j.dir, 0700))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: %s", s->root, j.dir, strerror(errno));
        put_head(deadline_boot_ms, journal);
        for (size_t i = 0; r == PJWT_OK && i < s->change_count; i++) {
                const struct cli_change *change = &s->changes[i];

                r = save(s, &j, i, "text", change->text, strlen(change->text), reterr);
                if (r == PJWT_OK && change->old)
                        r = save(s, &j, i, "old", change->old, change->old_len, reterr);
                put_entry(s, change, journal);
        }
        cli_buf_str(journal, "end\n");
        if (r == PJWT_OK && journal->failed)
                r = pjwt_fail_memory(reterr);
        if (r == PJWT_OK)
                r = cli_file_write(s->root, cli_journal_path(&j, "journal", path), journal->bytes,
                                   journal->len, 0600, reterr);
        return r;
}

enum pjwt_reason cli_setup_record(const struct cli_setup *s, int64_t deadline_boot_ms,
                                  struct pjwt_error *reterr)
{
        struct cli_buf journal = {0};
        bool expired;
        int fd;
        enum pjwt_reason r = cli_setup_lock(s->root, true, &fd, reterr);

        /* Another setup may have begun after this one looked. */
        if (r == PJWT_OK && cli_setup_state(s->root, &expired) == CLI_SETUP_UNCONFIRMED)
                r = pjwt_fail(reterr, PJWT_FILE_WRITE,
                              "another setup has not been confirmed; nothing was changed");
        if (r == PJWT_OK)
                r = record(s, deadline_boot_ms, &journal, reterr);
        cli_buf_clear(&journal);
        cli_setup_unlock(fd);
        return r;
}

/* --- the changes --- */

/* If a file was edited since it was read, the edit is not overwritten. */
static bool is_still_old(const struct cli_setup *s, const struct cli_change *change)
{
        size_t len = 0;
        char *text = cli_tree_text(s->root, change->path, &len);
        bool same = change->old ? text && len == change->old_len && memcmp(text, change->old, len) == 0
                                : !text && !cli_tree_is_there(s->root, change->path);

        free(text);
        return same;
}

enum pjwt_reason cli_setup_apply(const struct cli_setup *s, struct pjwt_error *reterr)
{
        bool expired;
        int fd;
        enum pjwt_reason r = cli_setup_lock(s->root, false, &fd, reterr);

        /*
         * Between the two locks it may have been undone: then there is nothing that could undo what is
         * written now.
         */
        if (r == PJWT_OK && cli_setup_state(s->root, &expired) != CLI_SETUP_UNCONFIRMED)
                r = pjwt_fail(reterr, PJWT_FILE_WRITE, "the setup was undone or confirmed meanwhile");
        for (size_t i = 0; r == PJWT_OK && i < s->change_count; i++) {
                const struct cli_change *change = &s->changes[i];

                if (!is_still_old(s, change))
                        r = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: changed while setup was running",
                                      s->root, change->path);
                else
                        r = cli_file_write(s->root, change->path, change->text, strlen(change->text),
                                           change->mode, reterr);
        }
        cli_setup_unlock(fd);
        return r;
}
