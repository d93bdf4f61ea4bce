/* The journal of a set-up, read: doctor and setup ask for it. Writing it is setup's. */
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "safefile.h"
#include "tree.h"

void cli_journal_boot(char out[64])
{
        FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

        if (!f || fscanf(f, "%63s", out) != 1)
                snprintf(out, 64, "unknown");
        if (f)
                fclose(f);
}

unsigned cli_journal_latest(const char *root, bool with_journal)
{
        char path[96];
        struct dirent *entry;
        unsigned highest = 0;
        int fd = cli_tree_open(root, CLI_SETUP_DIR, O_RDONLY | O_DIRECTORY);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

        while (dir && (entry = readdir(dir))) {
                int64_t n = 0;

                snprintf(path, sizeof(path), CLI_SETUP_DIR "/%.32s/journal", entry->d_name);
                if (cli_number(entry->d_name, &n) && n > (int64_t)highest && n < 1000000 &&
                    (!with_journal || cli_tree_is_there(root, path)))
                        highest = (unsigned)n;
        }
        if (dir)
                closedir(dir);
        return highest;
}

/* "file changed|new dir|new-dir MODE PATH" */
static bool read_entry(char *line, struct cli_journal *j)
{
        struct cli_journal_entry *e = &j->entries[j->count];
        const char *word = strsep(&line, " ");
        const char *kind = strsep(&line, " ");
        const char *dir = strsep(&line, " ");
        const char *mode = strsep(&line, " ");

        if (j->count == CLI_CHANGES_MAX || strcmp(word, "file") != 0 || !mode || !line || *line != '/' ||
            strlen(line) >= sizeof(e->path))
                return false;
        e->changed = strcmp(kind, "changed") == 0;
        e->dir = strcmp(dir, "new-dir") == 0;
        e->mode = (unsigned)strtoul(mode, NULL, 8) & 07777;
        snprintf(e->path, sizeof(e->path), "%s", line);
        j->count++;
        return true;
}

static bool read_lines(char *text, struct cli_journal *j)
{
        char *line = strsep(&text, "\n");
        bool ended = false;

        if (!line || strcmp(line, CLI_JOURNAL_FORMAT) != 0)
                return false;
        while ((line = strsep(&text, "\n")) && *line && !ended) {
                if (strncmp(line, "boot ", 5) == 0)
                        snprintf(j->boot, sizeof(j->boot), "%s", line + 5);
                else if ((strncmp(line, "deadline ", 9) == 0 && cli_number(line + 9, &j->deadline)) ||
                         (strncmp(line, "until ", 6) == 0 && cli_number(line + 6, &j->until)))
                        continue;
                else if (strcmp(line, "end") == 0)
                        ended = true;
                else if (!read_entry(line, j))
                        return false;
        }
        return ended;
}

bool cli_journal_read(const char *root, struct cli_journal *ret, struct pjwt_error *reterr)
{
        unsigned number = cli_journal_latest(root, true);
        char in[CLI_TREE_FD_PATH];
        char path[96];
        char *text = NULL;
        size_t len = 0;
        int fd;

        *ret = (struct cli_journal){0};
        if (number == 0)
                return false;
        snprintf(ret->dir, sizeof(ret->dir), CLI_SETUP_DIR "/%u", number);
        fd = cli_tree_dir(root, ret->dir, in);
        snprintf(path, sizeof(path), "%s/journal", in);
        (void)pjwt_file_read(path, 0, 65536, &text, &len, NULL, reterr);
        if (fd >= 0)
                close(fd);
        if (text && !read_lines(text, ret))
                pjwt_fail(reterr, PJWT_FILE_KIND, "%s%s/journal: not a journal of this version", root,
                          ret->dir);
        free(text);
        return !reterr->reason;
}

const char *cli_journal_path(const struct cli_journal *j, const char *name, char ret[96])
{
        snprintf(ret, 96, "%s/%.24s", j->dir, name);
        return ret;
}

static bool is_expired(const struct cli_journal *j)
{
        int64_t now = (int64_t)time(NULL);
        char boot[64];

        cli_journal_boot(boot);
        if (strcmp(boot, j->boot) == 0)
                return pjwt_boot_ms() >= j->deadline;
        return now >= j->until || now < j->until - CLI_WITHIN_MAX;
}

enum cli_setup_state cli_setup_state(const char *root, bool *retexpired)
{
        struct pjwt_error err = {0};
        struct cli_journal j;
        char path[96];

        *retexpired = false;
        if (!cli_journal_read(root, &j, &err))
                return err.reason ? CLI_SETUP_UNCONFIRMED : CLI_SETUP_NONE;
        *retexpired = is_expired(&j);
        return cli_tree_is_there(root, cli_journal_path(&j, CLI_JOURNAL_CONFIRMED, path))
                       ? CLI_SETUP_CONFIRMED
                       : CLI_SETUP_UNCONFIRMED;
}
