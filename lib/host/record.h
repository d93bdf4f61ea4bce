/*
 * The login record (design section 7): what an accepted token said, kept by root for the session that it
 * opened, so that sudo can ask for it and `pamjwt sessions` can show it. Never the token. Where records are
 * kept: recordstore.h. Pure.
 */
#ifndef PJWT_RECORD_H
#define PJWT_RECORD_H

#include <sys/types.h>

#include "reason.h"
#include "strictjson.h"

/* All strings are owned; those that are NULL were not there. */
struct pjwt_record {
        char *user; /* whom the token let in */
        uid_t uid;
        char *service; /* the PAM service where it did */
        char *rhost;
        char *issuer; /* the section's name */
        char *grant;
        char *iss; /* as in claims */
        char *sub;
        char *jti;
        char *kid;
        char *alg;
        char *typ;
        /* thumbprint of the ssh key that the token was bound to, and that the login proved */
        char *bound_key;
        char *claims;  /* the token's payload, exactly as signed */
        int64_t since; /* when authenticate accepted it */
        int64_t exp;
        int64_t until;          /* exp and the issuer's leeway */
        bool session_until_exp; /* the service demands that the session ends with the token */
};

/* Wipes and frees. Accepts NULL. */
void pjwt_record_free(struct pjwt_record *record);

/* The record as JSON text, to be freed by pjwt_wipe_free_str(); NULL when memory runs out. */
char *pjwt_record_text(const struct pjwt_record *record);

/*
 * Reads such a text. Anything missing, unknown or of another type is refused.
 * ret: on success a new record; untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_JSON, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_record_parse(const char *text, size_t len, struct pjwt_record **ret,
                                   struct pjwt_error *reterr);

/* Is it the record of this user's login? */
bool pjwt_record_is_of(const struct pjwt_record *record, const char *name, uid_t uid);

#endif
