/*
 * Checks claims of a verified token: times, issuer, audience, type, required claims (RFC 7519 section 4).
 * Pure.
 */
#ifndef PJWT_CLAIMS_H
#define PJWT_CLAIMS_H

#include "reason.h"
#include "token.h"

enum {
        PJWT_SKIP_EXP = 1,
        PJWT_SKIP_NBF = 2,
        PJWT_SKIP_IAT = 4,
        PJWT_SKIP_AUD = 8,
        PJWT_SKIP_ISS = 16,
        /*
         * for `pamjwt decode`: exp and aud are optional, but checked if present. Never set for a login, for
         * which exp, iss and aud are required.
         */
        PJWT_IF_PRESENT = 32,
        PJWT_MAY_BE_BOUND = 64, /* the caller checks cnf (bound.h); otherwise a token with cnf is refused */
};

/* The requirements for a token. Lists end with NULL and are borrowed; NULL is an empty list. */
struct pjwt_claims_policy {
        const char *issuer;          /* NULL: not compared (needs PJWT_IF_PRESENT or PJWT_SKIP_ISS) */
        const char *const *audience; /* aud must contain one of these */
        const char *subject;         /* NULL: not compared */
        /* empty: any; compared without case and without "application/" (RFC 7515 4.1.9) */
        const char *const *typ;
        const char *const *require; /* further required claims */
        /* empty: any; otherwise azp, or client_id if there is no azp, must be one of these */
        const char *const *clients;
        int64_t leeway;       /* seconds */
        int64_t max_lifetime; /* maximum seconds from iat (or now, if absent) to exp; 0: no limit */
        unsigned flags;
};

/* Values read during the checks, for the decision and the audit line. */
struct pjwt_times {
        int64_t exp; /* 0: absent */
        int64_t nbf;
        int64_t iat;
};

/*
 * Checks the times, issuer, audience, type and required claims of a token whose signature has been
 * verified.
 * now: seconds since the epoch, passed by the caller.
 * rettimes: filled on success; may be NULL.
 * A token is valid if now < exp + leeway and now >= nbf - leeway. A missing required claim is a failure.
 * Returns PJWT_OK, PJWT_CLAIM_MISSING, PJWT_CLAIM_TYPE, PJWT_EXPIRED, PJWT_NOT_YET_VALID,
 * PJWT_ISSUED_IN_FUTURE, PJWT_LIFETIME, PJWT_BAD_ISSUER, PJWT_BAD_AUDIENCE, PJWT_BAD_SUBJECT, PJWT_BAD_TYP,
 * PJWT_BAD_CLIENT, PJWT_BOUND.
 */
enum pjwt_reason pjwt_claims_check(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                   int64_t now, struct pjwt_times *rettimes, struct pjwt_error *reterr);

#endif
