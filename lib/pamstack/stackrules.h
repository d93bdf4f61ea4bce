/* The ways in which one build of libpam reads and runs a stack differently from another. Pure. */
#ifndef PJWT_STACKRULES_H
#define PJWT_STACKRULES_H

#include <stdbool.h>
#include <stddef.h>

enum { PJWT_STACK_DIR_MAX = 128 };

/*
 * Each field is one difference, not one version: distributions patch libpam. All false is the oldest
 * behaviour that is still in use (Linux-PAM 1.5 as released upstream).
 */
struct pjwt_stack_rules {
        bool at_include;    /* Debian: "@include FILE"; a relative include is read from /etc/pam.d only */
        bool frozen_jumps;  /* Debian: in setcred and close_session a jump is not also "ok" */
        bool long_lines;    /* 1.7: lines of any length; a comment or an empty line ends a continued line */
        bool include_limit; /* 1.7: "include" counts towards the limit of 16 levels, not only "substack" */
        bool jump_limit; /* 1.7: a jump beyond INT_MAX makes the control invalid; earlier it wraps around */
        char vendor_dir[PJWT_STACK_DIR_MAX]; /* searched after /usr/lib/pam.d; "" if there is none */
};

/* A build that is known by name, for hosts whose library cannot be read. */
struct pjwt_stack_build {
        const char *name; /* "debian-12" */
        struct pjwt_stack_rules rules;
};

/* The builds that are known, ended by a row whose name is NULL. Static storage. */
const struct pjwt_stack_build *pjwt_stack_builds(void);

/* The rules of the build with that name; NULL if it is unknown. */
const struct pjwt_stack_rules *pjwt_stack_rules_of_build(const char *name);

/*
 * Finds the rules in the bytes of a libpam.so.0: each difference shows in a text that the library contains,
 * so a patched or backported library is described as it is and not by its version.
 * ret: untouched unless true is returned.
 * Returns false if the bytes are not those of a libpam.
 */
bool pjwt_stack_rules_of_library(const void *bytes, size_t len, struct pjwt_stack_rules *ret);

#endif
