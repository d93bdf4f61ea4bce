/* The services of /etc/pam.d: which use pam_jwt, which should, and whether the module is installed. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "grant.h"
#include "service.h"

bool cli_doctor_uses_us(const struct cli_doctor *d, const char *service)
{
        struct cli_pam_stack stack = {0};
        bool uses =
                cli_pam_read(d->root, service, &stack) && cli_pam_find(&stack, CLI_PAM_AUTH, CLI_PAM_US, 0);

        cli_pam_free(&stack);
        return uses;
}

/* --- services --- */

/* session_until_exp: pam_systemd reads what our session line has set. */
static void look_at_end(struct cli_doctor *d, const char *service, const struct cli_pam_stack *stack)
{
        const struct cli_pam_line *us = cli_pam_find(stack, CLI_PAM_SESSION, CLI_PAM_US, 0);
        const struct pjwt_service *section = NULL;
        struct pjwt_error ignored = {0};
        struct pjwt_origin origin;

        if (pjwt_service_find(d->conf, service, &section, &ignored) != PJWT_OK || !section ||
            !section->session_until_exp ||
            (us && cli_pam_find(stack, CLI_PAM_SESSION, "pam_systemd.so", (size_t)(us - stack->lines))))
                return;
        origin = pjwt_service_origin(section, "session_until_exp");
        cli_found(d, CLI_FIND_PAM_SYSTEMD, NULL, "%s:%u: session_until_exp, and /etc/pam.d/%s has %s",
                  origin.file, origin.line, service,
                  us ? "no pam_systemd.so after the session line of " CLI_PAM_US
                     : "no session line of " CLI_PAM_US);
}

/* Asks the same question as a login (REV-09). */
static bool is_named(const struct pjwt_conf *conf, const char *service)
{
        const struct pjwt_service *section = NULL;
        struct pjwt_error ignored = {0};

        return pjwt_service_find(conf, service, &section, &ignored) == PJWT_OK;
}

/* issuer= on the line is a complete configuration for this service. */
static bool configured_by_arguments(const struct cli_pam_line *us)
{
        for (size_t i = 0; i < us->arg_count; i++)
                if (strncmp(us->args[i], "issuer=", 7) == 0 || strncmp(us->args[i], "config=", 7) == 0)
                        return true;
        return false;
}

/* Checks the lines with pam_jwt; a service without it does not concern us. */
static bool look_at_service(struct cli_doctor *d, const char *service)
{
        struct cli_pam_stack stack = {0};
        const struct cli_pam_line *us;

        if (!cli_pam_read(d->root, service, &stack))
                return false;
        us = cli_pam_find(&stack, CLI_PAM_AUTH, CLI_PAM_US, 0);
        if (us) {
                for (size_t i = 0; i < stack.fault_count; i++)
                        cli_found(d, CLI_FIND_PAM_FAULT, NULL, "%s:%u: %s", stack.faults[i].file,
                                  stack.faults[i].line, stack.faults[i].text);
                cli_doctor_pam_lines(d, service, &stack, us);
                if (d->conf && !configured_by_arguments(us))
                        look_at_end(d, service, &stack);
                if (d->conf && !configured_by_arguments(us) && !is_named(d->conf, service))
                        cli_found(d, CLI_FIND_SERVICE_UNNAMED, NULL, "/etc/pam.d/%s uses pam_jwt", service);
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

/* Whether both services have a file, and only the other one uses pam_jwt. */
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
                                  "/etc/pam.d/%s (%s) does not use pam_jwt, /etc/pam.d/%s does",
                                  siblings[i].sibling, siblings[i].command, siblings[i].service);
}

/* One finding per pair. */
static bool is_told_as_sibling(const struct cli_doctor *d, const char *service)
{
        for (size_t i = 0; i < SIBLINGS; i++)
                if (strcmp(siblings[i].sibling, service) == 0)
                        return is_forgotten(d, &siblings[i]);
        return false;
}

/* Services listed in a grant whose stack exists but does not use pam_jwt. */
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
        static const char *const dirs[] = {installed,
                                           "/lib/x86_64-linux-gnu/security",
                                           "/lib/aarch64-linux-gnu/security",
                                           "/lib/security",
                                           "/lib64/security",
                                           "/usr/lib64/security"};
        char name[256];
        char path[512];
        struct stat st;

        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
                snprintf(name, sizeof(name), "%s/" CLI_PAM_US, dirs[i]);
                if (stat(cli_root_path(d, name, path), &st) != 0)
                        continue;
                if (st.st_mode & (S_IWGRP | S_IWOTH))
                        cli_found(d, CLI_FIND_PAM_MODULE, "chmod 0644, and find out who changed it",
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
                cli_found(d, CLI_FIND_PAM_NONE, NULL, "no auth line in /etc/pam.d contains " CLI_PAM_US);
                return;
        }
        if (!module_is_there(d))
                cli_found(d, CLI_FIND_PAM_MODULE, NULL, CLI_PAM_US " is not in " PJWT_MODULE_DIR);
        look_at_siblings(d);
        if (d->conf)
                look_at_unused(d);
}
