/* The options of pam_jwt.conf, one row for each. Pure. */
#ifndef PJWT_ROWS_H
#define PJWT_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* The kinds of section. NONE: no section, or one that was refused. */
enum pjwt_kind {
        PJWT_KIND_HOST,
        PJWT_KIND_ISSUER,
        PJWT_KIND_GRANT,
        PJWT_KIND_SERVICE,
        PJWT_KIND_COUNT,
        PJWT_KIND_NONE
};

/* How a value is read. The parser switches on this, never on a key. */
enum pjwt_type {
        PJWT_TYPE_HOST,     /* a host name */
        PJWT_TYPE_MACHINE,  /* a machine id */
        PJWT_TYPE_WORD,     /* one string without spaces */
        PJWT_TYPE_WORDS,    /* strings separated by spaces */
        PJWT_TYPE_AUDIENCE, /* the same, with %h */
        PJWT_TYPE_TYPS,     /* media types */
        PJWT_TYPE_KEYS_URL, /* the URL of the keys */
        PJWT_TYPE_PROXY,
        PJWT_TYPE_ALGS,
        PJWT_TYPE_SECONDS,
        PJWT_TYPE_BOOL,
        PJWT_TYPE_BIND,
        PJWT_TYPE_PATH, /* an absolute path */
        PJWT_TYPE_ISSUER,
        PJWT_TYPE_USERS,    /* names and templates */
        PJWT_TYPE_SERVICES, /* PAM service names */
        PJWT_TYPE_SSHD_SERVICES,
        PJWT_TYPE_GLOBS, /* globs over host names */
        PJWT_TYPE_MATCH, /* match.CLAIM; see readmatch.c */
};

/* An option. Rows are static. */
struct pjwt_row {
        const char *name;
        enum pjwt_type type;
        size_t offset;    /* offset of its field in the struct of the section */
        const char *def;  /* as in the file; NULL: none */
        int64_t min, max; /* range of a duration, in seconds */
        const char *example;
        const char *help;
};

/* "host", "issuer", ...; kind is below PJWT_KIND_COUNT. */
const char *pjwt_kind_name(enum pjwt_kind kind);

/* The i-th row of a kind (below PJWT_KIND_COUNT) in the order of the documentation; NULL after the last. */
const struct pjwt_row *pjwt_row_at(enum pjwt_kind kind, size_t i);

/* The row of a key; *reti is set to its number, the index in the `lines` of a section. NULL: none. */
const struct pjwt_row *pjwt_row_find(enum pjwt_kind kind, const char *key, size_t *reti);

/* The line on which a key is set, from the `lines` of a section of this kind; 0 if it is not set. */
unsigned pjwt_row_line(enum pjwt_kind kind, const unsigned *lines, const char *key);

#endif
