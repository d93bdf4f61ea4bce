#include "nearest.h"

#include <string.h>

#define LETTERS_MAX  64
#define DISTANCE_MAX 2 /* more differences make it a different word */

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
        unsigned least = a < b ? a : b;

        return least < c ? least : c;
}

/* The number of letters to change, add or remove (Levenshtein distance). */
static unsigned distance(const char *a, const char *b)
{
        unsigned row[LETTERS_MAX];
        size_t alen = strlen(a), blen = strlen(b);

        if (alen >= LETTERS_MAX || blen >= LETTERS_MAX)
                return DISTANCE_MAX + 1;
        for (size_t j = 0; j <= blen; j++)
                row[j] = (unsigned)j;
        for (size_t i = 1; i <= alen; i++) {
                unsigned diagonal = row[0];

                row[0] = (unsigned)i;
                for (size_t j = 1; j <= blen; j++) {
                        unsigned above = row[j];

                        row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
                        diagonal = above;
                }
        }
        return row[blen];
}

const char *pjwt_nearest(const char *word, pjwt_name_at_fn name_at, const void *table)
{
        const char *best = NULL, *name;
        unsigned least = DISTANCE_MAX + 1;

        for (size_t i = 0; (name = name_at(table, i)); i++) {
                unsigned d = distance(word, name);

                if (d < least && d < strlen(word) && d < strlen(name)) {
                        least = d;
                        best = name;
                }
        }
        return best;
}
