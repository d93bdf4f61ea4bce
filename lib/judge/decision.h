/* A request, its decision, and the data noted for the log, `check` and the login record. Pure. */
#ifndef PJWT_DECISION_H
#define PJWT_DECISION_H

#include "claims.h"
#include "conf.h"
#include "grant.h"
#include "keycache.h"
#include "reason.h"
#include "record.h"
#include "replay.h"
#include "revoked.h"

/* A request. Borrowed. */
struct pjwt_request {
        const char *token;
        size_t token_len;
        struct pjwt_user user;
        const char *service;
        const char *rhost; /* NULL: none */
        /* SSH_AUTH_INFO_0 of the PAM environment, as found by authenticate; NULL: none */
        const char *auth_info;
        const struct pjwt_record *login; /* of the session that the caller is in; NULL: none */
        int64_t now;
        struct pjwt_moment read; /* when the clock was read for `now`; all zero: when the judgement begins */
        struct pjwt_keycache keys;
        const char *revoked_file; /* PJWT_REVOKED_FILE; NULL: there is no list */
        struct pjwt_accounts
                accounts;          /* for its `user` lines; all zero refuses where one has to be looked up */
        struct pjwt_replay replay; /* for one_use; if zero-initialised, services that require it refuse */
};

/* One stage that was passed or failed, for `pamjwt check` and `debug`. */
struct pjwt_stage_note {
        enum pjwt_stage stage;
        enum pjwt_reason outcome;
        char value[128];           /* what was found */
        struct pjwt_origin origin; /* the configuration line that decided; file is NULL if none did */
};

#define PJWT_STAGE_NOTES_MAX 16

/* A decision. Zero-initialised: refused. Free with pjwt_decision_clear(). */
struct pjwt_decision {
        struct pjwt_error error; /* reason is PJWT_OK only if accepted */
        bool verified;           /* valid signature: the fields below are verified, otherwise only claimed */
        char *iss;               /* NULL if unknown; wiped when freed */
        char *sub;
        char *kid;
        char *jti;
        char *key_kid; /* of the key that verified the signature; NULL if it has none */
        /* thumbprint of the key that the token is bound to and that was proved; NULL: not bound */
        char *bound_key;
        char *typ;                        /* of the header, once verified; NULL: none */
        char *claims;                     /* the payload, exactly as signed, once verified */
        const char *alg;                  /* static */
        const struct pjwt_issuer *issuer; /* borrowed from conf */
        const struct pjwt_grant *grant;
        const struct pjwt_service *service;
        struct pjwt_times times;
        struct pjwt_keycache_info keys;
        struct pjwt_revoked *revoked; /* owned; origins borrow from it */
        bool used;                    /* one_use: the use was recorded, also when the token is refused then */
        struct pjwt_stage_note stages[PJWT_STAGE_NOTES_MAX];
        size_t stage_count;
};

/*
 * Records a stage with what was found in it; omitted if there are too many.
 * Returns outcome, for use in a return statement.
 */
enum pjwt_reason pjwt_decision_note_stage(struct pjwt_decision *decision, enum pjwt_stage stage,
                                          enum pjwt_reason outcome, struct pjwt_origin origin,
                                          const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Copies a text, which may be NULL, to a field of the decision. Returns PJWT_OK, PJWT_NO_MEMORY. */
enum pjwt_reason pjwt_decision_note(struct pjwt_decision *decision, const char *text, size_t len,
                                    char **field);

/*
 * Copies the fields of a token for the audit line: iss, sub, jti, kid, alg. A claim of the wrong type is
 * omitted here; a later stage checks it.
 * Returns PJWT_OK, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_decision_note_token(struct pjwt_decision *decision, const struct pjwt_token *token);

/*
 * Copies the fields of a verified token for the login record: its typ and its payload.
 * Returns PJWT_OK, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_decision_note_signed(struct pjwt_decision *decision, const struct pjwt_token *token);

/*
 * The login record of an accepted token.
 * ret: on success a new record for pjwt_record_free(); untouched on failure.
 * Returns PJWT_OK, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_decision_record(const struct pjwt_request *request,
                                      const struct pjwt_decision *decision, struct pjwt_record **ret,
                                      struct pjwt_error *reterr);

/* Wipes and frees what the decision owns. */
void pjwt_decision_clear(struct pjwt_decision *decision);

#endif
