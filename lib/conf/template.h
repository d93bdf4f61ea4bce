/* User templates: `deploy`, `%{sub}`, `ci-\1`. Pure. */
#ifndef PJWT_TEMPLATE_H
#define PJWT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Describes what is wrong with a template, in static storage; NULL if it is valid. %{CLAIM} is replaced by
 * a claim (a JSON Pointer if it begins with /), \1 to \9 by a group; %% and \\ are literal.
 */
const char *pjwt_template_problem(const char *s);

/* Whether it is a literal name, without claim and group. Required for system accounts. */
bool pjwt_template_is_literal(const char *s);

/* The highest group number used; 0 if there is none. */
unsigned pjwt_template_groups(const char *s);

/* One piece: literal bytes, the name of a claim, or the number of a group. */
struct pjwt_piece {
        enum { PJWT_PIECE_TEXT, PJWT_PIECE_CLAIM, PJWT_PIECE_GROUP } kind;
        const char *text;
        size_t len;
        unsigned group;
};

/* The next piece at *cursor of a valid template; false at the end. */
bool pjwt_template_next(const char **cursor, struct pjwt_piece *ret);

#endif
