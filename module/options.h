/* Module arguments of pam.d: rows of a table. An unknown one is an error. */
#ifndef PJWT_OPTIONS_H
#define PJWT_OPTIONS_H

#include "reason.h"

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

/* Reads the arguments. Returns PJWT_OK, or PJWT_CONFIG naming the argument. ret is filled with the defaults first. */
enum pjwt_reason pjwt_options_parse(int argc, const char **argv, struct pjwt_options *ret, struct pjwt_error *reterr);

#endif
