/* Checks the plan in a scratch copy of what it changes, and shows it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "run.h"
#include "scratch.h"
#include "setup.h"
#include "tree.h"

/*
 * The directory of files beside it. A name of its own: two string literals in a list of names look like a
 * lost comma.
 */
#define CONF_DIR PJWT_CONF_FILE ".d"

/* --- the scratch copy --- */

static bool run_quietly(const char *program, const char *a, const char *b, const char *c, struct cli_buf *out)
{
        const char *const argv[] = {program, a, b, c, NULL};

        return cli_run(argv, cli_plain_env, out) == 0;
}

/* Creates a missing directory and its parents. */
static bool make_dirs(const char *path)
{
        char part[700];

        for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
                snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
                if (mkdir(part, 0755) != 0 && errno != EEXIST)
                        return false;
        }
        return true;
}

/* owner: of the file that this is a copy of; NULL: this process. */
static bool write_scratch(const char *scratch, const char *name, const char *text, size_t len, mode_t mode,
                          const struct stat *owner)
{
        char path[700];
        FILE *f;
        bool good;

        snprintf(path, sizeof(path), "%s%s", scratch, name);
        if (!make_dirs(path))
                return false;
        (void)unlink(path);
        f = fopen(path, "we");
        if (!f)
                return false;
        good = fwrite(text, 1, len, f) == len && fchmod(fileno(f), mode) == 0;
        if (good && owner && geteuid() == 0)
                good = fchown(fileno(f), owner->st_uid, owner->st_gid) == 0;
        return fclose(f) == 0 && good;
}

/*
 * A file of the host with its owner and mode. What is not a regular file is not copied, so doctor will not
 * find it.
 */
static bool copy_file(const struct cli_setup *s, const char *scratch, const char *name)
{
        size_t len = 0;
        char *text = cli_tree_text(s->root, name, &len);
        int fd = cli_tree_open(s->root, name, O_PATH);
        struct stat st;
        bool good = !text || (fd >= 0 && fstat(fd, &st) == 0 &&
                              write_scratch(scratch, name, text, len, st.st_mode & 07777, &st));

        free(text);
        if (fd >= 0)
                close(fd);
        return good;
}

static bool copy_dir(const struct cli_setup *s, const char *scratch, const char *name)
{
        int fd = cli_tree_open(s->root, name, O_RDONLY | O_DIRECTORY);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;
        char path[700];
        struct stat st;
        bool good = true;

        if (!dir)
                return true;
        snprintf(path, sizeof(path), "%s%s/.", scratch, name);
        good = make_dirs(path) && fstat(fd, &st) == 0 && chmod(path, st.st_mode & 07777) == 0;
        while (good && (entry = readdir(dir))) {
                snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
                good = copy_file(s, scratch, path);
        }
        closedir(dir);
        return good;
}

static bool make_scratch(const struct cli_setup *s, const char *scratch)
{
        static const char *const dirs[] = {"/etc/pam.d", CONF_DIR, "/etc/sudoers.d"};
        static const char *const files[] = {PJWT_CONF_FILE, "/etc/sudoers"};
        bool good = true;

        for (size_t i = 0; good && i < sizeof(dirs) / sizeof(dirs[0]); i++)
                good = copy_dir(s, scratch, dirs[i]);
        for (size_t i = 0; good && i < sizeof(files) / sizeof(files[0]); i++)
                good = copy_file(s, scratch, files[i]);
        for (size_t i = 0; good && i < s->change_count; i++)
                good = write_scratch(scratch, s->changes[i].path, s->changes[i].text,
                                     strlen(s->changes[i].text), s->changes[i].mode, NULL);
        return good;
}

static const char *member(struct json_object *finding, const char *name)
{
        return json_object_get_string(json_object_object_get(finding, name));
}

/* The finding without the name of the scratch directory, which means nothing to the user. */
static void print_finding(struct json_object *finding, const char *scratch)
{
        const char *what = member(finding, "what");
        const char *at = strstr(what, scratch);

        fprintf(stderr, "pamjwt: setup: %s %s: ", member(finding, "severity"), member(finding, "id"));
        if (at) {
                cli_put_text(stderr, what, (size_t)(at - what));
                what = at + strlen(scratch);
        }
        cli_put_str(stderr, what);
        fprintf(stderr, "\n        why: %s\n", member(finding, "why"));
}

