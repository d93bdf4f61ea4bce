/* User templates: `deploy`, `%{sub}`, `ci-\1`. Pure. */
#ifndef PJWT_TEMPLATE_H
#define PJWT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What is wrong with a template, in static storage; NULL when nothing is. %{CLAIM} stands for a claim (a JSON
 * Pointer when it begins with /), \1 to \9 for a group, %% and \\ for themselves.
 */
const char *pjwt_template_problem(const char *s);

/* Does it spell a name, without claim and group? Only such a one opens system accounts. */
bool pjwt_template_is_literal(const char *s);

/* The highest group that it takes; 0 when it takes none. */
unsigned pjwt_template_groups(const char *s);

/* One piece: its bytes are literal, or the name of a claim, or a group's number. */
struct pjwt_piece {
        enum { PJWT_PIECE_TEXT, PJWT_PIECE_CLAIM, PJWT_PIECE_GROUP } kind;
        const char *text;
        size_t len;
        unsigned group;
};

/* The next piece behind *cursor of a template without problem; false at the end. */
bool pjwt_template_next(const char **cursor, struct pjwt_piece *ret);

#endif
