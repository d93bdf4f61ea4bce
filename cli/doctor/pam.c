/* The stacks of /etc/pam.d: does a refusal refuse, does a password still work, does anybody get past? */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "grant.h"
#include "options.h"

#define US "pam_jwt.so"

const struct cli_pam_line *cli_pam_find(const struct cli_pam_stack *stack, enum cli_pam_type type,
                                        const char *module, size_t from)
{
        for (size_t i = from; i < stack->count; i++)
                if (stack->lines[i].type == type && strcmp(stack->lines[i].module, module) == 0)
                        return &stack->lines[i];
        return NULL;
}

bool cli_doctor_uses_us(const struct cli_doctor *d, const char *service)
{
        struct cli_pam_stack stack = {0};
        bool uses = cli_pam_read(d->root, service, &stack) && cli_pam_find(&stack, CLI_PAM_AUTH, US, 0);

        cli_pam_free(&stack);
        return uses;
}

static bool acts(const struct cli_pam_line *line, const char *answer, const char *action)
{
        char found[16];

        return strcmp(cli_pam_action(line->control, answer, found), action) == 0;
}

/* Does this answer of the module end or spoil the stack? */
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
        snprintf(place, sizeof(place), "auth requisite pam_deny.so   behind the auth lines of %s", us->file);
        cli_found(d, CLI_FIND_PAM_NO_DENY, place, "%s:%u: cred_unavail is ignored, and no pam_deny follows",
                  us->file, us->line);
}

static void look_at_control(struct cli_doctor *d, const struct cli_pam_stack *stack,
                            const struct cli_pam_line *us)
{
        if (!refuses(us, "auth_err") || !refuses(us, "authinfo_unavail") || !refuses(us, "perm_denied"))
                cli_found(d, CLI_FIND_PAM_REFUSAL_IGNORED, NULL, "%s:%u: %s goes on after a refusal",
                          us->file, us->line, us->control);
        if (acts(us, "cred_unavail", "ignore") && cli_pam_takes_passwords(stack) &&
            !acts(us, "module_unknown", "ignore"))
                cli_found(d, CLI_FIND_PAM_UNKNOWN_MODULE, NULL, "%s:%u: %s", us->file, us->line, us->control);
}

static bool is_gate(const struct cli_pam_line *line)
{
        static const char *const harmless[] = {
                US,           "pam_deny.so",    "pam_permit.so",   "pam_unix.so",
                "pam_env.so", "pam_sss.so",     "pam_krb5.so",     "pam_ldap.so",
                "pam_cap.so", "pam_winbind.so", "pam_faildelay.so"};

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
                                  "%s:%u: %s stands behind pam_jwt.so with success=done",
                                  stack->lines[i].file, stack->lines[i].line, stack->lines[i].module);
}

