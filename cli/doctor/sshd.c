/* sshd's effective settings, as printed by `sshd -T`. */
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "run.h"
#include "sshdconf.h"

static void look_at_methods(struct cli_doctor *d, const char *text)
{
        bool kbdint = cli_sshd_kbdint(text);
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

/* PasswordAuthentication no is commonly read as "no passwords", but does not disable those of PAM. */
static void look_at_passwords(struct cli_doctor *d, const char *text)
{
        struct pjwt_stack *stack = NULL;
        const struct pjwt_stack_line *unix_line = NULL;
        char at[600];

        if (cli_pam_read(d->root, "sshd", &stack))
                unix_line = cli_pam_find(stack, PJWT_STACK_AUTH, "pam_unix.so", 0);
        if (unix_line) {
                snprintf(at, sizeof(at), "%s:%u", unix_line->file, unix_line->line);
                if (cli_sshd_says(text, "passwordauthentication", "no") && cli_sshd_kbdint(text))
                        cli_found(d, CLI_FIND_SSHD_PASSWORDS, NULL,
                                  "sshd_config: PasswordAuthentication is no, but %s has pam_unix.so", at);
                cli_doctor_match(d, at);
        }
        pjwt_stack_free(stack);
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
                                          "%s:%u: user = root, but PermitRootLogin is not yes", origin.file,
                                          origin.line);
        }
}

static void look_at_times(struct cli_doctor *d, const char *text)
{
        char value[256];
        int64_t grace = 0;
        int64_t full = 0;
        int64_t first = 0;
        int64_t longest = 0;
        const char *last;

        for (size_t i = 0; d->conf && i < d->conf->issuer_count; i++)
                longest = d->conf->issuers[i].timeout > longest ? d->conf->issuers[i].timeout : longest;
        if (cli_number(cli_sshd_value(text, "logingracetime", value), &grace) && grace > 0 &&
            grace < longest + 10)
                cli_found(d, CLI_FIND_SSHD_GRACE, NULL, "sshd_config: LoginGraceTime %s", value);
        cli_sshd_value(text, "maxstartups", value);
        last = strrchr(value, ':');
        if (!cli_number(last ? last + 1 : value, &full))
                full = 10;
        value[strcspn(value, ":")] = '\0';
        if (cli_number(value, &first) && first < full)
                full = first; /* from here on sshd drops some connections */
        cli_sshd_value(text, "maxstartups", value);
        if (full > 0 && full < 10)
                cli_found(d, CLI_FIND_SSHD_STARTUPS, NULL, "sshd_config: MaxStartups %s", value);
}

void cli_doctor_sshd(struct cli_doctor *d)
{
        struct cli_buf out = {0};
        char path[512];

        if (access(cli_root_path(d, CLI_SSHD, path), X_OK) != 0 || !cli_doctor_uses_us(d, "sshd"))
                return;
        if (!cli_sshd_ask(path, NULL, &out)) {
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
