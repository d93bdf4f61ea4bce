/* Carries a case through the stages in their order. */
#ifndef STAGES_H
#define STAGES_H

#include "audit.h"
#include "casefile.h"
#include "keyset.h"
#include "token.h"

struct outcome {
        enum pjwt_reason reason;
        struct pjwt_error err;
        struct pjwt_keyset *keys;
        struct pjwt_token *token;
        struct json_object *json;
        const struct pjwt_key *key; /* under which the signature held */
        char line[PJWT_AUDIT_MAX];  /* of a whole decision: what the log gets; else empty */
};

/*
 * False when the case left another error in OpenSSL's queue than it found there: a host process has its own
 * (SIG-25). outcome_clear() frees what out holds.
 */
bool run_case(struct test_case *test, struct outcome *out);
void outcome_clear(struct outcome *out);

#endif
