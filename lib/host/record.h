/*
 * The login record (design section 7): the contents of an accepted token, kept by root for the session that
 * it opened, for use by sudo and `pamjwt sessions`. Never the token itself. For storage see recordstore.h.
 * Pure.
 */
#ifndef PJWT_RECORD_H
#define PJWT_RECORD_H

#include <sys/types.h>

#include "reason.h"
#include "strictjson.h"

/* All strings are owned; NULL: absent. */
struct pjwt_record {
        char *user;    /* the user who logged in, as the name was asked for */
        uid_t uid;     /* what says whose record it is: a name may be spelled in several ways */
        char *service; /* the PAM service of the login */
        char *rhost;
        char *issuer; /* the section's name */
        char *grant;
        char *iss; /* as in claims */
        char *sub;
        char *jti;
        char *kid;
        char *alg;
        char *typ;
        /* thumbprint of the ssh key that the token was bound to and that the login proved */
        char *bound_key;
        char *claims;  /* the token's payload, exactly as signed */
        int64_t since; /* when authenticate accepted it */
        int64_t exp;
        int64_t until;          /* exp plus the issuer's leeway */
        bool session_until_exp; /* the service requires that the session ends with the token */
        /*
         * The audit session in which authenticate ran, 0: none. A session that already existed then was not
         * opened by this login. PJWT_NO_SESSION: unknown.
         */
        int64_t session_before;
};

/* Wipes and frees. Accepts NULL. */
void pjwt_record_free(struct pjwt_record *record);

/* The record as JSON text, for pjwt_wipe_free_str(); NULL if out of memory. */
char *pjwt_record_text(const struct pjwt_record *record);

/*
 * Parses such a text. Missing or unknown members, or members of another type, are errors.
 * ret: on success a new record; untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_JSON, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_record_parse(const char *text, size_t len, struct pjwt_record **ret,
                                   struct pjwt_error *reterr);

#endif
