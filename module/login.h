/* One login attempt: the steps of pam_sm_authenticate(), in order. */
#ifndef PJWT_LOGIN_H
#define PJWT_LOGIN_H

#include <security/pam_modules.h>

#include "decide.h"
#include "options.h"
#include "prompt.h"
#include "record.h"

struct pjwt_judge;

/* The state of one attempt. Free with pjwt_login_end(). */
struct pjwt_login {
        pam_handle_t *pamh;
        const struct pjwt_judge *judge; /* NULL as long as nothing needed it (judge.h) */
        struct pjwt_options options;
        struct pjwt_error arguments; /* error in the arguments; reported only if there is a token */
        struct pjwt_request request;
        struct pjwt_reply reply;
        struct pjwt_conf *conf; /* loaded when needed; the decision borrows from it */
        struct pjwt_decision decision;
        struct pjwt_record *caller; /* the login record of the session that the caller is in; NULL: none */
        struct pjwt_record *record; /* of the accepted token or the caller's record */
        int64_t judged_ms;          /* how long the judgement took: it may have waited for keys */
};

/* Reads the arguments; without observe, removes what the handle accepted before. */
void pjwt_login_begin(pam_handle_t *pamh, int argc, const char **argv, struct pjwt_login *ret);

/* Is this sudo or its like, and may there be a record? Else the judge is not loaded before the prompt. */
bool pjwt_login_may_reuse(const struct pjwt_login *login);

/*
 * Decides on the reply, or on the failure to get one; loads the judge only for what looks like a token. The
 * decision says which.
 */
void pjwt_login_decide(struct pjwt_login *login, enum pjwt_reason asked);

/*
 * In the judge, all that follows.
 *
 * reuse_login: whether the token of the login that the caller is in is accepted. Only for a set-uid program
 * (sudo), and only if there is a record; otherwise no configuration is read. If the record does not meet
 * the service's requirements, this is logged, and a token is requested.
 * Returns PJWT_OK, or PJWT_NO_RECORD.
 */
enum pjwt_reason pjwt_login_reuse(struct pjwt_login *login);

/* Judges the token of the reply. */
void pjwt_login_judge(struct pjwt_login *login);

/*
 * Writes the login record of an accepted decision, and remembers it for later phases. A failure turns the
 * decision into a refusal.
 */
void pjwt_login_write_record(struct pjwt_login *login);

/*
 * Requests the delay after a refusal from libpam, in any case: libpam delays only if the whole stack
 * refuses. It is shortened by the time that the judgement took, so that a user whose token makes this
 * process wait for keys is refused as quickly as one who does not exist (attacks RVW-04). There is none in
 * a process that serves other people meanwhile (RVW-08).
 */
void pjwt_login_delay(struct pjwt_login *login);

void pjwt_login_end(struct pjwt_login *login);

#endif
