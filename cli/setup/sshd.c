/* What sshd accepts from which user, before and after the changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup.h"
#include "sshdconf.h"
#include "sshdfiles.h"
#include "tree.h"

static int rejects(const struct pjwt_error *err)
{
        return cli_setup_in_the_way("sshd's configuration cannot be judged: %s", err->detail);
}

/* --- what is found --- */

/* The settings outside of all Match blocks. */
static void note_case(struct cli_setup *s, const struct cli_sshd_case *c)
{
        s->sshd_passwords = strcmp(cli_sshd_case_value(c, CLI_SSHD_PASSWORD), "yes") == 0;
        s->sshd_asks = strcmp(cli_sshd_case_value(c, CLI_SSHD_USEPAM), "yes") == 0 &&
                       strcmp(cli_sshd_case_value(c, CLI_SSHD_KBDINT), "yes") == 0;
        snprintf(s->sshd_methods, sizeof(s->sshd_methods), "%s", cli_sshd_case_value(c, CLI_SSHD_METHODS));
}

/*
 * Of this host, sshd itself is asked as well: it rejects what it does not understand, and a set-up must not
 * be blamed for that. If its answer is not that of the files, then they were not understood here.
 */
static int ask_sshd(const struct cli_setup *s)
{
        struct cli_buf out = {0};
        int r = CLI_YES;

        if (!s->options->dry_run)
                (void)mkdir("/run/sshd", 0755); /* without it sshd -T complains where no sshd has run yet */
        if (!cli_sshd_ask(CLI_SSHD, NULL, &out))
                r = cli_setup_in_the_way("sshd rejects its configuration: %s", out.bytes ? out.bytes : "");
        else if (cli_sshd_says(out.bytes, "passwordauthentication", "yes") != s->sshd_passwords ||
                 (cli_sshd_says(out.bytes, "usepam", "yes") && cli_sshd_kbdint(out.bytes)) != s->sshd_asks)
                r = cli_setup_in_the_way(
                        "sshd -T reports other settings than %s and what it includes; change sshd by "
                        "hand, as described in README",
                        CLI_SSHD_CONFIG);
        cli_buf_clear(&out);
        return r;
}

int cli_setup_look_at_sshd(struct cli_setup *s)
{
        struct pjwt_error err = {0};
        struct cli_sshd_files files;
        struct cli_sshd_case outside;

        if (!cli_setup_wants(s, "sshd"))
                return CLI_YES;
        if (!cli_tree_is_there(s->root, CLI_SSHD))
                return cli_setup_in_the_way("%s%s: %s", s->root, CLI_SSHD, strerror(ENOENT));
        if (cli_sshd_files_read(s->root, NULL, &files, &err) != PJWT_OK) {
                cli_sshd_files_free(&files);
                return rejects(&err);
        }
        outside = cli_sshd_evaluate(&files, 0);
        note_case(s, &outside);
        cli_sshd_files_free(&files);
        return *s->root ? CLI_YES : ask_sshd(s);
}

/* --- what the changes do --- */

/* The place of a setting, for a message. */
static const char *place(const struct cli_setup *s, const struct cli_sshd_line *line, char ret[700])
{
        if (line)
                snprintf(ret, 700, "%s%s:%u", s->root, line->file, line->number);
        else
                snprintf(ret, 700, "%s%s", s->root, CLI_SSHD_CONFIG);
        return ret;
}

/* The criteria of the block that a line is in, "" if it is in none. */
static const char *block_of(const struct cli_sshd_files *files, const struct cli_sshd_line *line)
{
        return line && line->block >= 0 ? files->blocks[line->block].criteria : "";
}

static int opened(const struct cli_setup *s, const struct cli_sshd_files *files,
                  const struct cli_sshd_case *c)
{
        const struct cli_sshd_line *line =
                c->lines[CLI_SSHD_PASSWORD] ? c->lines[CLI_SSHD_PASSWORD] : c->lines[CLI_SSHD_METHODS];
        const char *criteria = block_of(files, line);
        char at[700];

        if (*criteria)
                return cli_setup_in_the_way(
                        "%s: no passwords for \"Match %s\"; but they would be taken by "
                        "keyboard-interactive, which setup "
                        "switches on: write KbdInteractiveAuthentication no there, or choose --stack "
                        "token-only",
                        place(s, line, at), criteria + strspn(criteria, " \t"));
        return cli_setup_in_the_way(
                "%s: no passwords; but they would be taken by keyboard-interactive, which setup "
                "switches on: write PasswordAuthentication yes there, or choose --stack token-only",
                place(s, line, at));
}

static int closed(const struct cli_setup *s, const struct cli_sshd_files *files,
                  const struct cli_sshd_case *c)
{
        const struct cli_sshd_line *line = c->lines[CLI_SSHD_PASSWORD];
        const char *criteria = block_of(files, line);
        char at[700];

        return cli_setup_in_the_way(
                "%s: passwords are accepted for \"Match %s\" only; with the stack token-only, the "
                "default where PasswordAuthentication is no, they would be rejected: choose --stack "
                "token-only to accept that",
                place(s, line, at), criteria + strspn(criteria, " \t"));
}

static int compare(const struct cli_setup *s, enum cli_stack stack, const struct cli_sshd_files *before,
                   const struct cli_sshd_files *after, const struct cli_sshd_cases *cases)
{
        for (size_t i = 0; i < cases->count; i++) {
                const struct cli_sshd_case *old = &cases->list[i];
                struct cli_sshd_case changed = cli_sshd_evaluate(after, old->blocks);
                bool passwords = cli_sshd_case_password(old) || cli_sshd_case_kbdint(old);

                if (stack == CLI_STACK_EITHER && !passwords && cli_sshd_case_kbdint(&changed))
                        return opened(s, before, old);
                if (stack == CLI_STACK_TOKEN_ONLY && !s->options->stack && cli_sshd_case_password(old))
                        return closed(s, before, old);
        }
        return CLI_YES;
}

static struct cli_sshd_draft draft_of(const struct cli_setup *s)
{
        for (size_t i = 0; i < s->change_count; i++)
                if (strncmp(s->changes[i].path, "/etc/ssh/", 9) == 0)
                        return (struct cli_sshd_draft){s->changes[i].path, s->changes[i].text};
        return (struct cli_sshd_draft){0};
}

int cli_setup_check_sshd(const struct cli_setup *s, enum cli_stack stack)
{
        struct cli_sshd_draft draft = draft_of(s);
        struct cli_sshd_cases *cases = calloc(1, sizeof(*cases));
        struct cli_sshd_files before = {0};
        struct cli_sshd_files after = {0};
        struct pjwt_error err = {0};
        int r;

        if (!cases)
                r = cli_setup_in_the_way("out of memory");
        else if (cli_sshd_files_read(s->root, NULL, &before, &err) != PJWT_OK ||
                 cli_sshd_files_read(s->root, &draft, &after, &err) != PJWT_OK ||
                 cli_sshd_cases(&before, cases, &err) != PJWT_OK)
                r = rejects(&err);
        else
                r = compare(s, stack, &before, &after, cases);
        cli_sshd_files_free(&before);
        cli_sshd_files_free(&after);
        free(cases);
        return r;
}
