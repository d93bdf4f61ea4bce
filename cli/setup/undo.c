/*
 * A set-up is confirmed, or undone. Undo decides before it writes, and writes only what differs from before:
 * so it can be repeated, and goes on after a kill at any moment.
 */
#include "undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "files.h"
#include "listener.h"
#include "out.h"
#include "setup.h"
#include "tree.h"

/* An empty file of the set-up. */
static enum pjwt_reason mark(const char *root, const struct cli_journal *j, const char *name,
                             struct pjwt_error *reterr)
{
        char path[96];

        return cli_file_write(root, cli_journal_path(j, name, path), "", 0, 0600, reterr);
}

/* --- confirm --- */

static bool is_as_written(const char *root, const struct cli_journal *j, size_t i)
{
        const struct cli_journal_entry *e = &j->entries[i];
        char *text = cli_undo_saved(root, j, i, "text");
        size_t len = 0;
        char *now = cli_tree_text(root, e->path, &len);
        bool same = text && now && strlen(text) == len && memcmp(text, now, len) == 0;

        free(text);
        free(now);
        return same;
}

static enum pjwt_reason confirm(const char *root, const struct cli_journal *j, struct pjwt_error *reterr)
{
        char path[96];

        if (cli_tree_is_there(root, cli_journal_path(j, CLI_JOURNAL_UNDOING, path)))
                return pjwt_fail(
                        reterr, PJWT_FILE_OPEN,
                        "the setup has been rolled back in part, so it cannot be confirmed: run pamjwt setup "
                        "--undo");
        for (size_t i = 0; i < j->count; i++)
                if (!is_as_written(root, j, i))
                        return pjwt_fail(
                                reterr, PJWT_FILE_OPEN,
                                "%s%s: not what setup wrote, so nothing is confirmed: restore it from "
                                "%s%s/%zu.text, or run pamjwt setup --undo",
                                root, j->entries[i].path, root, j->dir, i);
        return mark(root, j, CLI_JOURNAL_CONFIRMED, reterr);
}

/* Runs a step on the latest set-up, with the lock. nothing: the error if there is none. */
static enum pjwt_reason on_latest(const char *root,
                                  enum pjwt_reason (*step)(const char *, const struct cli_journal *,
                                                           struct pjwt_error *),
                                  const char *nothing, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        struct cli_journal j;
        int fd;
        enum pjwt_reason r = cli_setup_lock(root, false, &fd, reterr);

        if (r == PJWT_OK && cli_journal_read(root, &j, &err))
                r = step(root, &j, reterr);
        else if (r == PJWT_OK)
                r = pjwt_fail(reterr, err.reason ? err.reason : PJWT_FILE_OPEN, "%s",
                              err.reason ? err.detail : nothing);
        cli_setup_unlock(fd);
        return r;
}

enum pjwt_reason cli_setup_confirm(const char *root, struct pjwt_error *reterr)
{
        return on_latest(root, confirm, "there is no set-up to confirm", reterr);
}

/* --- undo --- */

/* What a kill between two steps of a replacement leaves. */
static void remove_temporary(const char *root, const char *path)
{
        char dir[640];
        char temporary[900];

        cli_file_dir(path, dir);
        snprintf(temporary, sizeof(temporary), "%s/.%s.new", dir, strrchr(path, '/') + 1);
        (void)cli_tree_remove(root, temporary, 0);
}

static enum pjwt_reason remove_file(const char *root, const struct cli_journal_entry *e,
                                    struct pjwt_error *reterr)
{
        char dir[640];

        if (!cli_tree_remove(root, e->path, 0))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: %s", root, e->path, strerror(errno));
        cli_file_dir(e->path, dir);
        if (e->dir)
                (void)cli_tree_remove(root, dir, AT_REMOVEDIR);
        return PJWT_OK;
}

static enum pjwt_reason set_aside(const char *root, const struct cli_journal_entry *e,
                                  const struct cli_fate *fate, struct pjwt_error *reterr)
{
        char path[640];

        snprintf(path, sizeof(path), "%s.undone", e->path);
        if (cli_file_write(root, path, fate->text.bytes, fate->text.len, (mode_t)e->mode, reterr) != PJWT_OK)
                return reterr->reason;
        cli_complain("setup", "%s%s was edited since the set-up; it is now %s%s, which is not read", root,
                     e->path, root, path);
        return remove_file(root, e, reterr);
}

