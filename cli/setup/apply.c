/*
 * Changes that can be taken back. A set-up is a folder CLI_SETUP_DIR/NUMBER: the old files (N.old), the new
 * ones (N.text) and `journal`, which is written last and synced before the first file is touched. Files are
 * replaced by rename, so a login meets the old stack or the new one, whole. Undo compares before it writes,
 * so it can be done twice, and after a kill at any moment.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "input.h"
#include "out.h"
#include "safefile.h"
#include "setup.h"

#define FORMAT "pamjwt-setup 1"

/* One line of a journal. */
struct entry {
        bool changed; /* else it is new */
        bool folder;  /* its folder is new, too */
        unsigned mode;
        char path[512];
};

struct journal {
        char folder[640];
        char boot[64];
        int64_t deadline;
        struct entry entries[CLI_CHANGES_MAX];
        size_t count;
};

/* --- names --- */

/* Which boot of the host this is: CLOCK_BOOTTIME of another one says nothing. */
static void boot_id(char out[64])
{
        FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

        if (!f || fscanf(f, "%63s", out) != 1)
                snprintf(out, 64, "unknown");
        if (f)
                fclose(f);
}

/*
 * The highest number below CLI_SETUP_DIR; 0 when there is none. with_journal: only of those that were begun.
 */
static unsigned latest(const char *root, bool with_journal)
{
        char path[640];
        struct dirent *entry;
        unsigned highest = 0;
        DIR *dir;

        snprintf(path, sizeof(path), "%s" CLI_SETUP_DIR, root);
        dir = opendir(path);
        while (dir && (entry = readdir(dir))) {
                int64_t n = 0;

                snprintf(path, sizeof(path), "%s" CLI_SETUP_DIR "/%.32s/journal", root, entry->d_name);
                if (cli_number(entry->d_name, &n) && n > (int64_t)highest && n < 1000000 &&
                    (!with_journal || access(path, F_OK) == 0))
                        highest = (unsigned)n;
        }
        if (dir)
                closedir(dir);
        return highest;
}

static void split(const char *path, char folder[640], const char **retname)
{
        const char *slash = strrchr(path, '/');

        snprintf(folder, 640, "%.*s", (int)(slash - path), path);
        *retname = slash + 1;
}

/* One after the other: people, terminals and the timer. Nothing is done without it. Released by close(). */
static enum pjwt_reason lock(const char *root, int *retfd, struct pjwt_error *reterr)
{
        char path[640];
        int r = -1;

        snprintf(path, sizeof(path), "%s/etc", root);
        *retfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        while (*retfd >= 0 && (r = flock(*retfd, LOCK_EX)) != 0 && errno == EINTR)
                ;
        return r == 0 ? PJWT_OK : pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
}

static void unlock(int fd)
{
        if (fd >= 0)
                close(fd);
}

/* --- journal --- */

/* "file changed|new folder|new-folder MODE PATH" */
static bool read_entry(char *line, struct journal *j)
{
        struct entry *e = &j->entries[j->count];
        const char *word = strsep(&line, " ");
        const char *kind = strsep(&line, " ");
        const char *folder = strsep(&line, " ");
        const char *mode = strsep(&line, " ");

        if (j->count == CLI_CHANGES_MAX || strcmp(word, "file") != 0 || !mode || !line || *line != '/' ||
            strlen(line) >= sizeof(e->path))
                return false;
        e->changed = strcmp(kind, "changed") == 0;
        e->folder = strcmp(folder, "new-folder") == 0;
        e->mode = (unsigned)strtoul(mode, NULL, 8) & 07777;
        snprintf(e->path, sizeof(e->path), "%s", line);
        j->count++;
        return true;
}

