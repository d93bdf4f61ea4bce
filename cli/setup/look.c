/*
 * Reads the state of the host: sshd's settings, the stacks, the names of this host; and checks the plan in a
 * scratch copy of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "policy.h"
#include "setup.h"
#include "sshdfiles.h"
#include "tree.h"

const char *cli_setup_path(const struct cli_setup *s, const char *path, char out[600])
{
        snprintf(out, 600, "%s%s", s->root, path);
        return out;
}

int cli_setup_in_the_way(const char *fmt, ...)
{
        char text[900];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        cli_complain("setup", "%s", text);
        return CLI_NO;
}

/* --- files --- */

/*
 * A file of root's that may be replaced: regular, with one name, and owned by root's user and group.
 */
static int check_file(const char *path, const struct stat *st)
{
        if (!S_ISREG(st->st_mode))
                return cli_setup_in_the_way("%s %s; change it by hand", path, "is not a regular file");
        if (st->st_uid != geteuid() || st->st_gid != getegid())
                return cli_setup_in_the_way("%s %s; change it by hand", path, "is not owned by root");
        if (st->st_nlink != 1)
                return cli_setup_in_the_way("%s %s; change it by hand", path, "has more than one hard link");
        return CLI_YES;
}

/* Is the file at the end of a path without links, and one that may be replaced? Returns an exit status. */
static int check_path(const struct cli_setup *s, const char *path)
{
        char full[600];
        struct stat st;
        int fd = cli_tree_open(s->root, path, O_PATH | O_NOFOLLOW);
        int r;

        cli_setup_path(s, path, full);
        if (fd < 0)
                return errno == ENOENT ? CLI_YES : cli_setup_in_the_way("%s: %s", full, strerror(errno));
        r = fstat(fd, &st) == 0 ? check_file(full, &st)
                                : cli_setup_in_the_way("%s: %s", full, strerror(errno));
        close(fd);
        return r;
}

/* The file as it is; old stays NULL if there is none. Returns an exit status. */
static int read_old(const struct cli_setup *s, struct cli_change *change)
{
        char full[600];
        struct stat st;
        int fd;

        cli_setup_path(s, change->path, full);
        if (check_path(s, change->path) != CLI_YES)
                return CLI_NO;
        change->old = cli_tree_text(s->root, change->path, &change->old_len);
        if (!change->old)
                return errno == ENOENT ? CLI_YES : cli_setup_in_the_way("%s: %s", full, strerror(errno));
        if (strlen(change->old) != change->old_len)
                return cli_setup_in_the_way("%s %s; change it by hand", full, "contains a NUL");
        fd = cli_tree_open(s->root, change->path, O_PATH);
        if (fd >= 0 && fstat(fd, &st) == 0)
                change->mode = st.st_mode & 07777;
        if (fd >= 0)
                close(fd);
        return CLI_YES;
}

/* The next change, with its old file. NULL: an error has been printed. */
static struct cli_change *begin(struct cli_setup *s, const char *path, mode_t mode)
{
        struct cli_change *change = &s->changes[s->change_count];

        if (s->change_count == CLI_CHANGES_MAX)
                return NULL;
        *change = (struct cli_change){.path = strdup(path), .mode = mode};
        s->change_count++;
        return change->path && read_old(s, change) == CLI_YES ? change : NULL;
}

/* Takes over text. A file that stays the same is not a change. */
static int end(struct cli_setup *s, struct cli_change *change, struct cli_buf *text)
{
        if (text->failed)
                return cli_setup_in_the_way("out of memory");
        change->text = text->bytes;
        *text = (struct cli_buf){0};
        if (change->old && strcmp(change->old, change->text) == 0) {
                free(change->path);
                free(change->old);
                free(change->text);
                s->change_count--;
        }
        return CLI_YES;
}

/* Did a set-up of this host write this text to this file? */
static bool is_of_a_setup(const struct cli_setup *s, const struct cli_change *change)
{
        bool ours = false;

        for (unsigned n = cli_journal_latest(s->root, true); n > 0 && !ours; n--)
                for (size_t i = 0; i < CLI_CHANGES_MAX && !ours; i++) {
                        char path[96];
                        size_t len = 0;
                        char *text;

                        snprintf(path, sizeof(path), CLI_SETUP_DIR "/%u/%zu.text", n, i);
                        text = cli_tree_text(s->root, path, &len);
                        ours = text && len == change->old_len && memcmp(text, change->old, len) == 0;
                        free(text);
                }
        return ours;
}

