/*
 * Rules for the lines of one stack: is a refusal final, do passwords still work, and what bypasses the
 * module?
 */
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "options.h"

const struct cli_pam_line *cli_pam_find(const struct cli_pam_stack *stack, enum cli_pam_type type,
                                        const char *module, size_t from)
{
        for (size_t i = from; i < stack->count; i++)
                if (stack->lines[i].type == type && strcmp(stack->lines[i].module, module) == 0)
                        return &stack->lines[i];
        return NULL;
}

static bool acts(const struct cli_pam_line *line, const char *answer, const char *action)
{
        char found[16];

        return strcmp(cli_pam_action(line->control, answer, found), action) == 0;
}

/* Whether this PAM code of the module ends the stack or makes it fail. */
static bool refuses(const struct cli_pam_line *line, const char *answer)
{
        return acts(line, answer, "die") || acts(line, answer, "bad");
}

static size_t index_of(const struct cli_pam_stack *stack, const struct cli_pam_line *line)
{
        return (size_t)(line - stack->lines);
}

bool cli_pam_takes_passwords(const struct cli_pam_stack *stack)
{
        static const char *const others[] = {"pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so",
                                             "pam_winbind.so"};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (cli_pam_find(stack, CLI_PAM_AUTH, others[i], 0))
                        return true;
        return false;
}

/* --- one rule each --- */

static void look_for_deny(struct cli_doctor *d, const struct cli_pam_stack *stack,
                          const struct cli_pam_line *us)
{
        const struct cli_pam_line *deny;
        char place[300];

        if (!acts(us, "cred_unavail", "ignore"))
                return;
        deny = cli_pam_find(stack, CLI_PAM_AUTH, "pam_deny.so", index_of(stack, us) + 1);
        if (deny && refuses(deny, "auth_err"))
                return;
        snprintf(place, sizeof(place), "auth requisite pam_deny.so   after the auth lines of %s", us->file);
        cli_found(d, CLI_FIND_PAM_NO_DENY, place, "%s:%u: cred_unavail is ignored, and no pam_deny follows",
                  us->file, us->line);
}

static void look_at_control(struct cli_doctor *d, const struct cli_pam_stack *stack,
                            const struct cli_pam_line *us)
{
        if (!refuses(us, "auth_err") || !refuses(us, "authinfo_unavail") || !refuses(us, "perm_denied"))
                cli_found(d, CLI_FIND_PAM_REFUSAL_IGNORED, NULL, "%s:%u: %s continues after a refusal",
                          us->file, us->line, us->control);
        if (acts(us, "cred_unavail", "ignore") && cli_pam_takes_passwords(stack) &&
            !acts(us, "module_unknown", "ignore"))
                cli_found(d, CLI_FIND_PAM_UNKNOWN_MODULE, NULL, "%s:%u: %s", us->file, us->line, us->control);
}

static bool is_gate(const struct cli_pam_line *line)
{
        static const char *const harmless[] = {CLI_PAM_US,       "pam_deny.so",     "pam_permit.so",
                                               "pam_unix.so",    "pam_env.so",      "pam_sss.so",
                                               "pam_krb5.so",    "pam_ldap.so",     "pam_cap.so",
                                               "pam_winbind.so", "pam_faildelay.so"};

        for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
                if (strcmp(line->module, harmless[i]) == 0)
                        return false;
        return refuses(line, "auth_err");
}

static void look_for_skipped(struct cli_doctor *d, const struct cli_pam_stack *stack,
                             const struct cli_pam_line *us)
{
        if (!acts(us, "success", "done"))
                return;
        for (size_t i = index_of(stack, us) + 1; i < stack->count; i++)
                if (stack->lines[i].type == CLI_PAM_AUTH && is_gate(&stack->lines[i]))
                        cli_found(d, CLI_FIND_PAM_SKIPPED, NULL,
                                  "%s:%u: %s comes after pam_jwt.so with success=done", stack->lines[i].file,
                                  stack->lines[i].line, stack->lines[i].module);
}

/* pam.conf(5): done and die in a substack end only that substack. */
static void look_at_substack(struct cli_doctor *d, const struct cli_pam_stack *stack,
                             const struct cli_pam_line *us)
{
        for (size_t i = index_of(stack, us) + 1; us->substack && i < stack->count; i++) {
                const struct cli_pam_line *line = &stack->lines[i];

                if (line->type != CLI_PAM_AUTH || line->substack == us->substack ||
                    !refuses(line, "auth_err"))
                        continue;
                cli_found(d, CLI_FIND_PAM_SUBSTACK, NULL, "%s:%u: in a substack, after which %s:%u has %s",
                          us->file, us->line, line->file, line->line, line->module);
                return;
        }
}

static void look_before(struct cli_doctor *d, const struct cli_pam_stack *stack,
                        const struct cli_pam_line *us)
{
        static const char *const askers[] = {"pam_unix.so", "pam_sss.so",     "pam_ldap.so",
                                             "pam_krb5.so", "pam_winbind.so", "pam_exec.so"};

        for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
                const struct cli_pam_line *line = cli_pam_find(stack, CLI_PAM_AUTH, askers[i], 0);

                if (line && line < us)
                        cli_found(d, CLI_FIND_PAM_BEFORE, NULL, "%s:%u: %s", line->file, line->line,
                                  line->module);
        }
}

static bool has_arg(const struct cli_pam_line *line, const char *arg)
{
        for (size_t i = 0; i < line->arg_count; i++)
                if (strcmp(line->args[i], arg) == 0)
                        return true;
        return false;
}