static bool read_lines(char *text, struct journal *j)
{
        char *line = strsep(&text, "\n");
        bool ended = false;

        if (!line || strcmp(line, FORMAT) != 0)
                return false;
        while ((line = strsep(&text, "\n")) && *line && !ended) {
                if (strncmp(line, "boot ", 5) == 0)
                        snprintf(j->boot, sizeof(j->boot), "%s", line + 5);
                else if (strncmp(line, "deadline ", 9) == 0 && cli_number(line + 9, &j->deadline))
                        continue;
                else if (strcmp(line, "end") == 0)
                        ended = true;
                else if (!read_entry(line, j))
                        return false;
        }
        return ended;
}

/* False when there is none; a damaged one is an error. */
static bool read_journal(const char *root, struct journal *ret, struct pjwt_error *reterr)
{
        unsigned number = latest(root, true);
        char path[700];
        char *text = NULL;
        size_t len = 0;

        *ret = (struct journal){0};
        if (number == 0)
                return false;
        snprintf(ret->folder, sizeof(ret->folder), "%s" CLI_SETUP_DIR "/%u", root, number);
        snprintf(path, sizeof(path), "%s/journal", ret->folder);
        if (pjwt_file_read(path, 0, 65536, &text, &len, NULL, reterr) != PJWT_OK)
                return false;
        if (!read_lines(text, ret))
                pjwt_fail(reterr, PJWT_FILE_KIND, "%s: not a journal of this version", path);
        free(text);
        return !reterr->reason;
}

enum cli_setup_state cli_setup_state(const char *root, bool *retexpired)
{
        struct pjwt_error err = {0};
        struct journal j;
        char path[700];
        char boot[64];

        *retexpired = false;
        if (!read_journal(root, &j, &err))
                return err.reason ? CLI_SETUP_UNCONFIRMED : CLI_SETUP_NONE;
        boot_id(boot);
        *retexpired = strcmp(boot, j.boot) != 0 || pjwt_boot_ms() >= j.deadline;
        snprintf(path, sizeof(path), "%s/confirmed", j.folder);
        return access(path, F_OK) == 0 ? CLI_SETUP_CONFIRMED : CLI_SETUP_UNCONFIRMED;
}

static bool make_folder(const char *path, mode_t mode)
{
        return mkdir(path, mode) == 0 || errno == EEXIST;
}

static enum pjwt_reason make_journal_folder(const char *root, char folder[640], struct pjwt_error *reterr)
{
        static const char *const parts[] = {"/var", "/var/lib", "/var/lib/pam_jwt", CLI_SETUP_DIR};

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                snprintf(folder, 640, "%s%s", root, parts[i]);
                if (!make_folder(folder, i == 3 ? 0700 : 0755))
                        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", folder, strerror(errno));
        }
        snprintf(folder, 640, "%s" CLI_SETUP_DIR "/%u", root, latest(root, false) + 1);
        return mkdir(folder, 0700) == 0
                       ? PJWT_OK
                       : pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", folder, strerror(errno));
}

static enum pjwt_reason save(const char *folder, size_t number, const char *kind, const char *text,
                             size_t len, struct pjwt_error *reterr)
{
        char name[32];

        snprintf(name, sizeof(name), "%zu.%s", number, kind);
        return pjwt_file_replace(folder, name, text, len, 0600, reterr);
}

static bool folder_is_new(const struct cli_setup *s, const struct cli_change *change)
{
        char folder[640];
        char path[600];
        const char *name;

        split(cli_setup_path(s, change->path, path), folder, &name);
        return access(folder, F_OK) != 0;
}

static void put_entry(const struct cli_setup *s, const struct cli_change *change, struct cli_buf *out)
{
        char line[800];

        snprintf(line, sizeof(line), "file %s %s %04o %s\n", change->old ? "changed" : "new",
                 folder_is_new(s, change) ? "new-folder" : "folder", (unsigned)change->mode, change->path);
        cli_buf_str(out, line);
}

static void sync_folder(const char *folder)
{
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0) {
                (void)syncfs(fd);
                close(fd);
        }
}

