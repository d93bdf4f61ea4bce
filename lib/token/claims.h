/* Claims of a verified token: time, issuer, audience, type, required claims (RFC 7519 section 4). Pure. */
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
         * the command's decode: exp is checked when it is there, and aud must match when it is there.
         * A login never sets this: there, exp, iss and aud are required.
         */
        PJWT_IF_PRESENT = 32,
        PJWT_MAY_BE_BOUND = 64, /* the caller judges cnf (bound.h); else a token with one is refused */
};

/* What a token must say. Lists end with NULL and are borrowed; NULL is an empty list. */
struct pjwt_claims_policy {
        const char *issuer;          /* NULL: not compared (needs PJWT_IF_PRESENT or PJWT_SKIP_ISS) */
        const char *const *audience; /* aud must hold one of these */
        const char *subject;         /* NULL: not compared */
        /* empty: any; compared without case and without "application/" (RFC 7515 4.1.9) */
        const char *const *typ;
        const char *const *require; /* further claims that must be there */
        /* empty: any; else azp, or client_id where there is no azp, is one of these */
        const char *const *clients;
        int64_t leeway;       /* seconds */
        int64_t max_lifetime; /* seconds from iat (now when absent) to exp; 0: no limit */
        unsigned flags;
};

/* What is read on the way, for the decision and the audit line. */
struct pjwt_times {
        int64_t exp; /* 0: not there */
        int64_t nbf;
        int64_t iat;
};

/*
 * Checks the time, issuer, audience, type and required claims of a token whose signature has been verified.
 * now: seconds since the epoch, chosen by the caller.
 * rettimes: filled on success; may be NULL. A token is valid while now < exp + leeway, and from now >= nbf -
 * leeway. A claim that is required and absent is a failure.
 * Returns PJWT_OK, PJWT_CLAIM_MISSING, PJWT_CLAIM_TYPE, PJWT_EXPIRED, PJWT_NOT_YET_VALID,
 * PJWT_ISSUED_IN_FUTURE, PJWT_LIFETIME, PJWT_BAD_ISSUER, PJWT_BAD_AUDIENCE, PJWT_BAD_SUBJECT, PJWT_BAD_TYP,
 * PJWT_BAD_CLIENT, PJWT_BOUND.
 */
enum pjwt_reason pjwt_claims_check(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                   int64_t now, struct pjwt_times *rettimes, struct pjwt_error *reterr);

#endif
