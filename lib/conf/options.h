/* Module arguments of pam.d: rows of a table. An unknown one is an error. */
#ifndef PJWT_OPTIONS_H
#define PJWT_OPTIONS_H

#include "reason.h"

/*
 * The first prompt. client/pamjwt-askpass answers exactly this, or what PAMJWT_PROMPT says that `prompt=TEXT`
 * made of it: a change here is a change of the protocol.
 */
#define PJWT_PROMPT_DEFAULT "JWT or password: "

/* On which lines of pam.d an argument has a meaning. */
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

/* One argument, as the table has it; pam_jwt(8) is made from these. */
struct pjwt_option_doc {
        const char *name;
        const char *value; /* what stands behind the =, NULL for a flag */
        unsigned lines;    /* PJWT_LINE_... */
        const char *text;
};

/*
 * Reads the arguments of one line (PJWT_LINE_...).
 * ret: filled in any case: the defaults, then every argument that is understood. An argument that is not
 * understood does not stop the reading, since a password must still reach the next module (design section 4).
 * Returns PJWT_OK, or PJWT_CONFIG naming the first argument that is unknown, misplaced, empty or contradicts
 * another.
 */
enum pjwt_reason pjwt_options_parse(int argc, const char **argv, unsigned line, struct pjwt_options *ret,
                                    struct pjwt_error *reterr);

/* The i-th row, false behind the last. */
bool pjwt_options_doc(size_t i, struct pjwt_option_doc *ret);

#endif
