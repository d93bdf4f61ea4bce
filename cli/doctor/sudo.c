/*
 * sudoers, as far as it affects when pam_jwt is used. Includes are followed as in sudo. Aliases and user
 * lists are not resolved, so a line for some users counts as one that applies; sudo -l has the exact answer.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "input.h"

#define SUDOERS   "/etc/sudoers"
#define DEPTH_MAX 16 /* includes in includes */

/* The place where something was set; "" if it was not. */
typedef char place[300];

enum { PROMPT, ROOTPW, TARGETPW, RUNASPW, SWITCHES };

static const struct {
        const char *word;
        enum cli_finding finding;
} switches[SWITCHES] = {
        [PROMPT] = {"passprompt_override", CLI_FIND_SUDO_PROMPT},
        [ROOTPW] = {"rootpw", CLI_FIND_SUDO_OTHER_USER},
        [TARGETPW] = {"targetpw", CLI_FIND_SUDO_OTHER_USER},
        [RUNASPW] = {"runaspw", CLI_FIND_SUDO_OTHER_USER},
};

/* The settings of all files together: a later line overrides an earlier one. */
struct sudo {
        place on[SWITCHES]; /* for all users */
        place scoped
                [SWITCHES]; /* for some: Defaults:USERS, Defaults@HOSTS, Defaults>RUNAS, Defaults!COMMANDS */
        bool timestamp_zero;
        place timestamp; /* not 0, for some */
        bool noninteractive;
        place nopasswd; /* the first one */
};

/* Whether the word is present, alone or after a `!`. */
static bool has_word(const char *text, const char *word, bool negated)
{
        size_t len = strlen(word);

        for (const char *p = text; (p = strstr(p, word)); p += len) {
                bool begins = p == text || strchr(negated ? "!" : " \t,", p[-1]);

                if (begins && (!negated || p > text) && strchr(" \t,=", p[len]))
                        return true;
        }
        return false;
}

static void look_at_timestamp(struct sudo *sudo, const char *text, bool scoped, const char *file,
                              unsigned line)
{
        const char *value = strstr(text, "timestamp_timeout");
        bool zero;

        if (!value)
                return;
        value += strcspn(value, "=");
        value += *value == '=';
        value += strspn(value, " \t");
        zero = *value == '0' && strchr(" \t,", value[1]);
        if (!scoped)
                sudo->timestamp_zero = zero;
        else if (!zero)
                snprintf(sudo->timestamp, sizeof(sudo->timestamp), "%.280s:%u", file, line);
}

static void look_at_defaults(struct sudo *sudo, const char *text, const char *file, unsigned line)
{
        bool scoped = *text && strchr(":@>!", *text);

        for (size_t i = 0; i < SWITCHES; i++) {
                char *where = scoped ? sudo->scoped[i] : sudo->on[i];

                if (has_word(text, switches[i].word, true))
                        *where = '\0';
                else if (has_word(text, switches[i].word, false))
                        snprintf(where, sizeof(place), "%.280s:%u", file, line);
        }
        look_at_timestamp(sudo, text, scoped, file, line);
        if (has_word(text, "noninteractive_auth", true))
                sudo->noninteractive = false;
        else if (has_word(text, "noninteractive_auth", false))
                sudo->noninteractive = true;
}

/* A # begins a comment unless digits follow, in which case it is a uid. */
static void cut_comment(char *text)
{
        for (char *p = text; (p = strchr(p, '#')); p++)
                if (p[1] < '0' || p[1] > '9') {
                        *p = '\0';
                        return;
                }
}

static void look_at_file(struct cli_doctor *d, struct sudo *sudo, const char *file, int depth);
static void look_at_dir(struct cli_doctor *d, struct sudo *sudo, const char *dir, int depth);

/* A file name in sudoers: relative to the directory of the including file unless it begins with a slash. */
static void full_name(const char *from, const char *name, char out[300])
{
        size_t dir = *name == '/' ? 0 : (size_t)(strrchr(from, '/') - from) + 1;

        snprintf(out, 300, "%.*s%.*s", (int)dir, from, (int)strcspn(name, " \t"), name);
}

/* @include and @includedir, also written with #, as in older files. */
static bool look_at_include(struct cli_doctor *d, struct sudo *sudo, const char *text, const char *file,
                            int depth)
{
        char name[300];
        bool dir;

        if ((*text != '@' && *text != '#') || strncmp(text + 1, "include", 7) != 0)
                return false;
        dir = strncmp(text + 8, "dir", 3) == 0;
        text += dir ? 11 : 8;
        if (*text != ' ' && *text != '\t')
                return false;
        full_name(file, text + strspn(text, " \t"), name);
        if (dir)
                look_at_dir(d, sudo, name, depth + 1);
        else
                look_at_file(d, sudo, name, depth + 1);
        return true;
}

