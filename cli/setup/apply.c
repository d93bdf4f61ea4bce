/*
 * Changes that can be rolled back: first the old and new files and the journal are written (journal.h), then
 * the changes are made. Files are replaced by rename, so a login sees either the old stack or the new one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "safefile.h"
#include "setup.h"

/* --- the journal and what it keeps --- */

static enum pjwt_reason make_journal_dir(const char *root, char dir[640], struct pjwt_error *reterr)
{
        static const char *const parts[] = {"/var", "/var/lib", "/var/lib/pam_jwt", CLI_SETUP_DIR};

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                snprintf(dir, 640, "%s%s", root, parts[i]);
                if (!cli_dir_make(dir, i == 3 ? 0700 : 0755))
                        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", dir, strerror(errno));
        }
        snprintf(dir, 640, "%s" CLI_SETUP_DIR "/%u", root, cli_journal_latest(root, false) + 1);
        return mkdir(dir, 0700) == 0 ? PJWT_OK
                                     : pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", dir, strerror(errno));
}

static enum pjwt_reason save(const char *dir, size_t number, const char *kind, const char *text, size_t len,
                             struct pjwt_error *reterr)
{
        char name[32];

        snprintf(name, sizeof(name), "%zu.%s", number, kind);
        return pjwt_file_replace(dir, name, text, len, 0600, reterr);
}

static bool dir_is_new(const struct cli_setup *s, const struct cli_change *change)
{
        char dir[640];
        char path[600];
        const char *name;

        cli_file_split(cli_setup_path(s, change->path, path), dir, &name);
        return access(dir, F_OK) != 0;
}

static void put_entry(const struct cli_setup *s, const struct cli_change *change, struct cli_buf *out)
{
        char line[800];

        snprintf(line, sizeof(line), "file %s %s %04o %s\n", change->old ? "changed" : "new",
                 dir_is_new(s, change) ? "new-folder" : "folder", (unsigned)change->mode, change->path);
        cli_buf_str(out, line);
}

enum pjwt_reason cli_setup_record(const struct cli_setup *s, int64_t deadline_boot_ms,
                                  struct pjwt_error *reterr)
{
        struct cli_buf journal = {0};
        char dir[640];
        char line[160];
        char boot[64];
        int fd;
        enum pjwt_reason r = cli_setup_lock(s->root, &fd, reterr);

        if (r == PJWT_OK)
                r = make_journal_dir(s->root, dir, reterr);
        cli_journal_boot(boot);
        snprintf(line, sizeof(line), CLI_JOURNAL_FORMAT "\nboot %s\ndeadline %" PRId64 "\n", boot,
                 deadline_boot_ms);
        cli_buf_str(&journal, line);
        for (size_t i = 0; r == PJWT_OK && i < s->change_count; i++) {
                const struct cli_change *change = &s->changes[i];

                r = save(dir, i, "text", change->text, strlen(change->text), reterr);
                if (r == PJWT_OK && change->old)
                        r = save(dir, i, "old", change->old, change->old_len, reterr);
                put_entry(s, change, &journal);
        }
        cli_buf_str(&journal, "end\n");
        if (r == PJWT_OK && journal.failed)
                r = pjwt_fail_memory(reterr);
        if (r == PJWT_OK) {
                cli_dir_sync(dir);
                r = pjwt_file_replace(dir, "journal", journal.bytes, journal.len, 0600, reterr);
                cli_dir_sync(dir);
        }
        cli_buf_clear(&journal);
        cli_setup_unlock(fd);
        return r;
}

/* --- the changes --- */

/* If a file was edited since it was read, the edit is not overwritten. */
static bool is_still_old(const char *path, const struct cli_change *change)
{
        size_t len = 0;
        char *text = cli_file_text(path, &len);
        bool same = change->old ? text && len == change->old_len && memcmp(text, change->old, len) == 0
                                : !text && access(path, F_OK) != 0;

        free(text);
        return same;
}

enum pjwt_reason cli_setup_apply(const struct cli_setup *s, struct pjwt_error *reterr)
{
        char path[600];
        int fd;
        enum pjwt_reason r = cli_setup_lock(s->root, &fd, reterr);

        for (size_t i = 0; r == PJWT_OK && i < s->change_count; i++) {
                const struct cli_change *change = &s->changes[i];

                if (!is_still_old(cli_setup_path(s, change->path, path), change))
                        r = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: changed while setup was running", path);
                else
                        r = cli_file_write(path, change->text, strlen(change->text), change->mode, reterr);
        }
        cli_setup_unlock(fd);
        return r;
}
