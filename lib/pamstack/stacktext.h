/* The lines of a PAM configuration file as libpam joins and splits them, and the words of a line. Pure. */
#ifndef PJWT_STACKTEXT_H
#define PJWT_STACKTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "stackrules.h"

/* libpam before 1.7 reads a line into a buffer of this size. */
enum { PJWT_STACK_LINE_BUFFER = 1024 };

enum pjwt_stack_text_end {
        PJWT_STACK_TEXT_BROKEN,  /* the file ends within a continued line: libpam rejects the whole file */
        PJWT_STACK_TEXT_ENDLESS, /* libpam never returns: a backslash is the last byte that fits its buffer */
        PJWT_STACK_TEXT_EOF,
        PJWT_STACK_TEXT_LINE,
};

struct pjwt_stack_text {
        const struct pjwt_stack_rules *rules;
        char *bytes; /* owned; changed while it is read */
        size_t len;
        size_t at;
        unsigned line; /* of the file, at which `at` is */
        char *joined;  /* owned; the line that was read last */
};

/* What is noteworthy about a line. */
struct pjwt_stack_text_note {
        unsigned first;     /* the number of its first line in the file; from 1 */
        unsigned swallowed; /* the line that a comment or an empty line after a backslash let in; 0: none */
        unsigned split;     /* an over-long line of the file was split within or before it; 0: none */
};

/*
 * Begins to read. bytes: copied. rules: borrowed.
 * Returns false when memory runs out; pjwt_stack_text_free() may be called in any case.
 */
bool pjwt_stack_text_open(struct pjwt_stack_text *text, const struct pjwt_stack_rules *rules,
                          const char *bytes, size_t len);
void pjwt_stack_text_free(struct pjwt_stack_text *text);

/*
 * The next line without comments, joined with those that continue it.
 * ret: with _LINE, the line, ended by NUL; it may be changed, and is valid until the next call.
 * retnote: set in any case.
 */
enum pjwt_stack_text_end pjwt_stack_text_next(struct pjwt_stack_text *text, char **ret,
                                              struct pjwt_stack_text_note *retnote);

/*
 * The next word at *rest: up to a space, tab or newline, or what is between '[' and ']' (where "\]" is a
 * "]").
 * rest: NULL after the last word. The text is changed: each word is ended by NUL.
 * Returns NULL if there is no further word.
 */
char *pjwt_stack_word(char **rest);

#endif
