/*
 * sshd_config and what it includes, read as sshd reads it, and evaluated for every kind of connection that
 * its Match blocks tell apart. `sshd -T` answers for one connection only, and the sshd of an image is not to
 * be run.
 */
#ifndef CLI_SSHDFILES_H
#define CLI_SSHDFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reason.h"

#define CLI_SSHD_CONFIG "/etc/ssh/sshd_config"

enum { CLI_SSHD_BLOCKS_MAX = 63, CLI_SSHD_CASES_MAX = 256 };

/* The keywords that decide who is asked for what. Their rows are in sshdfiles.c. */
enum cli_sshd_keyword {
        CLI_SSHD_PASSWORD,
        CLI_SSHD_KBDINT,
        CLI_SSHD_USEPAM,
        CLI_SSHD_METHODS,
        CLI_SSHD_KEYWORDS
};

/* A line with one of the keywords. Strings are owned by the struct cli_sshd_files. */
struct cli_sshd_line {
        enum cli_sshd_keyword keyword;
        char *value; /* lower case, words separated by one space */
        char *file;  /* on the host, without the root */
        unsigned number;
        int block; /* index of the Match block that it is in; -1: none */
};

struct cli_sshd_block {
        char *criteria; /* "User bob" */
        char *file;
        unsigned number;
        int parent; /* the Match block that its file was included in; -1: none */
};

struct cli_sshd_files {
        struct cli_sshd_line *lines;
        size_t line_count;
        struct cli_sshd_block blocks[CLI_SSHD_BLOCKS_MAX];
        size_t block_count;
};

/* A file that is not written yet, in place of what is there. path NULL: none. */
struct cli_sshd_draft {
        const char *path;
        const char *text; /* NULL: as if there were no such file */
};

/*
 * Reads the files.
 * root: "" for this host (see tree.h).
 * draft: may be NULL.
 * ret: for cli_sshd_files_free(), also on failure.
 * Returns PJWT_OK; PJWT_FILE_OPEN or PJWT_FILE_KIND with the place that could not be followed.
 */
enum pjwt_reason cli_sshd_files_read(const char *root, const struct cli_sshd_draft *draft,
                                     struct cli_sshd_files *ret, struct pjwt_error *reterr);
void cli_sshd_files_free(struct cli_sshd_files *files);

/* What holds for connections that the same Match blocks apply to. */
struct cli_sshd_case {
        uint64_t blocks;                                      /* which: bit N is block N */
        const struct cli_sshd_line *lines[CLI_SSHD_KEYWORDS]; /* that decide; NULL: sshd's default */
};

struct cli_sshd_cases {
        struct cli_sshd_case
                list[CLI_SSHD_CASES_MAX]; /* the first: connections that no Match block applies to */
        size_t count;
};

/*
 * Every case that can happen, for any user, group, address and so on: users and groups need not exist today.
 * Returns PJWT_OK; PJWT_FILE_SIZE if there are more than can be told apart.
 */
enum pjwt_reason cli_sshd_cases(const struct cli_sshd_files *files, struct cli_sshd_cases *ret,
                                struct pjwt_error *reterr);

/* What decides for a connection that exactly these blocks apply to. */
struct cli_sshd_case cli_sshd_evaluate(const struct cli_sshd_files *files, uint64_t blocks);

/* The value in a case, or sshd's default. */
const char *cli_sshd_case_value(const struct cli_sshd_case *c, enum cli_sshd_keyword keyword);
/*
 * Does sshd take passwords by its own method; does it ask PAM by keyboard-interactive? Also by
 * AuthenticationMethods.
 */
bool cli_sshd_case_password(const struct cli_sshd_case *c);
bool cli_sshd_case_kbdint(const struct cli_sshd_case *c);

/*
 * The next word at *p, without its quotes, and *p after it; NULL after the last one or at a comment. Changes
 * the text.
 * blanks: the characters that separate words.
 */
char *cli_sshd_word(char **p, const char *blanks);

#endif
