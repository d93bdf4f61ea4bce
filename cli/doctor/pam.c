/* The services of /etc/pam.d: which use pam_jwt, which should, and whether the module is installed. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "grant.h"
#include "service.h"

/*
 * A stack that libpam rejects is read up to the fault only: there, the file's text says for what it was
 * meant.
 */
static bool mentions_us(const struct cli_doctor *d, const struct pjwt_stack *stack)
{
        char path[512];
        bool mentions = false;

        if (stack->start == PJWT_STACK_STARTS && !stack->unknown)
                return false;
        for (size_t i = 0; cli_pam_dirs[i] && !mentions; i++) {
                snprintf(path, sizeof(path), "%s/%s", cli_pam_dirs[i], stack->service);
                mentions = cli_pam_mentions(d->root, path, CLI_PAM_US);
        }
        return mentions;
}

bool cli_doctor_uses_us(const struct cli_doctor *d, const char *service)
{
        struct pjwt_stack *stack = NULL;
        bool uses = cli_pam_read(d->root, service, &stack) &&
                    (cli_pam_find(stack, PJWT_STACK_AUTH, CLI_PAM_US, 0) || mentions_us(d, stack));

        pjwt_stack_free(stack);
        return uses;
}

/* --- services --- */

/* Of one of our session lines. */
static size_t index_of(const struct pjwt_stack *stack, const struct pjwt_stack_line *line)
{
        return (size_t)(line - pjwt_stack_chain(stack, PJWT_STACK_SESSION)->lines);
}

/* session_until_exp: pam_systemd reads what our session line has set. */
static void look_at_end(struct cli_doctor *d, const char *service, const struct pjwt_stack *stack)
{
        const struct pjwt_stack_line *us = cli_pam_find(stack, PJWT_STACK_SESSION, CLI_PAM_US, 0);
        const struct pjwt_service *section = NULL;
        struct pjwt_error ignored = {0};
        struct pjwt_origin origin;

        if (pjwt_service_find(d->conf, service, &section, &ignored) != PJWT_OK || !section ||
            !section->session_until_exp ||
            (us && cli_pam_find(stack, PJWT_STACK_SESSION, "pam_systemd.so", index_of(stack, us) + 1)))
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
static bool configured_by_arguments(const struct pjwt_stack_line *us)
{
        for (size_t i = 0; i < us->arg_count; i++)
                if (strncmp(us->args[i], "issuer=", 7) == 0 || strncmp(us->args[i], "config=", 7) == 0)
                        return true;
        return false;
}

static void look_at_configuration(struct cli_doctor *d, const char *service, const struct pjwt_stack *stack,
                                  const struct pjwt_stack_line *us)
{
        if (!d->conf || configured_by_arguments(us))
                return;
        look_at_end(d, service, stack);
        if (!is_named(d->conf, service))
                cli_found(d, CLI_FIND_SERVICE_UNNAMED, NULL, "/etc/pam.d/%s uses pam_jwt", service);
}

static bool has_capitals(const char *service)
{
        for (; *service; service++)
                if (isupper((unsigned char)*service))
                        return true;
        return false;
}

/* A file that libpam never reads, and that was meant for tokens. */
static bool look_at_capitals(struct cli_doctor *d, const char *service)
{
        char name[512];

        snprintf(name, sizeof(name), "/etc/pam.d/%s", service);
        if (!cli_pam_mentions(d->root, name, CLI_PAM_US))
                return false;
        cli_found(d, CLI_FIND_PAM_CAPITALS, NULL, "%s", name);
        return true;
}

/*
 * A service that does not use pam_jwt is not judged. What libpam does not read whole is not judged further.
 */
static bool look_at_service(struct cli_doctor *d, const char *service)
{
        struct pjwt_stack *stack = NULL;
        const struct pjwt_stack_line *us;
        bool asks;

        if (has_capitals(service))
                return look_at_capitals(d, service);
        if (!cli_pam_read(d->root, service, &stack))
                return false;
        us = cli_pam_find(stack, PJWT_STACK_AUTH, CLI_PAM_US, 0);
        asks = us || mentions_us(d, stack);
        if (asks) {
                cli_doctor_stack_faults(d, stack);
                cli_doctor_pam_modes(d, stack);
        }
        if (us && stack->start == PJWT_STACK_STARTS && !stack->unknown) {
                cli_doctor_pam_lines(d, service, stack, us);
                look_at_configuration(d, service, stack, us);
        }
        pjwt_stack_free(stack);
        return asks;
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

/* Copies that editors and package managers leave are not services; common-* are included by others. */
static int is_service(const struct dirent *entry)
{
        static const char *const tails[] = {"~", ".bak", ".orig", ".old", ".pam-old", ".pam-new"};
        const char *name = entry->d_name;
        size_t len = strlen(name);

        for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
                if (len > strlen(tails[i]) && strcmp(name + len - strlen(tails[i]), tails[i]) == 0)
                        return 0;
        return *name != '.' && !strstr(name, ".dpkg-") && !strstr(name, ".ucf-") &&
               strncmp(name, "common-", 7) != 0;
}

/* libpam reads a service from the first of its directories that has the file. */
static bool is_read_elsewhere(const struct cli_doctor *d, size_t dir, const char *service)
{
        char name[512];
        char path[512];
        struct stat st;

        for (size_t i = 0; i < dir; i++) {
                snprintf(name, sizeof(name), "%s/%s", cli_pam_dirs[i], service);
                if (stat(cli_root_path(d, name, path), &st) == 0)
                        return true;
        }
        return false;
}

static size_t look_in(struct cli_doctor *d, size_t dir,
                      bool (*look)(struct cli_doctor *d, const char *service))
{
        struct dirent **entries = NULL;
        char path[512];
        int count = scandir(cli_root_path(d, cli_pam_dirs[dir], path), &entries, is_service, by_name);
        size_t found = 0;

        for (int i = 0; i < count; i++) {
                if (!is_read_elsewhere(d, dir, entries[i]->d_name))
                        found += look(d, entries[i]->d_name);
                free(entries[i]);
        }
        free(entries);
        return found;
}

size_t cli_doctor_services(struct cli_doctor *d, bool (*look)(struct cli_doctor *d, const char *service))
{
        size_t found = 0;

        for (size_t dir = 0; cli_pam_dirs[dir]; dir++)
                found += look_in(d, dir, look);
        return found;
}

void cli_doctor_pam(struct cli_doctor *d)
{
        if (cli_doctor_services(d, look_at_service) == 0) {
                cli_found(d, CLI_FIND_PAM_NONE, NULL, "no auth line in /etc/pam.d contains " CLI_PAM_US);
                return;
        }
        if (!module_is_there(d))
                cli_found(d, CLI_FIND_PAM_MODULE, NULL, CLI_PAM_US " is not in " PJWT_MODULE_DIR);
        look_at_siblings(d);
        if (d->conf)
                look_at_unused(d);
}
