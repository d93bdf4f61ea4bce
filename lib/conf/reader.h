/* The state while the texts of a configuration are read, and reporting errors at a line. Pure. */
#ifndef PJWT_READER_H
#define PJWT_READER_H

#include "conf.h"
#include "rows.h"

/* The state while texts are read. */
struct pjwt_reader {
        struct pjwt_conf *conf;
        const char *hostname;
        pjwt_conf_report_fn report; /* may be NULL */
        void *arg;
        struct pjwt_error *reterr;
        bool failed;
        bool no_memory;

        struct pjwt_origin host_origin; /* where [host] is set; file is NULL before that */
        unsigned host_lines[PJWT_HOST_LINES];

        size_t room[PJWT_KIND_COUNT]; /* capacity of the policy's arrays of sections */
        enum pjwt_kind
                kind; /* of the open section; PJWT_KIND_NONE: its keys are skipped, since it was refused */
        void *section;
        unsigned *lines;
        struct pjwt_origin origin; /* of the current line; its file lives in the arena */
        const char *key;

        struct pjwt_issuer new_issuer; /* the initial values of a section */
        struct pjwt_grant new_grant;
        struct pjwt_service new_service;
};

/* Sets the current line and key, for what is read or reported next. key may be NULL. */
void pjwt_reader_at(struct pjwt_reader *r, struct pjwt_origin origin, const char *key);

/* Reports an error at the current line. Returns false, for use in a return statement. */
__attribute__((format(printf, 2, 3))) bool pjwt_wrong(struct pjwt_reader *r, const char *fmt, ...);

/* Returns false as well. */
bool pjwt_reader_no_memory(struct pjwt_reader *r);

/* size bytes owned by the policy, zeroed; NULL if out of memory, which is recorded in the reader. */
void *pjwt_reader_alloc(struct pjwt_reader *r, size_t size);

/* A copy of len bytes and a NUL, likewise. */
char *pjwt_reader_dup(struct pjwt_reader *r, const char *s, size_t len);

/* A string in the text, which is owned by the policy. */
char *pjwt_kept(const char *s);

#endif
