/* The stages in order, to one decision. The only file that knows the order. */
#ifndef PJWT_DECIDE_H
#define PJWT_DECIDE_H

#include "claims.h"
#include "conf.h"
#include "grant.h"
#include "keycache.h"
#include "reason.h"
#include "record.h"
#include "replay.h"
#include "revoked.h"

/* What is asked. Borrowed. */
struct pjwt_request {
        const char *token;
        size_t token_len;
        struct pjwt_user user;
        const char *service;
        const char *rhost; /* NULL: none */
        /* SSH_AUTH_INFO_0 of the PAM environment, as authenticate found it; NULL: none */
        const char *auth_info;
        const struct pjwt_record *login; /* of the session that the caller is in; NULL: none */
        int64_t now;
        struct pjwt_keycache keys;
        const char *revoked_file;  /* PJWT_REVOKED_FILE; NULL: there is no list */
        struct pjwt_replay replay; /* for one_use; all zero refuses where a service demands it */
};

/* One stage that was passed or failed, for `pamjwt check` and `debug`. */
struct pjwt_step {
        enum pjwt_stage stage;
        enum pjwt_reason outcome;
        char value[128];           /* what was seen */
        struct pjwt_origin origin; /* the configuration line that decided; file is NULL when none did */
};

#define PJWT_STEPS_MAX 16

/* One decision. All zero: refused. Free with pjwt_decision_clear(). */
struct pjwt_decision {
        struct pjwt_error error; /* reason is PJWT_OK only when accepted */
        bool verified;           /* the signature held: the fields below are true, else only claimed */
        char *iss;               /* NULL when not known; wiped when freed */
        char *sub;
        char *kid;
        char *jti;
        char *key_kid; /* of the key under which the signature held; NULL when it has none */
        /* thumbprint of the key that the token is bound to and that was proved; NULL: unbound */
        char *bound_key;
        const char *alg;                  /* static */
        const struct pjwt_issuer *issuer; /* borrowed from conf */
        const struct pjwt_grant *grant;
        const struct pjwt_service *service;
        struct pjwt_times times;
        struct pjwt_keycache_info keys;
        struct pjwt_revoked *revoked; /* owned; origins borrow from it */
        struct pjwt_step steps[PJWT_STEPS_MAX];
        size_t step_count;
};

/*
 * Judges one token: token -> issuer -> keys -> verify -> claims -> bound? -> revoked? -> service and its
 * demands -> grant -> use. The user comes last, so that known, unknown and forbidden users cost the same work
 * (PAM-15). one_use is recorded as the very last step, when all else has been accepted; with replay.look_only
 * it is looked up and not recorded.
 * ret: a decision in any case, for pjwt_decision_clear(); need not be initialised. It borrows from conf.
 * Returns ret->error.reason: PJWT_OK when the token opens the door, else why not.
 */
enum pjwt_reason pjwt_decide(const struct pjwt_conf *conf, const struct pjwt_request *request,
                             struct pjwt_decision *ret);

/*
 * Judges a login record in place of a token (reuse_login): was the token that opened the session of a kind
 * that is still welcome, now and here? issuer -> alg -> claims -> service, which must say reuse_login ->
 * grant -> its demands. The signature was verified when the record was made, and root keeps it;
 * request->token is not looked at. Otherwise as pjwt_decide().
 */
enum pjwt_reason pjwt_decide_record(const struct pjwt_conf *conf, const struct pjwt_request *request,
                                    const struct pjwt_record *record, struct pjwt_decision *ret);

void pjwt_decision_clear(struct pjwt_decision *decision);

#endif
