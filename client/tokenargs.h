/*
 * The command line of pamjwt-token: one row an option; --help, the manual and the completions are made from
 * them.
 */
#ifndef CLIENT_TOKENARGS_H
#define CLIENT_TOKENARGS_H

#include <stdbool.h>

struct token_args {
        const char *host;
        bool sudo;
        const char *config;
        bool renew;
        bool forget;
        bool qr;
        bool no_qr;
        bool json;
        bool help;
        bool version;
        bool man;
        const char *completion;
};

/* Reads the command line; a mistake is said on stderr. Returns false then. Strings are borrowed from argv. */
bool token_args_parse(int argc, char **argv, struct token_args *ret);

/*
 * The help; the manual's template on standard input with its tables filled in; a completion. All on standard
 * output.
 */
void token_help(void);
int token_man(void);
int token_completion(const char *shell);

#endif