static enum pjwt_reason carry_out(const char *root, const struct cli_journal_entry *e,
                                  const struct cli_fate *fate, struct pjwt_error *reterr)
{
        remove_temporary(root, e->path);
        switch (fate->kind) {
        case CLI_FATE_DONE:
                return PJWT_OK;
        case CLI_FATE_REMOVE:
                return remove_file(root, e, reterr);
        case CLI_FATE_WRITE:
                return cli_file_write(root, e->path, fate->text.bytes, fate->text.len, (mode_t)e->mode,
                                      reterr);
        case CLI_FATE_ASIDE:
                return set_aside(root, e, fate, reterr);
        case CLI_FATE_BLOCKED:
                break;
        }
        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: %s", root, e->path, fate->why);
}

/* The journal is removed first: the rest is then ignored by any later undo. */
static void remove_journal(const char *root, const struct cli_journal *j)
{
        static const char *const names[] = {"journal", CLI_JOURNAL_CONFIRMED, CLI_JOURNAL_UNDOING};
        static const char *const kinds[] = {"old", "text"};
        char name[32];
        char path[96];

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                (void)cli_tree_remove(root, cli_journal_path(j, names[i], path), 0);
        for (size_t i = 0; i < j->count * 2; i++) {
                snprintf(name, sizeof(name), "%zu.%s", i / 2, kinds[i % 2]);
                (void)cli_tree_remove(root, cli_journal_path(j, name, path), 0);
        }
        (void)cli_tree_remove(root, j->dir, AT_REMOVEDIR);
        if (cli_tree_remove(root, CLI_SETUP_DIR, AT_REMOVEDIR))
                (void)cli_tree_remove(root, "/var/lib/pam_jwt", AT_REMOVEDIR);
}

/* One pass over the files in the opposite order: those of sshd, or the others. */
static enum pjwt_reason write_files(const char *root, const struct cli_journal *j,
                                    const struct cli_fate *fates, bool sshd, struct pjwt_error *reterr)
{
        for (size_t i = j->count; i-- > 0;)
                if (cli_undo_is_of_sshd(&j->entries[i]) == sshd &&
                    carry_out(root, &j->entries[i], &fates[i], reterr) != PJWT_OK)
                        return reterr->reason;
        return PJWT_OK;
}

/*
 * sshd is asked before the stacks change: with the method still on that asked for tokens, the old stack
 * would take passwords that PasswordAuthentication no keeps out.
 */
static enum pjwt_reason write_all(const char *root, const struct cli_journal *j, const struct cli_fate *fates,
                                  struct pjwt_error *reterr)
{
        bool of_sshd = false;
        struct cli_listener_watch watch;

        for (size_t i = 0; i < j->count; i++)
                of_sshd = of_sshd || cli_undo_is_of_sshd(&j->entries[i]);
        of_sshd = of_sshd && !*root;
        if (of_sshd && cli_listener_ready(&watch, reterr) != PJWT_OK)
                return reterr->reason;
        if (mark(root, j, CLI_JOURNAL_UNDOING, reterr) != PJWT_OK ||
            write_files(root, j, fates, true, reterr) != PJWT_OK ||
            (of_sshd && cli_listener_settle(&watch, reterr) != PJWT_OK) ||
            write_files(root, j, fates, false, reterr) != PJWT_OK)
                return reterr->reason;
        remove_journal(root, j);
        return PJWT_OK;
}

static bool all_free(const char *root, const struct cli_journal *j, const struct cli_fate *fates)
{
        bool free_to_go = true;

        for (size_t i = 0; i < j->count; i++) {
                if (fates[i].kind != CLI_FATE_BLOCKED)
                        continue;
                free_to_go = false;
                cli_complain("setup", "%s%s: %s; what it was is in %s%s/%zu.old", root, j->entries[i].path,
                             fates[i].why, root, j->dir, i);
                if (!*root)
                        syslog(LOG_AUTHPRIV | LOG_ERR, "setup --undo: %s: %s", j->entries[i].path,
                               fates[i].why);
        }
        return free_to_go;
}

static enum pjwt_reason undo(const char *root, const struct cli_journal *j, struct pjwt_error *reterr)
{
        struct cli_fate fates[CLI_CHANGES_MAX];
        enum pjwt_reason r;

        for (size_t i = 0; i < j->count; i++)
                cli_undo_decide(root, j, i, &fates[i]);
        r = all_free(root, j, fates)
                    ? write_all(root, j, fates, reterr)
                    : pjwt_fail(reterr, PJWT_FILE_WRITE,
                                "nothing has been undone, because of the files named above; put the lines "
                                "of the set-up back in them, or what they were, and try again");
        for (size_t i = 0; i < j->count; i++)
                cli_buf_clear(&fates[i].text);
        return r;
}

enum pjwt_reason cli_setup_undo(const char *root, struct pjwt_error *reterr)
{
        return on_latest(root, undo, "there is no set-up to undo", reterr);
}
