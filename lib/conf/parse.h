/* From texts to a policy. Pure; load.c opens the files. */
#ifndef PJWT_PARSE_H
#define PJWT_PARSE_H

#include "conf.h"

/* One text while it is read. */
struct pjwt_source {
        char *file;
        char *text; /* room for one byte more */
        size_t len;
};

/* All of them, in order. The zero value is none. */
struct pjwt_sources {
        struct pjwt_source *at;
        size_t count;
};

/*
 * Adds a text of len bytes, from malloc() and with room for one more byte; takes it over, also when it fails.
 * text NULL: PJWT_NO_MEMORY. Returns PJWT_OK or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sources_add(struct pjwt_sources *sources, const char *file, char *text, size_t len,
                                  struct pjwt_error *reterr);

/* pjwt_conf_check() of these texts, which go over to the policy. report may be NULL. */
enum pjwt_reason pjwt_sources_check(struct pjwt_sources *sources, const char *hostname,
                                    pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                    struct pjwt_error *reterr);

void pjwt_sources_free(struct pjwt_sources *sources);

#endif