/* As end(), for a file that is setup's own: lines that an administrator added to it are not thrown away. */
static int end_own(struct cli_setup *s, struct cli_change *change, struct cli_buf *text)
{
        if (!text->failed && change->old && strcmp(change->old, text->bytes) != 0 &&
            !is_of_a_setup(s, change)) {
                cli_buf_clear(text);
                return cli_setup_in_the_way(
                        "%s%s: has lines that setup did not write; move them to another file in that "
                        "directory, or restore this one, and run setup again",
                        s->root, change->path);
        }
        return end(s, change, text);
}

void cli_setup_clear(struct cli_setup *s)
{
        for (size_t i = 0; i < s->change_count; i++) {
                free(s->changes[i].path);
                free(s->changes[i].old);
                free(s->changes[i].text);
        }
        s->change_count = 0;
}

/* --- this host --- */

bool cli_setup_is_there(const struct cli_setup *s, const char *path)
{
        return cli_tree_is_there(s->root, path);
}

/* The text of a file up to the first line feed; "" if it cannot be read. */
static void read_word(const struct cli_setup *s, const char *path, char *out, size_t room)
{
        size_t len = 0;
        char *text = cli_tree_text(s->root, path, &len);

        *out = '\0';
        if (text)
                snprintf(out, room, "%.*s", (int)strcspn(text, " \t\n"), text);
        free(text);
}

