/*
 * Confirms or rolls back a set-up. Undo compares before it writes, so it can be repeated, also after being
 * killed at any moment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "out.h"
#include "safefile.h"
#include "setup.h"

enum pjwt_reason cli_setup_confirm(const char *root, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        struct cli_journal j;
        int fd;
        enum pjwt_reason r = cli_setup_lock(root, &fd, reterr);

        if (r != PJWT_OK)
                ;
        else if (!cli_journal_read(root, &j, &err))
                r = pjwt_fail(reterr, err.reason ? err.reason : PJWT_FILE_OPEN, "%s",
                              err.reason ? err.detail : "there is no set-up to confirm");
        else
                r = pjwt_file_replace(j.dir, "confirmed", "", 0, 0600, reterr);
        cli_setup_unlock(fd);
        return r;
}

static char *saved(const struct cli_journal *j, size_t number, const char *kind, size_t *retlen)
{
        char path[700];

        snprintf(path, sizeof(path), "%s/%zu.%s", j->dir, number, kind);
        return cli_file_text(path, retlen);
}

/* What is left if a replacement was killed halfway. */
static void remove_temporary(const char *path)
{
        char dir[640];
        char temporary[900];
        const char *name;

        cli_file_split(path, dir, &name);
        snprintf(temporary, sizeof(temporary), "%s/.%s.new", dir, name);
        (void)unlink(temporary);
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
        return a && b && a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool remove_new(const char *path, const struct cli_journal_entry *e)
{
        char dir[640];
        const char *name;

        cli_file_split(path, dir, &name);
        if (unlink(path) != 0 && errno != ENOENT)
                return false;
        if (e->new_dir)
                (void)rmdir(dir);
        return true;
}

/* True if the file has its old contents again. */
static bool undo_one(const char *root, const struct cli_journal *j, size_t i, struct pjwt_error *reterr)
{
        const struct cli_journal_entry *e = &j->entries[i];
        char path[640];
        size_t now_len = 0;
        size_t old_len = 0;
        size_t text_len = 0;
        char *now;
        char *old = saved(j, i, "old", &old_len);
        char *text = saved(j, i, "text", &text_len);
        bool good = false;

        snprintf(path, sizeof(path), "%s%s", root, e->path);
        remove_temporary(path);
        now = cli_file_text(path, &now_len);
        if (e->changed && same(now, now_len, old, old_len))
                good = true;
        else if (!e->changed && (same(now, now_len, text, text_len) || (!now && access(path, F_OK) != 0)))
                good = remove_new(path, e);
        else if (e->changed && same(now, now_len, text, text_len))
                good = cli_file_write(path, old, old_len, (mode_t)e->mode, reterr) == PJWT_OK;
        else
                (void)pjwt_fail(
                        reterr, PJWT_FILE_WRITE,
                        "%s: changed since the set-up, so it is left as it is; the old file is %s/%zu.old",
                        path, j->dir, i);
        free(now);
        free(old);
        free(text);
        return good;
}

/* The journal is removed first: the rest is then ignored by any later undo. */
static void remove_journal(const char *root, const struct cli_journal *j)
{
        static const char *const kinds[] = {"old", "text"};
        char path[700];

        snprintf(path, sizeof(path), "%s/journal", j->dir);
        (void)unlink(path);
        snprintf(path, sizeof(path), "%s/confirmed", j->dir);
        (void)unlink(path);
        for (size_t i = 0; i < j->count; i++)
                for (size_t k = 0; k < 2; k++) {
                        snprintf(path, sizeof(path), "%s/%zu.%s", j->dir, i, kinds[k]);
                        (void)unlink(path);
                }
        (void)rmdir(j->dir);
        snprintf(path, sizeof(path), "%s" CLI_SETUP_DIR, root);
        if (rmdir(path) == 0) {
                snprintf(path, sizeof(path), "%s/var/lib/pam_jwt", root);
                (void)rmdir(path);
        }
}

static bool is_of_sshd(const struct cli_journal_entry *e)
{
        return strncmp(e->path, "/etc/ssh/", 9) == 0;
}

/*
 * In the opposite order, and sshd is reloaded before the stacks change: while the method that asked for
 * tokens is enabled, the old stack would accept passwords that PasswordAuthentication no is meant to keep
 * out.
 */
static enum pjwt_reason undo(const char *root, const struct cli_journal *j, struct pjwt_error *reterr)
{
        bool all = true;

        for (size_t i = j->count; i-- > 0;) {
                struct pjwt_error err = {0};
                bool good = undo_one(root, j, i, &err);

                if (is_of_sshd(&j->entries[i]) && !*root)
                        (void)cli_setup_reload_sshd();
                if (good)
                        continue;
                all = false;
                cli_complain("setup", "%s", err.detail);
        }
        if (!all)
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "some files were not restored; see above");
        remove_journal(root, j);
        return PJWT_OK;
}

enum pjwt_reason cli_setup_undo(const char *root, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        struct cli_journal j;
        int fd;
        enum pjwt_reason r = cli_setup_lock(root, &fd, reterr);

        if (r != PJWT_OK)
                ;
        else if (cli_journal_read(root, &j, &err))
                r = undo(root, &j, reterr);
        else
                r = pjwt_fail(reterr, err.reason ? err.reason : PJWT_FILE_OPEN, "%s",
                              err.reason ? err.detail : "there is no set-up to undo");
        cli_setup_unlock(fd);
        return r;
}
