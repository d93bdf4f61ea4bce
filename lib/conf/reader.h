/* What is known while the texts of a configuration are read, and how an error is reported at a line. Pure. */
#ifndef PJWT_READER_H
#define PJWT_READER_H

#include "conf.h"
#include "rows.h"

/* While texts are read. */
struct pjwt_reader {
        struct pjwt_conf *conf;
        const char *hostname;
        pjwt_conf_report_fn report; /* may be NULL */
        void *arg;
        struct pjwt_error *reterr;
        bool failed;
        bool no_memory;

        struct pjwt_origin host_origin; /* of [host]; file is NULL before it was seen */
        unsigned host_lines[PJWT_HOST_LINES];

        size_t room[PJWT_KIND_COUNT]; /* sections that the arrays of the policy can hold */
        enum pjwt_kind
                kind; /* of the open section; PJWT_KIND_NONE: its keys are skipped, since it was refused */
        void *section;
        unsigned *lines;
        struct pjwt_origin origin; /* of the line at hand; its file lives in the arena */
        const char *key;

        struct pjwt_issuer new_issuer; /* what a section starts as */
        struct pjwt_grant new_grant;
        struct pjwt_service new_service;
};

/* What is read, or found wrong, from here on is of this line and key. key may be NULL. */
void pjwt_reader_at(struct pjwt_reader *r, struct pjwt_origin origin, const char *key);

/* An error at the line at hand. False, so that `return pjwt_wrong(...)` reads well. */
__attribute__((format(printf, 2, 3))) bool pjwt_wrong(struct pjwt_reader *r, const char *fmt, ...);

/* False, likewise. */
bool pjwt_reader_no_memory(struct pjwt_reader *r);

/* size bytes of the policy, zeroed; NULL when memory runs out, which the reader then knows. */
void *pjwt_reader_alloc(struct pjwt_reader *r, size_t size);

/* A copy of len bytes and a NUL, likewise. */
char *pjwt_reader_dup(struct pjwt_reader *r, const char *s, size_t len);

/* A string of a line lives in the text, and the text in the policy. */
char *pjwt_kept(const char *s);

#endif
