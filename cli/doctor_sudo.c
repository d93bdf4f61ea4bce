/* sudoers, as far as it changes what pam_jwt is asked. Read line by line: whoever wants the last word asks sudo -l. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "input.h"

#define SUDOERS "/etc/sudoers"

/* What the Defaults lines say, over all files. */
struct sudo {
        bool timestamp_zero;
        bool noninteractive;
        char nopasswd[300]; /* the first place; "" when there is none */
};

static bool has_word(const char *text, const char *word)
{
        size_t len = strlen(word);

        for (const char *p = text; (p = strstr(p, word)); p += len)
                if ((p == text || strchr(" \t,", p[-1])) && strchr(" \t,=", p[len]))
                        return true;
        return false;
}

static void look_at_defaults(struct cli_doctor *d, struct sudo *sudo, const char *text, const char *file,
                             unsigned line)
{
        static const char *const others[] = {"rootpw", "targetpw", "runaspw"};
        const char *timeout = strstr(text, "timestamp_timeout");

        if (has_word(text, "passprompt_override"))
                cli_found(d, CLI_FIND_SUDO_PROMPT, NULL, "%s:%u: passprompt_override", file, line);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (has_word(text, others[i]))
                        cli_found(d, CLI_FIND_SUDO_OTHER_USER, NULL, "%s:%u: %s", file, line, others[i]);
        if (timeout) {
                timeout += strcspn(timeout, "=");
                timeout += *timeout == '=';
                timeout += strspn(timeout, " \t");
                sudo->timestamp_zero = *timeout == '0' && strchr(" \t,", timeout[1]) != NULL;
        }
        if (has_word(text, "noninteractive_auth"))
                sudo->noninteractive = true;
}

/* A # begins a comment but in front of digits, where it is a uid. */
static void cut_comment(char *text)
{
        for (char *p = text; (p = strchr(p, '#')); p++)
                if (p[1] < '0' || p[1] > '9') {
                        *p = '\0';
                        return;
                }
}

static void look_at_line(struct cli_doctor *d, struct sudo *sudo, char *text, const char *file, unsigned line)
{
        cut_comment(text);
        text += strspn(text, " \t");
        if (strncmp(text, "Defaults", 8) == 0)
                look_at_defaults(d, sudo, text, file, line);
        else if (strstr(text, "NOPASSWD:") && !*sudo->nopasswd)
                snprintf(sudo->nopasswd, sizeof(sudo->nopasswd), "%.280s:%u", file, line);
}

static void look_at_file(struct cli_doctor *d, struct sudo *sudo, const char *file)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        char path[512];
        unsigned number = 0;
        char *line;
        char *rest;

        if (cli_input_file(cli_root_path(d, file, path), &input, &err) != PJWT_OK)
                return;
        rest = input.bytes;
        while ((line = strsep(&rest, "\n")))
                look_at_line(d, sudo, line, file, ++number);
        cli_input_clear(&input);
}

static int is_used(const struct dirent *entry)
{
        return !strchr(entry->d_name, '.') && !strchr(entry->d_name, '~'); /* sudoers(5) skips these */
}

static void look_at_folder(struct cli_doctor *d, struct sudo *sudo)
{
        struct dirent **entries = NULL;
        char path[512];
        int count = scandir(cli_root_path(d, SUDOERS ".d", path), &entries, is_used, alphasort);

        for (int i = 0; i < count; i++) {
                char file[300];

                snprintf(file, sizeof(file), SUDOERS ".d/%s", entries[i]->d_name);
                look_at_file(d, sudo, file);
                free(entries[i]);
        }
        free(entries);
}

static const struct pjwt_service *service_sudo(const struct pjwt_conf *conf)
{
        for (size_t i = 0; conf && i < conf->service_count; i++)
                if (strcmp(conf->services[i].name, "sudo") == 0)
                        return &conf->services[i];
        return NULL;
}

void cli_doctor_sudo(struct cli_doctor *d)
{
        const struct pjwt_service *service = service_sudo(d->conf);
        struct sudo sudo = {0};

        if (!cli_doctor_uses_us(d, "sudo"))
                return;
        look_at_file(d, &sudo, SUDOERS);
        look_at_folder(d, &sudo);
        if (*sudo.nopasswd)
                cli_found(d, CLI_FIND_SUDO_NOPASSWD, NULL, "%s: NOPASSWD", sudo.nopasswd);
        if (service && !sudo.timestamp_zero &&
            (service->max_age || service->max_token_age || service->one_use || service->match_count))
                cli_found(d, CLI_FIND_SUDO_TIMESTAMP, NULL,
                          "%s:%u: [service/sudo] has demands, and timestamp_timeout is not 0",
                          service->origin.file, service->origin.line);
        if (service && service->reuse_login && !sudo.noninteractive)
                cli_found(d, CLI_FIND_SUDO_NONINTERACTIVE, NULL,
                          "%s:%u: reuse_login, and noninteractive_auth is not set",
                          pjwt_service_origin(service, "reuse_login").file,
                          pjwt_service_origin(service, "reuse_login").line);
}