/* pam.conf(5): done and die of a substack end that substack, not the whole. */
static void look_at_substack(struct cli_doctor *d, const struct cli_pam_stack *stack,
                             const struct cli_pam_line *us)
{
        for (size_t i = index_of(stack, us) + 1; us->substack && i < stack->count; i++) {
                const struct cli_pam_line *line = &stack->lines[i];

                if (line->type != CLI_PAM_AUTH || line->substack == us->substack ||
                    !refuses(line, "auth_err"))
                        continue;
                cli_found(d, CLI_FIND_PAM_SUBSTACK, NULL, "%s:%u: in a substack, behind which %s:%u has %s",
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
                if (stack->lines[i].type == CLI_PAM_ACCOUNT && strcmp(stack->lines[i].module, US) == 0 &&
                    has_arg(&stack->lines[i], "require_token"))
                        return &stack->lines[i];
        return NULL;
}

/* pam_rootok lets root through before pam_jwt is asked, and the account line refuses him then. */
static void look_at_root(struct cli_doctor *d, const struct cli_pam_stack *stack,
                         const struct cli_pam_line *us)
{
        const struct cli_pam_line *root = cli_pam_find(stack, CLI_PAM_AUTH, "pam_rootok.so", 0);
        const struct cli_pam_line *account = cli_pam_requires_token(stack);

        if (root && root < us && account)
                cli_found(d, CLI_FIND_REQUIRE_TOKEN, NULL,
                          "%s:%u: require_token, and %s:%u lets root in without", account->file,
                          account->line, root->file, root->line);
}

static void look_at_account(struct cli_doctor *d, const char *service, const struct cli_pam_stack *stack,
                            const struct cli_pam_line *us)
{
        const struct cli_pam_line *account = cli_pam_find(stack, CLI_PAM_ACCOUNT, US, 0);
        bool token_only = refuses(us, "cred_unavail");

        if (token_only && strcmp(service, "sshd") == 0 && !cli_pam_requires_token(stack))
                cli_found(d, CLI_FIND_PAM_TOKEN_ONLY, NULL,
                          "%s:%u: tokens only, but no account line with require_token", us->file, us->line);
        else if (!account)
                cli_found(d, CLI_FIND_PAM_NO_ACCOUNT, NULL, "/etc/pam.d/%s: no account line with " US,
                          service);
        if (account && !token_only && !acts(account, "module_unknown", "ignore"))
                cli_found(d, CLI_FIND_PAM_UNKNOWN_MODULE, NULL, "%s:%u: %s", account->file, account->line,
                          account->control);
}

/* sudo and su keep the number of the login that they run in. */
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
        const struct cli_pam_line *us = cli_pam_find(stack, CLI_PAM_SESSION, US, 0);
        const struct cli_pam_line *loginuid = cli_pam_find(stack, CLI_PAM_SESSION, "pam_loginuid.so", 0);

        if (us && begins_session(service) && (!loginuid || loginuid > us))
                cli_found(d, CLI_FIND_PAM_LOGINUID, NULL, "%s:%u: no pam_loginuid.so before it", us->file,
                          us->line);
}

/* session_until_exp: pam_systemd reads what our session line has set. */
static void look_at_end(struct cli_doctor *d, const char *service, const struct cli_pam_stack *stack)
{
        const struct cli_pam_line *us = cli_pam_find(stack, CLI_PAM_SESSION, US, 0);
        const struct pjwt_service *section = NULL;
        struct pjwt_error ignored = {0};
        struct pjwt_origin origin;

        if (pjwt_service_find(d->conf, service, &section, &ignored) != PJWT_OK || !section ||
            !section->session_until_exp ||
            (us && cli_pam_find(stack, CLI_PAM_SESSION, "pam_systemd.so", index_of(stack, us))))
                return;
        origin = pjwt_service_origin(section, "session_until_exp");
        cli_found(d, CLI_FIND_PAM_SYSTEMD, NULL, "%s:%u: session_until_exp, and /etc/pam.d/%s has %s",
                  origin.file, origin.line, service,
                  us ? "no pam_systemd.so behind the session line of " US : "no session line of " US);
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

                if (strcmp(line->module, US) != 0 || line->type == CLI_PAM_PASSWORD)
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

/* Each file that the stack is made of, once. */
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

/* --- services --- */

/* By the question that a login asks (REV-09). */
static bool is_named(const struct pjwt_conf *conf, const char *service)
{
        const struct pjwt_service *section = NULL;
        struct pjwt_error ignored = {0};

        return pjwt_service_find(conf, service, &section, &ignored) == PJWT_OK;
}

/* issuer= on the line is a whole configuration for this service. */
static bool configured_by_arguments(const struct cli_pam_line *us)
{
        for (size_t i = 0; i < us->arg_count; i++)
                if (strncmp(us->args[i], "issuer=", 7) == 0 || strncmp(us->args[i], "config=", 7) == 0)
                        return true;
        return false;
}

/* The lines at which pam_jwt stands are judged; a service without it is none of our business. */
static bool look_at_service(struct cli_doctor *d, const char *service)
{
        struct cli_pam_stack stack = {0};
        const struct cli_pam_line *us;

        if (!cli_pam_read(d->root, service, &stack))
                return false;
        us = cli_pam_find(&stack, CLI_PAM_AUTH, US, 0);
        if (us) {
                for (size_t i = 0; i < stack.fault_count; i++)
                        cli_found(d, CLI_FIND_PAM_FAULT, NULL, "%s:%u: %s", stack.faults[i].file,
                                  stack.faults[i].line, stack.faults[i].text);
                look_for_deny(d, &stack, us);
                look_at_control(d, &stack, us);
                look_for_skipped(d, &stack, us);
                look_at_substack(d, &stack, us);
                look_before(d, &stack, us);
                look_at_account(d, service, &stack, us);
                look_at_session(d, service, &stack);
                look_at_arguments(d, &stack);
                look_at_modes(d, &stack);
                look_at_root(d, &stack, us);
                if (d->conf && !configured_by_arguments(us))
                        look_at_end(d, service, &stack);
                if (d->conf && !configured_by_arguments(us) && !is_named(d->conf, service))
                        cli_found(d, CLI_FIND_SERVICE_UNNAMED, NULL, "/etc/pam.d/%s asks pam_jwt", service);
        }
        cli_pam_free(&stack);
        return us != NULL;
}

static const struct sibling {
        const char *service;
        const char *sibling;
        const char *command;
} siblings[] = {{"sudo", "sudo-i", "sudo -i"}, {"su", "su-l", "su -"}};

#define SIBLINGS (sizeof(siblings) / sizeof(siblings[0]))

/* Is there a file for the one, which does not ask, while the other does? */
static bool is_forgotten(const struct cli_doctor *d, const struct sibling *row)
{
        char path[64];
        char full[512];
        struct stat st;

        snprintf(path, sizeof(path), "/etc/pam.d/%s", row->sibling);
        return stat(cli_root_path(d, path, full), &st) == 0 && cli_doctor_uses_us(d, row->service) &&
               !cli_doctor_uses_us(d, row->sibling);
}

static void look_at_siblings(struct cli_doctor *d)
{
        for (size_t i = 0; i < SIBLINGS; i++)
                if (is_forgotten(d, &siblings[i]))
                        cli_found(d, CLI_FIND_PAM_SIBLING, NULL,
                                  "/etc/pam.d/%s (%s) does not ask pam_jwt, /etc/pam.d/%s does",
                                  siblings[i].sibling, siblings[i].command, siblings[i].service);
}

/* One break, one finding. */
static bool is_told_as_sibling(const struct cli_doctor *d, const char *service)
{
        for (size_t i = 0; i < SIBLINGS; i++)
                if (strcmp(siblings[i].sibling, service) == 0)
                        return is_forgotten(d, &siblings[i]);
        return false;
}

/* Services that a grant names, and whose stack exists but never asks. */
static void look_at_unused(struct cli_doctor *d)
{
        for (size_t i = 0; i < d->conf->grant_count; i++) {
                char **services = d->conf->grants[i].services;
                struct pjwt_origin origin = pjwt_grant_origin(&d->conf->grants[i], "services");

                for (; services && *services; services++)
                        if (!cli_doctor_uses_us(d, *services) && !is_told_as_sibling(d, *services))
                                cli_found(d, CLI_FIND_SERVICE_UNUSED, NULL, "%s:%u: services: %s",
                                          origin.file, origin.line, *services);
        }
}

/* --- the module's file --- */

static bool module_is_there(struct cli_doctor *d)
{
        static const char installed[] = PJWT_MODULE_DIR;
        static const char *const folders[] = {installed,
                                              "/lib/x86_64-linux-gnu/security",
                                              "/lib/aarch64-linux-gnu/security",
                                              "/lib/security",
                                              "/lib64/security",
                                              "/usr/lib64/security"};
        char name[256];
        char path[512];
        struct stat st;

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                snprintf(name, sizeof(name), "%s/" US, folders[i]);
                if (stat(cli_root_path(d, name, path), &st) != 0)
                        continue;
                if (st.st_mode & (S_IWGRP | S_IWOTH))
                        cli_found(d, CLI_FIND_PAM_MODULE, "chmod 0644, and see who has changed it",
                                  "%s: mode %04o", name, (unsigned)(st.st_mode & 07777));
                return true;
        }
        return false;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_service(const struct dirent *entry)
{
        return *entry->d_name != '.' && !strchr(entry->d_name, '~') && !strstr(entry->d_name, ".dpkg-") &&
               strncmp(entry->d_name, "common-", 7) != 0;
}

void cli_doctor_pam(struct cli_doctor *d)
{
        struct dirent **entries = NULL;
        char path[512];
        int count = scandir(cli_root_path(d, "/etc/pam.d", path), &entries, is_service, by_name);
        size_t found = 0;

        for (int i = 0; i < count; i++) {
                found += look_at_service(d, entries[i]->d_name);
                free(entries[i]);
        }
        free(entries);
        if (found == 0) {
                cli_found(d, CLI_FIND_PAM_NONE, NULL, "no auth line in /etc/pam.d names " US);
                return;
        }
        if (!module_is_there(d))
                cli_found(d, CLI_FIND_PAM_MODULE, NULL, US " is not in " PJWT_MODULE_DIR);
        look_at_siblings(d);
        if (d->conf)
                look_at_unused(d);
}
