/* The lines of one stack, one rule each. What the stack does as a whole is in stack.c. */
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "options.h"

bool cli_pam_takes_passwords(const struct pjwt_stack *stack)
{
        static const char *const others[] = {"pam_unix.so", "pam_sss.so", "pam_ldap.so", "pam_krb5.so",
                                             "pam_winbind.so"};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (cli_pam_find(stack, PJWT_STACK_AUTH, others[i], 0))
                        return true;
        return false;
}

/* --- one rule each --- */

/*
 * Without module_unknown=ignore, an upgrade in which the module's file is missing for a moment refuses
 * everyone.
 */
static bool needs_our_file(const struct pjwt_stack_line *us)
{
        return us->actions[PJWT_PAM_MODULE_UNKNOWN] != PJWT_STACK_IGNORE;
}

static void look_at_control(struct cli_doctor *d, const struct pjwt_stack *stack,
                            const struct pjwt_stack_line *us)
{
        if (us->actions[PJWT_PAM_CRED_UNAVAIL] == PJWT_STACK_IGNORE && cli_pam_takes_passwords(stack) &&
            needs_our_file(us))
                cli_found(d, CLI_FIND_PAM_UNKNOWN_MODULE, NULL, "%s:%u: %s", us->file, us->line, us->control);
}

static void look_before(struct cli_doctor *d, const struct pjwt_stack *stack,
                        const struct pjwt_stack_line *us)
{
        static const char *const askers[] = {"pam_unix.so", "pam_sss.so",     "pam_ldap.so",
                                             "pam_krb5.so", "pam_winbind.so", "pam_exec.so"};

        for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
                const struct pjwt_stack_line *line = cli_pam_find(stack, PJWT_STACK_AUTH, askers[i], 0);

                if (line && line < us)
                        cli_found(d, CLI_FIND_PAM_BEFORE, NULL, "%s:%u: %s", line->file, line->line,
                                  askers[i]);
        }
}

const struct pjwt_stack_line *cli_pam_requires_token(const struct pjwt_stack *stack)
{
        const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, PJWT_STACK_ACCOUNT);

        for (size_t i = 0; i < chain->count; i++)
                if (strcmp(pjwt_stack_module(&chain->lines[i]), CLI_PAM_US) == 0 &&
                    cli_pam_has_arg(&chain->lines[i], "require_token"))
                        return &chain->lines[i];
        return NULL;
}

/* pam_rootok lets root pass before pam_jwt runs, and then the account line refuses root. */
static void look_at_root(struct cli_doctor *d, const struct pjwt_stack *stack,
                         const struct pjwt_stack_line *us)
{
        const struct pjwt_stack_line *root = cli_pam_find(stack, PJWT_STACK_AUTH, "pam_rootok.so", 0);
        const struct pjwt_stack_line *account = cli_pam_requires_token(stack);

        if (root && root < us && account)
                cli_found(d, CLI_FIND_REQUIRE_TOKEN, NULL,
                          "%s:%u: require_token, but %s:%u lets root in without a token", account->file,
                          account->line, root->file, root->line);
}

static void look_at_account(struct cli_doctor *d, const char *service, const struct pjwt_stack *stack,
                            const struct pjwt_stack_line *us)
{
        const struct pjwt_stack_line *account = cli_pam_find(stack, PJWT_STACK_ACCOUNT, CLI_PAM_US, 0);
        bool token_only = us->actions[PJWT_PAM_CRED_UNAVAIL] == PJWT_STACK_BAD ||
                          us->actions[PJWT_PAM_CRED_UNAVAIL] == PJWT_STACK_DIE;

        if (token_only && strcmp(service, "sshd") == 0 && !cli_pam_requires_token(stack))
                cli_found(d, CLI_FIND_PAM_TOKEN_ONLY, NULL,
                          "%s:%u: accepts only tokens, but there is no account line with require_token",
                          us->file, us->line);
        else if (!account)
                cli_found(d, CLI_FIND_PAM_NO_ACCOUNT, NULL, "/etc/pam.d/%s: no account line with " CLI_PAM_US,
                          service);
        if (account && !token_only && needs_our_file(account))
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

static void look_at_session(struct cli_doctor *d, const char *service, const struct pjwt_stack *stack)
{
        const struct pjwt_stack_line *us = cli_pam_find(stack, PJWT_STACK_SESSION, CLI_PAM_US, 0);
        const struct pjwt_stack_line *loginuid =
                cli_pam_find(stack, PJWT_STACK_SESSION, "pam_loginuid.so", 0);

        if (us && begins_session(service) && (!loginuid || loginuid > us))
                cli_found(d, CLI_FIND_PAM_LOGINUID, NULL, "%s:%u: no pam_loginuid.so before it", us->file,
                          us->line);
}

static void look_at_arguments(struct cli_doctor *d, const struct pjwt_stack *stack)
{
        static const unsigned bits[PJWT_STACK_TYPES] = {[PJWT_STACK_AUTH] = PJWT_LINE_AUTH,
                                                        [PJWT_STACK_ACCOUNT] = PJWT_LINE_ACCOUNT,
                                                        [PJWT_STACK_SESSION] = PJWT_LINE_SESSION};

        for (int type = 0; type < PJWT_STACK_TYPES; type++) {
                const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, (enum pjwt_stack_type)type);

                for (size_t i = 0; bits[type] && i < chain->count; i++) {
                        const struct pjwt_stack_line *line = &chain->lines[i];
                        const char **argv = (const char **)(uintptr_t)line->args;
                        struct pjwt_options options;
                        struct pjwt_error err = {0};

                        if (strcmp(pjwt_stack_module(line), CLI_PAM_US) == 0 &&
                            pjwt_options_parse((int)line->arg_count, argv, bits[type], &options, &err) !=
                                    PJWT_OK)
                                cli_found(d, CLI_FIND_PAM_ARGUMENT, NULL, "%s:%u: %s", line->file, line->line,
                                          err.detail);
                }
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

/* Is a line of this file before the line `until` of the chain `type`, in the order of types? */
static bool is_seen(const struct pjwt_stack *stack, int type, size_t until, const char *file)
{
        for (int t = 0; t <= type; t++) {
                const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, (enum pjwt_stack_type)t);

                for (size_t i = 0; i < (t == type ? until : chain->count); i++)
                        if (strcmp(chain->lines[i].file, file) == 0)
                                return true;
        }
        return false;
}

/* Each file that the stack consists of, once. */
void cli_doctor_pam_modes(struct cli_doctor *d, const struct pjwt_stack *stack)
{
        for (int type = 0; type < PJWT_STACK_TYPES; type++) {
                const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, (enum pjwt_stack_type)type);

                for (size_t i = 0; i < chain->count; i++)
                        if (!is_seen(stack, type, i, chain->lines[i].file))
                                look_at_mode(d, chain->lines[i].file);
        }
}

void cli_doctor_pam_lines(struct cli_doctor *d, const char *service, const struct pjwt_stack *stack,
                          const struct pjwt_stack_line *us)
{
        cli_doctor_stack(d, stack, us);
        look_at_control(d, stack, us);
        look_before(d, stack, us);
        look_at_account(d, service, stack, us);
        look_at_session(d, service, stack);
        look_at_arguments(d, stack);
        look_at_root(d, stack, us);
}
