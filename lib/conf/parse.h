/* Reads a policy from texts. Pure; load.c opens the files. */
#ifndef PJWT_PARSE_H
#define PJWT_PARSE_H

#include "conf.h"

/* A text while it is read. */
struct pjwt_source {
        char *file;
        char *text; /* with room for one more byte */
        size_t len;
};

/* All texts, in order. Zero-initialised: none. */
struct pjwt_sources {
        struct pjwt_source *at;
        size_t count;
};

/*
 * Adds a text of len bytes, allocated with malloc() with room for one more byte; takes ownership of it,
 * also on failure. text NULL: PJWT_NO_MEMORY. Returns PJWT_OK or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sources_add(struct pjwt_sources *sources, const char *file, char *text, size_t len,
                                  struct pjwt_error *reterr);

/* pjwt_conf_check() for these texts, which become owned by the policy. report may be NULL. */
enum pjwt_reason pjwt_sources_check(struct pjwt_sources *sources, const char *hostname,
                                    pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                    struct pjwt_error *reterr);

void pjwt_sources_free(struct pjwt_sources *sources);

#endif