static void look_at_line(struct cli_doctor *d, struct sudo *sudo, char *text, const char *file, unsigned line,
                         int depth)
{
        text += strspn(text, " \t");
        if (look_at_include(d, sudo, text, file, depth))
                return;
        cut_comment(text);
        if (strncmp(text, "Defaults", 8) == 0)
                look_at_defaults(sudo, text + 8, file, line);
        else if (strstr(text, "NOPASSWD:") && !*sudo->nopasswd)
                snprintf(sudo->nopasswd, sizeof(sudo->nopasswd), "%.280s:%u", file, line);
}

/* A backslash at its end joins a line with the next one; the number of the first line is kept. */
static void look_at_text(struct cli_doctor *d, struct sudo *sudo, char *rest, const char *file, int depth)
{
        unsigned number = 0;
        char *line;

        for (char *p = rest; (p = strstr(p, "\\\n"));)
                p[0] = p[1] = ' ';
        while ((line = strsep(&rest, "\n")))
                look_at_line(d, sudo, line, file, ++number, depth);
}

static void look_at_file(struct cli_doctor *d, struct sudo *sudo, const char *file, int depth)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        char path[512];

        if (depth > DEPTH_MAX || cli_input_file(cli_root_path(d, file, path), &input, &err) != PJWT_OK)
                return;
        look_at_text(d, sudo, input.bytes, file, depth);
        cli_input_clear(&input);
}

static int is_used(const struct dirent *entry)
{
        return !strchr(entry->d_name, '.') && !strchr(entry->d_name, '~'); /* sudoers(5) skips these */
}

static void look_at_dir(struct cli_doctor *d, struct sudo *sudo, const char *dir, int depth)
{
        struct dirent **entries = NULL;
        char path[512];
        int count = scandir(cli_root_path(d, dir, path), &entries, is_used, alphasort);

        for (int i = 0; i < count; i++) {
                char file[300];

                snprintf(file, sizeof(file), "%.150s/%.140s", dir, entries[i]->d_name);
                look_at_file(d, sudo, file, depth);
                free(entries[i]);
        }
        free(entries);
}

static void tell_switches(struct cli_doctor *d, const struct sudo *sudo)
{
        for (size_t i = 0; i < SWITCHES; i++) {
                if (*sudo->on[i])
                        cli_found(d, switches[i].finding, NULL, "%s: %s", sudo->on[i], switches[i].word);
                if (*sudo->scoped[i])
                        cli_found(d, switches[i].finding, NULL, "%s: %s", sudo->scoped[i], switches[i].word);
        }
}

static const struct pjwt_service *service_sudo(const struct pjwt_conf *conf)
{
        for (size_t i = 0; conf && i < conf->service_count; i++)
                if (strcmp(conf->services[i].name, "sudo") == 0)
                        return &conf->services[i];
        return NULL;
}

/* sudo runs the account lines each time, but the auth lines only if the user is not authenticated already. */
static void look_at_account(struct cli_doctor *d, const struct sudo *sudo, const char *service)
{
        struct pjwt_stack *stack = NULL;
        const struct pjwt_stack_line *line = NULL;

        if ((!sudo->timestamp_zero || *sudo->timestamp || *sudo->nopasswd) &&
            cli_pam_read(d->root, service, &stack))
                line = cli_pam_requires_token(stack);
        if (line)
                cli_found(d, CLI_FIND_REQUIRE_TOKEN, NULL,
                          "%s:%u: require_token, but sudo does not always authenticate", line->file,
                          line->line);
        pjwt_stack_free(stack);
}

void cli_doctor_sudo(struct cli_doctor *d)
{
        const struct pjwt_service *service = service_sudo(d->conf);
        struct sudo sudo = {0};

        if (!cli_doctor_uses_us(d, "sudo"))
                return;
        look_at_file(d, &sudo, SUDOERS, 0);
        tell_switches(d, &sudo);
        look_at_account(d, &sudo, "sudo");
        look_at_account(d, &sudo, "sudo-i");
        if (*sudo.nopasswd)
                cli_found(d, CLI_FIND_SUDO_NOPASSWD, NULL, "%s: NOPASSWD", sudo.nopasswd);
        if (service && (!sudo.timestamp_zero || *sudo.timestamp) &&
            (service->max_age || service->max_token_age || service->one_use || service->match_count))
                cli_found(d, CLI_FIND_SUDO_TIMESTAMP, NULL,
                          "%s:%u: [service/sudo] has requirements, but timestamp_timeout is not 0%s%s",
                          service->origin.file, service->origin.line, *sudo.timestamp ? " at " : "",
                          sudo.timestamp);
        if (service && service->reuse_login && !sudo.noninteractive)
                cli_found(d, CLI_FIND_SUDO_NONINTERACTIVE, NULL,
                          "%s:%u: reuse_login, but noninteractive_auth is not set",
                          pjwt_service_origin(service, "reuse_login").file,
                          pjwt_service_origin(service, "reuse_login").line);
}
