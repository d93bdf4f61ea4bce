/* Names that no two sections may share, and the sections that names mean. Pure. */
#ifndef PJWT_NAMES_H
#define PJWT_NAMES_H

#include "reader.h"

/* One name and where it was written, for finding repeated ones in n log n. */
struct pjwt_named {
        const char *name;
        struct pjwt_origin origin;
        size_t index;
};

/* Reports every name, and every iss, that two sections of one kind have. */
void pjwt_names_check(struct pjwt_reader *r);

/* The names of the issuer sections, sorted, for free(); NULL when memory runs out, which the reader knows. */
struct pjwt_named *pjwt_names_of_issuers(struct pjwt_reader *r);

/* One of `count` sorted names; NULL when there is none. */
const struct pjwt_named *pjwt_names_find(const struct pjwt_named *names, size_t count, const char *name);

#endif
