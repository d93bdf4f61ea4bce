/* pamjwt ssh, pamjwt sudo: run the script client/pamjwt-ssh, which also works without this command. */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"

/*
 * Nothing fills this: the rows are for the help, the manual and completion. The script parses the options.
 */
struct ssh_options {
        struct cli_args args;
        const char *token_file;
        const char *token_command;
        const char *audience;
        bool send_anyway;
};

#define CLI_OPTIONS struct ssh_options

static const struct cli_option option_rows[] = {
        CLI_OPT("token-file", CLI_STRING, "FILE", CLI_FILE, token_file, "read the token from FILE"),
        CLI_OPT("token-command", CLI_STRING, "TEXT", CLI_ANY, token_command,
                "run the shell command TEXT, which prints the token"),
        CLI_OPT("audience", CLI_STRING, "AUD", CLI_ANY, audience,
                "the aud the token must contain instead of ssh://%h; %h is replaced by the host, as ssh "
                "shows it in its prompts"),
        CLI_OPT("send-anyway", CLI_FLAG, NULL, CLI_ANY, send_anyway,
                "send the token even if it has expired or is for another host"),
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* first: an argument before the caller's, or NULL. Returns only if the script cannot be run. */
static int run_script(const char *first, char **argv)
{
        static const char script[] = PAMJWT_SSH_PATH;
        const char **all;
        size_t given = 0;
        size_t count = 0;

        while (argv[given])
                given++;
        all = calloc(given + 3, sizeof(*all));
        if (!all) {
                cli_complain("no-memory", "out of memory");
                return CLI_ERROR;
        }
        all[count++] = script;
        if (first)
                all[count++] = first;
        memcpy(all + count, argv, given * sizeof(*all));
        execv(script, (char *const *)(uintptr_t)all);
        cli_complain("file-open", "%s: %s", script, strerror(errno));
        free(all);
        return CLI_ERROR;
}

int cli_ssh(char **argv)
{
        return run_script(NULL, argv);
}

int cli_sudo(char **argv)
{
        return run_script("--sudo", argv);
}

const struct cli_body cli_ssh_body = {option_rows, sizeof(struct ssh_options), NULL};
