/* sshd's effective settings, as `sshd -T` tells them. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "doctor.h"

#define SSHD "/usr/sbin/sshd"

extern char **environ;

int cli_sshd_ask(const struct cli_doctor *d, const char *connection, struct cli_buf *out)
{
        char path[512];
        char whole[] = "-T", one[] = "-TC";
        char *argv[] = {path, connection ? one : whole, (char *)(uintptr_t)connection, NULL};
        posix_spawn_file_actions_t actions;
        char block[4096];
        int pipefd[2];
        int status = -1;
        pid_t pid = -1;
        ssize_t n;

        cli_root_path(d, SSHD, path);
        cli_buf_str(out, "");
        if (pipe2(pipefd, O_CLOEXEC) != 0)
                return -1;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDERR_FILENO);
        if (posix_spawn(&pid, path, &actions, NULL, argv, environ) != 0)
                pid = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(pipefd[1]);
        while ((n = read(pipefd[0], block, sizeof(block))) > 0 || (n < 0 && errno == EINTR))
                if (n > 0 && out->len < 1024UL * 1024)
                        cli_buf_add(out, block, (size_t)n);
        close(pipefd[0]);
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *cli_sshd_value(const char *text, const char *keyword, char ret[256])
{
        size_t len = strlen(keyword);

        *ret = '\0';
        for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
                if (strncmp(line, keyword, len) == 0 && line[len] == ' ') {
                        snprintf(ret, 256, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
                        break;
                }
        return ret;
}

bool cli_sshd_says(const char *text, const char *keyword, const char *value)
{
        char found[256];

        return strcmp(cli_sshd_value(text, keyword, found), value) == 0;
}

static void look_at_methods(struct cli_doctor *d, const char *text)
{
        bool kbdint = cli_sshd_says(text, "kbdinteractiveauthentication", "yes") ||
                      cli_sshd_says(text, "challengeresponseauthentication", "yes");
        bool password = cli_sshd_says(text, "passwordauthentication", "yes");
        char methods[256];

        if (!cli_sshd_says(text, "usepam", "yes"))
                cli_found(d, CLI_FIND_SSHD_NO_PAM, NULL, "sshd_config: UsePAM is not yes");
        if (!kbdint && !password)
                cli_found(d, CLI_FIND_SSHD_NO_METHOD, NULL,
                          "sshd_config: KbdInteractiveAuthentication and PasswordAuthentication are both no");
        else if (!kbdint)
                cli_found(d, CLI_FIND_SSHD_NO_KBDINT, NULL,
                          "sshd_config: KbdInteractiveAuthentication is no");
        cli_sshd_value(text, "authenticationmethods", methods);
        if (*methods && strcmp(methods, "any") != 0 && !strstr(methods, "keyboard-interactive") &&
            !strstr(methods, "password"))
                cli_found(d, CLI_FIND_SSHD_METHODS, NULL, "sshd_config: AuthenticationMethods %s", methods);
}

/* PasswordAuthentication no is understood as "no passwords" by everybody but PAM. */
static void look_at_passwords(struct cli_doctor *d, const char *text)
{
        struct cli_pam_stack stack = {0};
        const struct cli_pam_line *unix_line;

        if (cli_sshd_says(text, "passwordauthentication", "no") &&
            cli_sshd_says(text, "kbdinteractiveauthentication", "yes") &&
            cli_pam_read(d->root, "sshd", &stack)) {
                unix_line = cli_pam_find(&stack, CLI_PAM_AUTH, "pam_unix.so", 0);
                if (unix_line)
                        cli_found(d, CLI_FIND_SSHD_PASSWORDS, NULL,
                                  "sshd_config: PasswordAuthentication is no, but %s:%u has pam_unix.so",
                                  unix_line->file, unix_line->line);
        }
        cli_pam_free(&stack);
}

static void look_at_root(struct cli_doctor *d, const char *text)
{
        if (cli_sshd_says(text, "permitrootlogin", "yes"))
                return;
        for (size_t i = 0; d->conf && i < d->conf->grant_count; i++) {
                const struct pjwt_grant *grant = &d->conf->grants[i];
                struct pjwt_origin origin = pjwt_grant_origin(grant, "user");
                bool sshd = false;

                for (char **s = grant->services; s && *s; s++)
                        sshd = sshd || strcmp(*s, "sshd") == 0;
                for (char **user = grant->user; sshd && user && *user; user++)
                        if (strcmp(*user, "root") == 0)
                                cli_found(d, CLI_FIND_SSHD_ROOT, NULL,
                                          "%s:%u: user = root, and PermitRootLogin is not yes", origin.file,
                                          origin.line);
        }
}

static void look_at_times(struct cli_doctor *d, const char *text)
{
        char value[256];
        int64_t grace = 0;
        int64_t full = 0;
        int64_t longest = 0;
        const char *last;

        for (size_t i = 0; d->conf && i < d->conf->issuer_count; i++)
                longest = d->conf->issuers[i].timeout > longest ? d->conf->issuers[i].timeout : longest;
        if (cli_number(cli_sshd_value(text, "logingracetime", value), &grace) && grace > 0 &&
            grace < longest + 10)
                cli_found(d, CLI_FIND_SSHD_GRACE, NULL, "sshd_config: LoginGraceTime %s", value);
        cli_sshd_value(text, "maxstartups", value);
        last = strrchr(value, ':');
        if (cli_number(last ? last + 1 : value, &full) && full > 0 && full < 10)
                cli_found(d, CLI_FIND_SSHD_STARTUPS, NULL, "sshd_config: MaxStartups %s", value);
}

void cli_doctor_sshd(struct cli_doctor *d)
{
        struct cli_buf out = {0};
        char path[512];

        if (access(cli_root_path(d, SSHD, path), X_OK) != 0 || !cli_doctor_uses_us(d, "sshd"))
                return;
        if (cli_sshd_ask(d, NULL, &out) != 0 || out.failed) {
                out.bytes[strcspn(out.bytes, "\n")] = '\0';
                cli_found(d, CLI_FIND_SSHD_BROKEN, geteuid() == 0 ? NULL : "run pamjwt doctor as root",
                          "sshd -T: %s", out.bytes);
        } else {
                look_at_methods(d, out.bytes);
                look_at_passwords(d, out.bytes);
                look_at_root(d, out.bytes);
                look_at_times(d, out.bytes);
                cli_doctor_bound(d);
        }
        cli_buf_clear(&out);
}
