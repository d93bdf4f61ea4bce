/* A compiled regular expression: what regexcompile.c writes and pattern.c runs. Pure. */
#ifndef PJWT_REGEXPROGRAM_H
#define PJWT_REGEXPROGRAM_H

#include <stdbool.h>

enum pjwt_op {
        PJWT_OP_CHAR,
        PJWT_OP_ANY,
        PJWT_OP_CLASS,
        PJWT_OP_SPLIT,
        PJWT_OP_JUMP,
        PJWT_OP_SAVE,
        PJWT_OP_MATCH
};

struct pjwt_inst {
        enum pjwt_op op;
        /* CHAR: code point; CLASS: first range, count; SPLIT: the two ways, better first; JUMP; SAVE */
        unsigned a, b;
        bool negated; /* CLASS */
};

struct pjwt_range {
        unsigned from, to;
};

#define PJWT_INST_MAX 1000 /* instructions of one expression */

struct pjwt_regex {
        unsigned groups;
        unsigned len;
        struct pjwt_range *ranges; /* after the instructions */
        struct pjwt_inst inst[];
};

/* One character of valid UTF-8, and *p after it; 0 at the end or for bytes that are none. */
unsigned pjwt_next_char(const char **p, const char *end);

#endif
