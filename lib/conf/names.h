/* Names that must be unique across sections, and finding sections by name. Pure. */
#ifndef PJWT_NAMES_H
#define PJWT_NAMES_H

#include "reader.h"

/* A name and where it is set, for finding duplicates in n log n. */
struct pjwt_named {
        const char *name;
        struct pjwt_origin origin;
        size_t index;
};

/* Reports every name, and every iss, that two sections of the same kind share. */
void pjwt_names_check(struct pjwt_reader *r);

/*
 * The names of the issuer sections, sorted, for free(); NULL if out of memory, which is recorded in the
 * reader.
 */
struct pjwt_named *pjwt_names_of_issuers(struct pjwt_reader *r);

/* Finds one of `count` sorted names; NULL if there is none. */
const struct pjwt_named *pjwt_names_find(const struct pjwt_named *names, size_t count, const char *name);

#endif