enum pjwt_reason cli_setup_record(const struct cli_setup *s, int64_t deadline_boot_ms,
                                  struct pjwt_error *reterr)
{
        struct cli_buf journal = {0};
        char folder[640];
        char line[160];
        char boot[64];
        int fd;
        enum pjwt_reason r = lock(s->root, &fd, reterr);

        if (r == PJWT_OK)
                r = make_journal_folder(s->root, folder, reterr);
        boot_id(boot);
        snprintf(line, sizeof(line), FORMAT "\nboot %s\ndeadline %" PRId64 "\n", boot, deadline_boot_ms);
        cli_buf_str(&journal, line);
        for (size_t i = 0; r == PJWT_OK && i < s->change_count; i++) {
                const struct cli_change *change = &s->changes[i];

                r = save(folder, i, "text", change->text, strlen(change->text), reterr);
                if (r == PJWT_OK && change->old)
                        r = save(folder, i, "old", change->old, change->old_len, reterr);
                put_entry(s, change, &journal);
        }
        cli_buf_str(&journal, "end\n");
        if (r == PJWT_OK && journal.failed)
                r = pjwt_fail_memory(reterr);
        if (r == PJWT_OK) {
                sync_folder(folder);
                r = pjwt_file_replace(folder, "journal", journal.bytes, journal.len, 0600, reterr);
                sync_folder(folder);
        }
        cli_buf_clear(&journal);
        unlock(fd);
        return r;
}

/* --- apply --- */

static enum pjwt_reason write_file(const char *path, const char *text, size_t len, mode_t mode,
                                   struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        char folder[640];
        const char *name;

        split(path, folder, &name);
        if (!make_folder(folder, 0755))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", folder, strerror(errno));
        if (pjwt_file_replace(folder, name, text, len, mode, &err) != PJWT_OK)
                return pjwt_fail(reterr, err.reason, "%s: %s", path, err.detail);
        sync_folder(folder);
        return PJWT_OK;
}

/* The file's text; NULL when it is not there (errno ENOENT) or cannot be read. For free(). */
static char *read_text(const char *path, size_t *retlen)
{
        struct pjwt_error err = {0};
        char *text = NULL;

        return pjwt_file_read(path, PJWT_FILE_ANY_OWNER, CLI_INPUT_MAX, &text, retlen, NULL, &err) == PJWT_OK
                       ? text
                       : NULL;
}

/* Between the look and now somebody may have edited it; his work is not overwritten. */
static bool is_still_old(const char *path, const struct cli_change *change)
{
        size_t len = 0;
        char *text = read_text(path, &len);
        bool same = change->old ? text && len == change->old_len && memcmp(text, change->old, len) == 0
                                : !text && access(path, F_OK) != 0;

        free(text);
        return same;
}

enum pjwt_reason cli_setup_apply(const struct cli_setup *s, struct pjwt_error *reterr)
{
        char path[600];
        int fd;
        enum pjwt_reason r = lock(s->root, &fd, reterr);

        for (size_t i = 0; r == PJWT_OK && i < s->change_count; i++) {
                const struct cli_change *change = &s->changes[i];

                if (!is_still_old(cli_setup_path(s, change->path, path), change))
                        r = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: changed meanwhile", path);
                else
                        r = write_file(path, change->text, strlen(change->text), change->mode, reterr);
        }
        unlock(fd);
        return r;
}

/* --- confirm and undo --- */

enum pjwt_reason cli_setup_confirm(const char *root, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        struct journal j;
        int fd;
        enum pjwt_reason r = lock(root, &fd, reterr);

        if (r != PJWT_OK)
                ;
        else if (!read_journal(root, &j, &err))
                r = pjwt_fail(reterr, err.reason ? err.reason : PJWT_FILE_OPEN, "%s",
                              err.reason ? err.detail : "there is no set-up to confirm");
        else
                r = pjwt_file_replace(j.folder, "confirmed", "", 0, 0600, reterr);
        unlock(fd);
        return r;
}