const struct cli_pam_line *cli_pam_requires_token(const struct cli_pam_stack *stack)
{
        for (size_t i = 0; i < stack->count; i++)
                if (stack->lines[i].type == CLI_PAM_ACCOUNT &&
                    strcmp(stack->lines[i].module, CLI_PAM_US) == 0 &&
                    has_arg(&stack->lines[i], "require_token"))
                        return &stack->lines[i];
        return NULL;
}

/* pam_rootok lets root pass before pam_jwt runs, and then the account line refuses root. */
static void look_at_root(struct cli_doctor *d, const struct cli_pam_stack *stack,
                         const struct cli_pam_line *us)
{
        const struct cli_pam_line *root = cli_pam_find(stack, CLI_PAM_AUTH, "pam_rootok.so", 0);
        const struct cli_pam_line *account = cli_pam_requires_token(stack);

        if (root && root < us && account)
                cli_found(d, CLI_FIND_REQUIRE_TOKEN, NULL,
                          "%s:%u: require_token, but %s:%u lets root in without a token", account->file,
                          account->line, root->file, root->line);
}

static void look_at_account(struct cli_doctor *d, const char *service, const struct cli_pam_stack *stack,
                            const struct cli_pam_line *us)
{
        const struct cli_pam_line *account = cli_pam_find(stack, CLI_PAM_ACCOUNT, CLI_PAM_US, 0);
        bool token_only = refuses(us, "cred_unavail");

        if (token_only && strcmp(service, "sshd") == 0 && !cli_pam_requires_token(stack))
                cli_found(d, CLI_FIND_PAM_TOKEN_ONLY, NULL,
                          "%s:%u: accepts only tokens, but there is no account line with require_token",
                          us->file, us->line);
        else if (!account)
                cli_found(d, CLI_FIND_PAM_NO_ACCOUNT, NULL, "/etc/pam.d/%s: no account line with " CLI_PAM_US,
                          service);
        if (account && !token_only && !acts(account, "module_unknown", "ignore"))
                cli_found(d, CLI_FIND_PAM_UNKNOWN_MODULE, NULL, "%s:%u: %s", account->file, account->line,
                          account->control);
}

/* sudo and su keep the audit session id of the login that they run in. */
static bool begins_session(const char *service)
{
        static const char *const inherit[] = {"sudo", "sudo-i", "su", "su-l"};

        for (size_t i = 0; i < sizeof(inherit) / sizeof(inherit[0]); i++)
                if (strcmp(service, inherit[i]) == 0)
                        return false;
        return true;
}

static void look_at_session(struct cli_doctor *d, const char *service, const struct cli_pam_stack *stack)
{
        const struct cli_pam_line *us = cli_pam_find(stack, CLI_PAM_SESSION, CLI_PAM_US, 0);
        const struct cli_pam_line *loginuid = cli_pam_find(stack, CLI_PAM_SESSION, "pam_loginuid.so", 0);

        if (us && begins_session(service) && (!loginuid || loginuid > us))
                cli_found(d, CLI_FIND_PAM_LOGINUID, NULL, "%s:%u: no pam_loginuid.so before it", us->file,
                          us->line);
}

static unsigned line_bit(enum cli_pam_type type)
{
        return type == CLI_PAM_AUTH      ? PJWT_LINE_AUTH
               : type == CLI_PAM_ACCOUNT ? PJWT_LINE_ACCOUNT
                                         : PJWT_LINE_SESSION;
}

static void look_at_arguments(struct cli_doctor *d, const struct cli_pam_stack *stack)
{
        for (size_t i = 0; i < stack->count; i++) {
                const struct cli_pam_line *line = &stack->lines[i];
                const char *argv[CLI_PAM_ARGS_MAX];
                struct pjwt_options options;
                struct pjwt_error err = {0};

                if (strcmp(line->module, CLI_PAM_US) != 0 || line->type == CLI_PAM_PASSWORD)
                        continue;
                for (size_t k = 0; k < line->arg_count; k++)
                        argv[k] = line->args[k];
                if (pjwt_options_parse((int)line->arg_count, argv, line_bit(line->type), &options, &err) !=
                    PJWT_OK)
                        cli_found(d, CLI_FIND_PAM_ARGUMENT, NULL, "%s:%u: %s", line->file, line->line,
                                  err.detail);
        }
}

static void look_at_mode(struct cli_doctor *d, const char *file)
{
        char path[512];
        struct stat st;

        if (stat(cli_root_path(d, file, path), &st) != 0)
                return;
        if (st.st_mode & (S_IWGRP | S_IWOTH) || (!*d->root && st.st_uid != 0))
                cli_found(d, CLI_FIND_PAM_MODE, NULL, "%s: mode %04o, owner %u", file,
                          (unsigned)(st.st_mode & 07777), (unsigned)st.st_uid);
}

/* Each file that the stack consists of, once. */
static void look_at_modes(struct cli_doctor *d, const struct cli_pam_stack *stack)
{
        for (size_t i = 0; i < stack->count; i++) {
                bool seen = false;

                for (size_t k = 0; k < i && !seen; k++)
                        seen = strcmp(stack->lines[k].file, stack->lines[i].file) == 0;
                if (!seen)
                        look_at_mode(d, stack->lines[i].file);
        }
}

void cli_doctor_pam_lines(struct cli_doctor *d, const char *service, const struct cli_pam_stack *stack,
                          const struct cli_pam_line *us)
{
        look_for_deny(d, stack, us);
        look_at_control(d, stack, us);
        look_for_skipped(d, stack, us);
        look_at_substack(d, stack, us);
        look_before(d, stack, us);
        look_at_account(d, service, stack, us);
        look_at_session(d, service, stack);
        look_at_arguments(d, stack);
        look_at_modes(d, stack);
        look_at_root(d, stack, us);
}
