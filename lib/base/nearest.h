/* The existing name that is most similar to an unknown one, for "did you mean" messages. Pure. */
#ifndef PJWT_NEAREST_H
#define PJWT_NEAREST_H

#include <stddef.h>

/* The i-th name of the list that table points to; NULL after the last. */
typedef const char *(*pjwt_name_at_fn)(const void *table, size_t i);

/*
 * The first of the names most similar to word: at most two letters changed, added or removed, and fewer
 * than the letters of the word or of the name. NULL if no name is similar enough. A word or name of 64
 * letters or more is not similar to any other.
 */
const char *pjwt_nearest(const char *word, pjwt_name_at_fn name_at, const void *table);

#endif