static void look_at_names(struct cli_setup *s)
{
        char hostname[256];

        snprintf(s->host_name, sizeof(s->host_name), "%s",
                 s->options->host_name            ? s->options->host_name
                 : cli_hostname(hostname) != NULL ? hostname
                                                  : "");
        for (char *p = s->host_name; *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p = (char)(*p - 'A' + 'a');
        read_word(s, "/etc/machine-id", s->machine_id, sizeof(s->machine_id));
        if (strlen(s->machine_id) != 32 || strspn(s->machine_id, "0123456789abcdef") != 32)
                *s->machine_id = '\0';
}

static bool has_section(const struct cli_setup *s, const char *path, const char *section)
{
        size_t len = 0;
        char *text = cli_tree_text(s->root, path, &len);
        bool found = text &&
                     (strncmp(text, section + 1, strlen(section + 1)) == 0 || strstr(text, section) != NULL);

        free(text);
        return found;
}

/* [host] may appear only once in the whole configuration. */
static void look_at_host_section(struct cli_setup *s)
{
        char path[600];
        int fd = cli_tree_open(s->root, PJWT_CONF_FILE ".d", O_RDONLY | O_DIRECTORY);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        s->has_host_section = has_section(s, PJWT_CONF_FILE, "\n[host]");
        while (dir && (entry = readdir(dir))) {
                size_t len = strlen(entry->d_name);

                snprintf(path, sizeof(path), PJWT_CONF_FILE ".d/%s", entry->d_name);
                if (len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0 &&
                    strcmp(path, CLI_SETUP_CONF) != 0)
                        s->has_host_section = s->has_host_section || has_section(s, path, "\n[host]");
        }
        if (dir)
                closedir(dir);
}

static int add_service(struct cli_setup *s, const char *name)
{
        if (cli_setup_wants(s, name))
                return CLI_YES;
        if (s->service_count == CLI_SERVICES_MAX || strlen(name) >= sizeof(s->services[0]) ||
            strchr(name, '/'))
                return cli_usage("--service: too many services, or not a service name: %s", name);
        snprintf(s->services[s->service_count++], sizeof(s->services[0]), "%s", name);
        return CLI_YES;
}

/* `sudo -i` and `su -` are separate services; asking for sudo or su means both. */
static int look_at_services(struct cli_setup *s)
{
        char *const standard[] = {strdup("sshd"), strdup("sudo"), NULL};
        char *const *names = s->options->services.count ? s->options->services.items : standard;
        int r = standard[0] && standard[1] ? CLI_YES : CLI_ERROR;

        for (; r == CLI_YES && *names; names++) {
                r = add_service(s, *names);
                if (r == CLI_YES && strcmp(*names, "sudo") == 0 && cli_setup_is_there(s, "/etc/pam.d/sudo-i"))
                        r = add_service(s, "sudo-i");
                if (r == CLI_YES && strcmp(*names, "su") == 0 && cli_setup_is_there(s, "/etc/pam.d/su-l"))
                        r = add_service(s, "su-l");
        }
        free(standard[0]);
        free(standard[1]);
        return r;
}

/* --- the changes, in the order in which they are applied --- */

static int plan_conf(struct cli_setup *s)
{
        struct cli_change *change;
        struct cli_buf text = {0};
        int r = CLI_YES;

        if (!cli_setup_is_there(s, PJWT_CONF_FILE)) {
                change = begin(s, PJWT_CONF_FILE, 0644);
                cli_buf_str(&text, "# pam_jwt.conf: see pam_jwt.conf(5), and pam_jwt.conf.d.\n");
                r = change ? end(s, change, &text) : CLI_NO;
        }
        change = r == CLI_YES ? begin(s, CLI_SETUP_CONF, 0644) : NULL;
        if (!change)
                return CLI_NO;
        cli_plan_conf(s, &text);
        return end_own(s, change, &text);
}

/*
 * If sshd accepts no passwords, its stack accepts only tokens; the passwords of sudo do not depend on sshd.
 */
static enum cli_stack stack_of(const struct cli_setup *s, const char *service)
{
        if (s->options->stack)
                return strcmp(s->options->stack, "token-only") == 0 ? CLI_STACK_TOKEN_ONLY : CLI_STACK_EITHER;
        return strcmp(service, "sshd") == 0 && !s->sshd_passwords ? CLI_STACK_TOKEN_ONLY : CLI_STACK_EITHER;
}

/*
 * A stack that asks pam_jwt already is left alone; but not silently, if --stack asked for another one. One
 * that reaches pam_jwt through another file has no line to be judged by.
 */
static bool is_the_other_stack(const struct cli_setup *s, const char *service, const char *old,
                               const char *text)
{
        const char *line =
                stack_of(s, service) == CLI_STACK_EITHER ? CLI_LINE_AUTH "\n" : CLI_LINE_AUTH_ONLY "\n";

        return s->options->stack && strcmp(old, text) == 0 && strstr(old, CLI_PAM_US) && !strstr(old, line);
}

static int plan_service(struct cli_setup *s, const char *service)
{
        struct cli_change *change;
        struct cli_buf text = {0};
        const char *problem;
        char path[80];

        snprintf(path, sizeof(path), "/etc/pam.d/%s", service);
        change = begin(s, path, 0644);
        if (!change)
                return CLI_NO;
        if (!change->old)
                return cli_setup_in_the_way("%s does not exist", path);
        problem = cli_plan_pam(s, service, stack_of(s, service), change->old, &text);
        if (!problem && !text.failed && is_the_other_stack(s, service, change->old, text.bytes))
                problem = "it asks pam_jwt already, but not as --stack wants; run pamjwt setup --undo "
                          "first, or";
        if (!problem)
                return end(s, change, &text);
        cli_buf_clear(&text);
        return cli_setup_in_the_way("%s: %s; change it by hand, as described in README", path, problem);
}

/* A file in sshd_config.d if that is read first, else sshd_config itself. */
static int plan_sshd(struct cli_setup *s)
{
        struct cli_change *change;
        struct cli_buf text = {0};

        if (!cli_setup_wants(s, "sshd") || s->sshd_asks)
                return CLI_YES;
        change = begin(s, CLI_SSHD_CONFIG, 0644);
        if (!change)
                return CLI_NO;
        if (change->old && cli_plan_sshd_includes(change->old)) {
                free(change->path);
                free(change->old);
                s->change_count--;
                change = begin(s, CLI_SETUP_SSHD, 0644);
                if (!change)
                        return CLI_NO;
                cli_plan_sshd("", &text);
                return end_own(s, change, &text);
        } else {
                cli_plan_sshd(change->old ? change->old : "", &text);
        }
        return end(s, change, &text);
}

int cli_setup_plan_sudoers(struct cli_setup *s)
{
        struct cli_change *change = begin(s, CLI_SETUP_SUDOERS, 0440);
        struct cli_buf text = {0};

        if (!change)
                return CLI_NO;
        cli_buf_str(&text, "# Written by `pamjwt setup`: sudo's own prompt would hide that of pam_jwt.\n"
                           "Defaults !passprompt_override\n");
        return end_own(s, change, &text);
}

int cli_setup_look(struct cli_setup *s)
{
        int r;

        cli_plan_name(s);
        look_at_names(s);
        look_at_host_section(s);
        r = look_at_services(s);
        if (r == CLI_YES)
                r = cli_setup_look_at_sshd(s);
        if (r == CLI_YES)
                r = plan_conf(s);
        for (size_t i = 0; r == CLI_YES && i < s->service_count; i++)
                r = plan_service(s, s->services[i]);
        if (r == CLI_YES)
                r = plan_sshd(s);
        return r == CLI_YES && cli_setup_wants(s, "sshd") ? cli_setup_check_sshd(s, stack_of(s, "sshd")) : r;
}
