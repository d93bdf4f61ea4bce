/* sshd for the users that a Match block applies to: `sshd -T` reports none of their settings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "sshdfiles.h"
#include "tree.h"

/* Passwords are off for these users, and PAM takes them by keyboard-interactive. */
static bool takes_passwords(const struct cli_sshd_case *c)
{
        return strcmp(cli_sshd_case_value(c, CLI_SSHD_PASSWORD), "no") == 0 && cli_sshd_case_kbdint(c);
}

/* The Match block that makes it so; -1: it is so for all. */
static int block_of(const struct cli_sshd_case *c)
{
        if (c->lines[CLI_SSHD_PASSWORD] && c->lines[CLI_SSHD_PASSWORD]->block >= 0)
                return c->lines[CLI_SSHD_PASSWORD]->block;
        return c->lines[CLI_SSHD_KBDINT] ? c->lines[CLI_SSHD_KBDINT]->block : -1;
}

static void report(struct cli_doctor *d, const struct cli_sshd_files *files,
                   const struct cli_sshd_cases *cases, const char *password_line)
{
        uint64_t reported = 0;

        for (size_t i = 0; i < cases->count; i++) {
                int block = block_of(&cases->list[i]);
                const struct cli_sshd_block *b = block >= 0 ? &files->blocks[block] : NULL;

                if (!b || !takes_passwords(&cases->list[i]) || (reported >> block & 1))
                        continue;
                reported |= (uint64_t)1 << block;
                cli_found(d, CLI_FIND_SSHD_PASSWORDS, "KbdInteractiveAuthentication no in that Match block",
                          "%s:%u: passwords are off for \"Match %s\", but keyboard-interactive is not, and "
                          "%s has pam_unix.so",
                          b->file, b->number, b->criteria + strspn(b->criteria, " \t"), password_line);
        }
}

void cli_doctor_match(struct cli_doctor *d, const char *password_line)
{
        struct cli_sshd_cases *cases = calloc(1, sizeof(*cases));
        struct cli_sshd_files files = {0};
        struct pjwt_error err = {0};

        if (cases && cli_tree_is_there(d->root, CLI_SSHD_CONFIG)) {
                if (cli_sshd_files_read(d->root, NULL, &files, &err) != PJWT_OK ||
                    cli_sshd_cases(&files, cases, &err) != PJWT_OK)
                        cli_found(d, CLI_FIND_SSHD_MATCH, NULL, "%s", err.detail + strlen(d->root));
                else
                        report(d, &files, cases, password_line);
        }
        cli_sshd_files_free(&files);
        free(cases);
}
