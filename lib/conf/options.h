/* Module arguments in pam.d, as rows of a table. An unknown argument is an error. */
#ifndef PJWT_OPTIONS_H
#define PJWT_OPTIONS_H

#include "reason.h"

/*
 * The first prompt. client/pamjwt-askpass answers only this prompt, or the `prompt=TEXT` that it is given
 * in PAMJWT_PROMPT, so changing it changes the protocol.
 */
#define PJWT_PROMPT_DEFAULT "JWT or password: "

/* The types of pam.d lines on which an argument is allowed. */
enum {
        PJWT_LINE_AUTH = 1, /* authenticate and setcred */
        PJWT_LINE_ACCOUNT = 2,
        PJWT_LINE_SESSION = 4,
        PJWT_LINE_ANY = 7,
};

struct pjwt_options {
        const char *config; /* borrowed from argv, as all strings here */
        const char *issuer;
        const char *audience;
        const char *jwks;
        const char *prompt;
        const char *cache;
        bool try_first_pass;
        bool use_first_pass;
        bool nodelay;
        bool debug;
        bool observe;
        bool require_token; /* account line */
        bool revoked;       /* account line */
};

/* A row for the documentation; pam_jwt(8) is made from these. */
struct pjwt_option_doc {
        const char *name;
        const char *value; /* the value after the =, NULL for a flag */
        unsigned lines;    /* PJWT_LINE_... */
        const char *text;
};

/*
 * Reads the arguments of one line (PJWT_LINE_...).
 * ret: always filled: the defaults, then every valid argument. Reading continues after an invalid argument,
 * since a password must still be passed to the next module (design section 4).
 * Returns PJWT_OK, or PJWT_CONFIG naming the first argument that is unknown, not allowed here, empty or
 * contradicts another.
 */
enum pjwt_reason pjwt_options_parse(int argc, const char **argv, unsigned line, struct pjwt_options *ret,
                                    struct pjwt_error *reterr);

/* The i-th row, false after the last. */
bool pjwt_options_doc(size_t i, struct pjwt_option_doc *ret);

#endif
