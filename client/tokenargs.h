/*
 * The command line of pamjwt-token: one row per option; --help, the manual and the completions are generated
 * from them.
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

/* Parses the command line. Returns false after printing an error. Strings are borrowed from argv. */
bool token_args_parse(int argc, char **argv, struct token_args *ret);

/*
 * The help; the manual, from the template on standard input; a completion. All print to standard output.
 */
void token_help(void);
int token_man(void);
int token_completion(const char *shell);

#endif