static char *saved(const struct journal *j, size_t number, const char *kind, size_t *retlen)
{
        char path[700];

        snprintf(path, sizeof(path), "%s/%zu.%s", j->folder, number, kind);
        return read_text(path, retlen);
}

/* What a kill between two steps of a replacement leaves. */
static void remove_temporary(const char *path)
{
        char folder[640];
        char temporary[900];
        const char *name;

        split(path, folder, &name);
        snprintf(temporary, sizeof(temporary), "%s/.%s.new", folder, name);
        (void)unlink(temporary);
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
        return a && b && a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool remove_new(const char *path, const struct entry *e)
{
        char folder[640];
        const char *name;

        split(path, folder, &name);
        if (unlink(path) != 0 && errno != ENOENT)
                return false;
        if (e->folder)
                (void)rmdir(folder);
        return true;
}

/* True when the file is again what it was. */
static bool undo_one(const char *root, const struct journal *j, size_t i, struct pjwt_error *reterr)
{
        const struct entry *e = &j->entries[i];
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
        now = read_text(path, &now_len);
        if (e->changed && same(now, now_len, old, old_len))
                good = true;
        else if (!e->changed && (same(now, now_len, text, text_len) || (!now && access(path, F_OK) != 0)))
                good = remove_new(path, e);
        else if (e->changed && same(now, now_len, text, text_len))
                good = write_file(path, old, old_len, (mode_t)e->mode, reterr) == PJWT_OK;
        else
                (void)pjwt_fail(
                        reterr, PJWT_FILE_WRITE,
                        "%s: changed since the set-up, so it is left alone; the old one is %s/%zu.old", path,
                        j->folder, i);
        free(now);
        free(old);
        free(text);
        return good;
}

/* The journal goes first: what is left then is rubbish that no undo looks at. */
static void remove_journal(const char *root, const struct journal *j)
{
        static const char *const kinds[] = {"old", "text"};
        char path[700];

        snprintf(path, sizeof(path), "%s/journal", j->folder);
        (void)unlink(path);
        snprintf(path, sizeof(path), "%s/confirmed", j->folder);
        (void)unlink(path);
        for (size_t i = 0; i < j->count; i++)
                for (size_t k = 0; k < 2; k++) {
                        snprintf(path, sizeof(path), "%s/%zu.%s", j->folder, i, kinds[k]);
                        (void)unlink(path);
                }
        (void)rmdir(j->folder);
        snprintf(path, sizeof(path), "%s" CLI_SETUP_DIR, root);
        if (rmdir(path) == 0) {
                snprintf(path, sizeof(path), "%s/var/lib/pam_jwt", root);
                (void)rmdir(path);
        }
}

static bool is_of_sshd(const struct entry *e)
{
        return strncmp(e->path, "/etc/ssh/", 9) == 0;
}

/*
 * In the opposite order, and sshd is told before the stacks change: with the method still on that asked for
 * tokens, the old stack would take passwords that PasswordAuthentication no keeps out.
 */
static enum pjwt_reason undo(const char *root, const struct journal *j, struct pjwt_error *reterr)
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
                fputs("pamjwt: setup: ", stderr);
                cli_put_str(stderr, err.detail);
                fputc('\n', stderr);
        }
        if (!all)
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "some files are not what they were; see above");
        remove_journal(root, j);
        return PJWT_OK;
}

enum pjwt_reason cli_setup_undo(const char *root, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        struct journal j;
        int fd;
        enum pjwt_reason r = lock(root, &fd, reterr);

        if (r != PJWT_OK)
                ;
        else if (read_journal(root, &j, &err))
                r = undo(root, &j, reterr);
        else
                r = pjwt_fail(reterr, err.reason ? err.reason : PJWT_FILE_OPEN, "%s",
                              err.reason ? err.detail : "there is no set-up to take back");
        unlock(fd);
        return r;
}
