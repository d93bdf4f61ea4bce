/* What the files of sshd say for each kind of connection. */
#include <stdlib.h>
#include <string.h>

#include "sshdfiles.h"
#include "sshdmatch.h"

static const char *const defaults[CLI_SSHD_KEYWORDS] = {
        [CLI_SSHD_PASSWORD] = "yes",
        [CLI_SSHD_KBDINT] = "yes",
        [CLI_SSHD_USEPAM] = "no",
        [CLI_SSHD_METHODS] = "any",
};

const char *cli_sshd_case_value(const struct cli_sshd_case *c, enum cli_sshd_keyword keyword)
{
        return c->lines[keyword] ? c->lines[keyword]->value : defaults[keyword];
}

/* Is a method in AuthenticationMethods, alone or after others? */
static bool allows(const struct cli_sshd_case *c, const char *method)
{
        const char *methods = cli_sshd_case_value(c, CLI_SSHD_METHODS);

        return strcmp(methods, "any") == 0 || strstr(methods, method);
}

bool cli_sshd_case_password(const struct cli_sshd_case *c)
{
        return strcmp(cli_sshd_case_value(c, CLI_SSHD_PASSWORD), "yes") == 0 && allows(c, "password");
}

bool cli_sshd_case_kbdint(const struct cli_sshd_case *c)
{
        return strcmp(cli_sshd_case_value(c, CLI_SSHD_USEPAM), "yes") == 0 &&
               strcmp(cli_sshd_case_value(c, CLI_SSHD_KBDINT), "yes") == 0 &&
               allows(c, "keyboard-interactive");
}

/* A block in a file that another block includes applies only if that one does. */
static bool applies(const struct cli_sshd_files *files, uint64_t blocks, int block)
{
        for (; block >= 0; block = files->blocks[block].parent)
                if (!(blocks >> block & 1))
                        return false;
        return true;
}

/* The first value in a Match block that applies; else the first outside of all. */
struct cli_sshd_case cli_sshd_evaluate(const struct cli_sshd_files *files, uint64_t blocks)
{
        struct cli_sshd_case c = {.blocks = blocks};

        for (int matched = 1; matched >= 0; matched--)
                for (size_t i = 0; i < files->line_count; i++) {
                        const struct cli_sshd_line *line = &files->lines[i];

                        if ((line->block >= 0) == matched && !c.lines[line->keyword] &&
                            applies(files, blocks, line->block))
                                c.lines[line->keyword] = line;
                }
        return c;
}

/* The cases are told apart by what decides in them, not by which blocks apply. */
static bool add_case(struct cli_sshd_cases *cases, const struct cli_sshd_case *c)
{
        for (size_t i = 0; i < cases->count; i++)
                if (memcmp(cases->list[i].lines, c->lines, sizeof(c->lines)) == 0)
                        return true;
        if (cases->count == CLI_SSHD_CASES_MAX)
                return false;
        cases->list[cases->count++] = *c;
        return true;
}

enum pjwt_reason cli_sshd_cases(const struct cli_sshd_files *files, struct cli_sshd_cases *ret,
                                struct pjwt_error *reterr)
{
        const char *criteria[CLI_SSHD_BLOCKS_MAX];
        uint64_t *worlds = calloc(CLI_SSHD_WORLDS_MAX, sizeof(*worlds));
        size_t count = 0;
        bool good = true;

        ret->count = 0;
        for (size_t i = 0; i < files->block_count; i++)
                criteria[i] = files->blocks[i].criteria;
        if (worlds)
                count = cli_sshd_match_worlds(criteria, files->block_count, worlds);
        for (size_t i = 0; good && i < count; i++) {
                struct cli_sshd_case c = cli_sshd_evaluate(files, worlds[i]);

                good = add_case(ret, &c);
        }
        free(worlds);
        if (!good || count == 0)
                return pjwt_fail(reterr, PJWT_FILE_SIZE,
                                 CLI_SSHD_CONFIG
                                 ": its Match blocks are too many to be judged for every user");
        return PJWT_OK;
}