/* Errors prevent the set-up, warnings are printed. The module's file is not part of the copy. */
static int judge(const struct cli_doctor *d, bool *rethidden)
{
        int r = CLI_YES;

        for (size_t i = 0; i < json_object_array_length(d->list); i++) {
                struct json_object *finding = json_object_array_get_idx(d->list, i);
                const char *id = member(finding, "id");

                if (strcmp(id, "pam-module") == 0)
                        continue;
                if (strcmp(id, "sudo-prompt") == 0) {
                        *rethidden = true;
                        continue;
                }
                print_finding(finding, d->root);
                if (strcmp(member(finding, "severity"), "error") == 0)
                        r = CLI_NO;
        }
        return r;
}

static int look_at_scratch(const struct cli_setup *s, const char *scratch, bool *rethidden)
{
        struct cli_doctor d = {.root = scratch, .list = json_object_new_array()};
        struct cli_buf out = {0};
        char path[700];
        int r;

        cli_doctor_conf(&d);
        cli_doctor_pam(&d);
        cli_doctor_sudo(&d);
        r = judge(&d, rethidden);
        snprintf(path, sizeof(path), "%s/etc/sudoers", scratch);
        /* Of an image, visudo would read /etc/sudoers.d of this host. */
        if (r == CLI_YES && !*s->root && cli_setup_wants(s, "sudo") && access(path, F_OK) == 0 &&
            access("/usr/sbin/visudo", X_OK) == 0 && !run_quietly("/usr/sbin/visudo", "-c", "-f", path, &out))
                r = cli_setup_in_the_way("sudoers has an error: %s", out.bytes ? out.bytes : "");
        cli_buf_clear(&out);
        json_object_put(d.list);
        pjwt_conf_free(d.conf);
        return r;
}

int cli_setup_check(struct cli_setup *s)
{
        struct cli_scratch scratch;
        bool hidden = false;
        int r;

        if (!cli_scratch_make(&scratch))
                return cli_setup_in_the_way("%s: %s", scratch.path, strerror(errno));
        r = make_scratch(s, scratch.path)
                    ? look_at_scratch(s, scratch.path, &hidden)
                    : cli_setup_in_the_way("%s: %s", scratch.path, "cannot make the scratch copy");
        if (r == CLI_YES && hidden && cli_setup_wants(s, "sudo"))
                r = cli_setup_plan_sudoers(s);
        cli_scratch_remove(&scratch);
        return r;
}

/* --- what changes --- */

/* Text in an unnamed file, for a program that requires a path. */
static int text_file(const char *text)
{
        FILE *f = tmpfile();
        int fd = f ? dup(fileno(f)) : -1;

        if (f && (fputs(text, f) < 0 || fflush(f) != 0) && fd >= 0) {
                close(fd);
                fd = -1;
        }
        if (f)
                fclose(f);
        return fd;
}

/* Escapes characters that a terminal could interpret; tabs and line feeds are kept. */
static void put_lines(const char *text)
{
        while (*text) {
                size_t len = strcspn(text, "\t\n");

                cli_put_text(stdout, text, len);
                if (text[len])
                        putchar(text[len++]);
                text += len;
        }
}

static void diff_one(const struct cli_change *change)
{
        char label[700];
        char old_name[64];
        char new_name[64];
        int old_fd = text_file(change->old ? change->old : "");
        int new_fd = text_file(change->text);
        struct cli_buf out = {0};
        const char *const argv[] = {"/usr/bin/diff",
                                    "-u",
                                    "--label",
                                    change->old ? change->path : "/dev/null",
                                    "--label",
                                    label,
                                    old_name,
                                    new_name,
                                    NULL};

        snprintf(label, sizeof(label), "%s", change->path);
        snprintf(old_name, sizeof(old_name), "/proc/%d/fd/%d", (int)getpid(), old_fd);
        snprintf(new_name, sizeof(new_name), "/proc/%d/fd/%d", (int)getpid(), new_fd);
        if (old_fd >= 0 && new_fd >= 0 && cli_run(argv, cli_plain_env, &out) == 1)
                put_lines(out.bytes);
        else { /* no diff on this host: print the whole file */
                printf("+++ %s\n", change->path);
                put_lines(change->text);
        }
        if (old_fd >= 0)
                close(old_fd);
        if (new_fd >= 0)
                close(new_fd);
        cli_buf_clear(&out);
}

void cli_setup_diff(const struct cli_setup *s)
{
        for (size_t i = 0; i < s->change_count; i++)
                diff_one(&s->changes[i]);
}
