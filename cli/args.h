/*
 * The command line: one row an option, one row a subcommand. The parser, --help, pamjwt(1) and the
 * completions are made from these rows, so that they cannot disagree.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out.h"

enum cli_type {
        CLI_FLAG,    /* bool */
        CLI_STRING,  /* const char * */
        CLI_LIST,    /* struct cli_list; may be given several times */
        CLI_WORDS,   /* struct cli_list; several times, and separated by commas */
        CLI_SECONDS, /* struct cli_number; see duration.h */
        CLI_NUMBER,  /* struct cli_number */
};

/* What a shell offers for the argument of an option, or for a word that is none. */
enum cli_hint { CLI_ANY, CLI_FILE, CLI_ALGS, CLI_CLAIMS, CLI_USER, CLI_SERVICE, CLI_SHELLS };

struct cli_option {
        const char *name; /* without the dashes */
        enum cli_type type;
        const char *arg; /* its argument as shown in the help; NULL for a flag */
        enum cli_hint hint;
        const char *help;
        size_t offset; /* in struct cli_args */
};

struct cli_list {
        char **items; /* ended by NULL; NULL when empty */
        size_t count;
};

struct cli_number {
        bool given;
        int64_t value;
};

struct cli_command;

/* Every value that an option can set, and the words that are no options. Strings are borrowed from argv. */
struct cli_args {
        const struct cli_command *command;
        bool help;
        bool json;
        /* keys and tokens */
        const char *secret;
        const char *key;
        const char *jwks;
        const char *discover;
        const char *ca_file;
        const char *cache;
        const char *fetch;
        struct cli_list algs;
        const char *alg;
        const char *kid;
        const char *header;
        bool jws;
        bool complete;
        /* claims */
        const char *issuer;
        struct cli_list audience;
        const char *subject;
        const char *jti;
        const char *exp;
        const char *nbf;
        const char *iat;
        struct cli_number leeway;
        struct cli_list require;
        struct cli_list typ;
        struct cli_list skip;
        struct cli_number now;
        /* keys */
        struct cli_number bits;
        const char *out;
        bool pem;
        bool public_only;
        bool thumbprint;
        /* host */
        const char *config;
        const char *service;
        const char *user;
        const char *root;
        const char *revoked;
        const char *ssh_key;
        bool force;
        bool check_age;
        bool answer;
        bool offline;
        struct cli_number older_than;
        /* setup */
        const char *host_name;
        const char *stack;
        const char *login;
        const char *token;
        struct cli_list services;
        struct cli_list match;
        struct cli_number within;
        bool yes;
        bool confirm;
        bool undo;
        bool expired;
        /* sessions */
        const char *run_dir;
        bool end;
        bool dry_run;
        /* words that are no options */
        struct cli_list words;
};

/* One subcommand. */
struct cli_command {
        const char *name;
        int (*run)(const struct cli_args *args); /* returns an exit status */
        int (*exec)(char **argv);         /* instead: all words are another program's, NULL behind them */
        const char *synopsis;             /* its words, as in the help: "[JSON|-]" */
        const char *summary;              /* one clause */
        const char *about;                /* paragraphs, separated by an empty line */
        const char *examples;             /* lines */
        const struct cli_option *options; /* ended by a row without a name */
        size_t words_min;
        size_t words_max;
        enum cli_hint hint; /* what its words are */
};

/* The i-th subcommand in the order of the help; NULL behind the last. */
const struct cli_command *cli_command_at(size_t i);
/* NULL when there is none of this name. */
const struct cli_command *cli_command_find(const char *name);

/*
 * Reads the words behind the subcommand's name. ret->command is set by the caller; the rest is filled here.
 * Returns CLI_YES, or CLI_ERROR when something was not understood; it has then been said on stderr.
 */
int cli_args_parse(int argc, char **argv, struct cli_args *ret);
/* Frees the lists. */
void cli_args_clear(struct cli_args *args);

/* A decimal number that is not negative. */
bool cli_number(const char *text, int64_t *ret);
/* "1700000000", "now", "+5m", "-1h" as seconds since the epoch. */
bool cli_time(const char *text, int64_t now, int64_t *ret);

/* The rows that several subcommands share. */
#define CLI_OPT(name, type, arg, hint, field, help)                                                          \
        {                                                                                                    \
                name, type, arg, hint, help, offsetof(struct cli_args, field)                                \
        }
#define CLI_OPT_JSON CLI_OPT("json", CLI_FLAG, NULL, CLI_ANY, json, "print one JSON object")
#define CLI_OPT_HELP CLI_OPT("help", CLI_FLAG, NULL, CLI_ANY, help, "show this help")
#define CLI_OPT_NOW                                                                                          \
        CLI_OPT("now", CLI_NUMBER, "SECONDS", CLI_ANY, now,                                                  \
                "judge as if it were this time (seconds since 1970)")
#define CLI_OPT_CONFIG                                                                                       \
        CLI_OPT("config", CLI_STRING, "FILE", CLI_FILE, config,                                              \
                "the configuration instead of /etc/security/pam_jwt.conf")
#define CLI_OPT_CACHE                                                                                        \
        CLI_OPT("cache", CLI_STRING, "DIR", CLI_FILE, cache,                                                 \
                "the folder of cached keys instead of /var/cache/pam_jwt")
#define CLI_OPT_END                                                                                          \
        {                                                                                                    \
                NULL, CLI_FLAG, NULL, CLI_ANY, NULL, 0                                                       \
        }

#endif
