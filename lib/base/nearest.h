/* The name that was probably meant by one that does not exist: "did you mean". Pure. */
#ifndef PJWT_NEAREST_H
#define PJWT_NEAREST_H

#include <stddef.h>

/* The i-th name of a table, or of whatever table points to; NULL after the last. */
typedef const char *(*pjwt_name_at_fn)(const void *table, size_t i);

/*
 * The first of the names that are nearest to word: at most two letters to change, add or drop, and fewer than
 * the word and the name have. NULL when no name is that near. A word or name of 64 letters or more is near to
 * none.
 */
const char *pjwt_nearest(const char *word, pjwt_name_at_fn name_at, const void *table);

#endif
