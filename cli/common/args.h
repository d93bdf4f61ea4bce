/*
 * The command line: one row per option, one row per subcommand. The parser, --help, pamjwt(1) and the
 * completions are generated from these rows, so that they cannot disagree.
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
        CLI_LIST,    /* struct cli_list; may be repeated */
        CLI_WORDS,   /* struct cli_list; may be repeated, and separated by commas */
        CLI_SECONDS, /* struct cli_number; see duration.h */
        CLI_NUMBER,  /* struct cli_number */
};

/* What a shell completes for the argument of an option, or for a word that is not an option. */
enum cli_hint { CLI_ANY, CLI_FILE, CLI_ALGS, CLI_CLAIMS, CLI_USER, CLI_SERVICE, CLI_SHELLS };

struct cli_option {
        const char *name; /* without the dashes */
        enum cli_type type;
        const char *arg; /* its argument as shown in the help; NULL for a flag */
        enum cli_hint hint;
        const char *help;
        size_t offset; /* in the options of the subcommand */
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

/*
 * What every subcommand has: the first member of the struct of its options. Strings are borrowed from argv.
 */
struct cli_args {
        const struct cli_command *command;
        bool help;
        struct cli_list words; /* arguments that are not options */
};

/* What a subcommand provides: its options, and the function that runs it. */
struct cli_body {
        const struct cli_option *options; /* ended by a row without a name */
        size_t size;                      /* of its options: a struct that begins with a struct cli_args */
        int (*run)(const void *options);  /* returns an exit status; NULL: the command has exec */
};

/* One subcommand. */
struct cli_command {
        const char *name;
        const struct cli_body *body;
        int (*exec)(char **argv); /* instead: all arguments are for another program; ended by NULL */
        const char *synopsis;     /* its words, as in the help: "[JSON|-]" */
        const char *summary;      /* one clause */
        const char *about;        /* paragraphs, separated by an empty line */
        const char *examples;     /* lines */
        size_t words_min;
        size_t words_max;
        enum cli_hint hint; /* what its arguments are */
};

/* The i-th subcommand in the order of the help; NULL after the last. */
const struct cli_command *cli_command_at(size_t i);
/* NULL if there is none of this name. */
const struct cli_command *cli_command_find(const char *name);

/*
 * Parses the arguments after the subcommand's name into its options.
 * options: of command->body->size, all zero.
 * Returns CLI_YES, or CLI_ERROR after printing an error to standard error. Either way cli_args_clear() frees
 * the lists.
 */
int cli_args_parse(const struct cli_command *command, int argc, char **argv, void *options);
void cli_args_clear(const struct cli_command *command, void *options);

/* A decimal number that is not negative. */
bool cli_number(const char *text, int64_t *ret);
/* The time of --now or, if it is NULL or was not given, of the clock: the only place that reads it. */
int64_t cli_now(const struct cli_number *now);
/* "1700000000", "now", "+5m", "-1h" as seconds since the epoch. */
bool cli_time(const char *text, int64_t now, int64_t *ret);

/*
 * A row. Before its rows a file defines the struct they fill: #define CLI_OPTIONS struct NAME. A field whose
 * type does not match the row does not compile.
 */
#define CLI_OPT(name, type, arg, hint, field, help)                                                          \
        {                                                                                                    \
                name, type, arg, hint, help, CLI_OFFSET(CLI_TYPE_OF_##type, field)                           \
        }
#define CLI_OFFSET(field_type, field)                                                                        \
        (offsetof(CLI_OPTIONS, field) + 0 * sizeof((field_type *)0 == &((CLI_OPTIONS *)0)->field))
#define CLI_TYPE_OF_CLI_FLAG    bool
#define CLI_TYPE_OF_CLI_STRING  const char *
#define CLI_TYPE_OF_CLI_LIST    struct cli_list
#define CLI_TYPE_OF_CLI_WORDS   struct cli_list
#define CLI_TYPE_OF_CLI_SECONDS struct cli_number
#define CLI_TYPE_OF_CLI_NUMBER  struct cli_number

/* Rows that several subcommands share, for members of these names. */
#define CLI_OPT_HELP CLI_OPT("help", CLI_FLAG, NULL, CLI_ANY, args.help, "show this help")
#define CLI_OPT_JSON CLI_OPT("json", CLI_FLAG, NULL, CLI_ANY, json, "print one JSON object")
#define CLI_OPT_NOW                                                                                          \
        CLI_OPT("now", CLI_NUMBER, "SECONDS", CLI_ANY, now,                                                  \
                "use this as the current time (seconds since 1970)")
#define CLI_OPT_CONFIG                                                                                       \
        CLI_OPT("config", CLI_STRING, "FILE", CLI_FILE, config,                                              \
                "read this configuration instead of /etc/security/pam_jwt.conf")
#define CLI_OPT_END                                                                                          \
        {                                                                                                    \
                NULL, CLI_FLAG, NULL, CLI_ANY, NULL, 0                                                       \
        }

#endif
