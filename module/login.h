/* One attempt to log in: what pam_sm_authenticate() does, in order. */
#ifndef PJWT_LOGIN_H
#define PJWT_LOGIN_H

#include <security/pam_modules.h>

#include "decide.h"
#include "options.h"
#include "prompt.h"
#include "record.h"

/* Everything that belongs to one attempt. Free with pjwt_login_end(). */
struct pjwt_login {
        pam_handle_t *pamh;
        struct pjwt_options options;
        struct pjwt_error arguments; /* what is wrong with them; told only when a token comes */
        struct pjwt_request request;
        struct pjwt_reply reply;
        struct pjwt_conf *conf; /* once it was needed; the decision borrows from it */
        struct pjwt_decision decision;
        struct pjwt_record *caller; /* the login record of the session that the caller is in; NULL: none */
        struct pjwt_record *record; /* of what was accepted, a token or the caller's record */
};

/* Reads the arguments, forgets what the handle accepted before, asks libpam for the delay. */
void pjwt_login_begin(pam_handle_t *pamh, int argc, const char **argv, struct pjwt_login *ret);

/*
 * reuse_login: does the token of the login that the caller came in by count here? Only for a set-uid program
 * (sudo), and only when there is a record; no configuration is read otherwise. A record that the service's
 * demands refuse is logged, and a token is asked for.
 * Returns PJWT_OK, or PJWT_NO_RECORD.
 */
enum pjwt_reason pjwt_login_reuse(struct pjwt_login *login);

/* Judges the reply, or the failure to get one. The decision says which. */
void pjwt_login_judge(struct pjwt_login *login, enum pjwt_reason asked);

/*
 * Writes the login record of an accepted decision, and remembers it for the phases that follow. A failure
 * turns the decision into a refusal.
 */
void pjwt_login_write_record(struct pjwt_login *login);

void pjwt_login_end(struct pjwt_login *login);

#endif
