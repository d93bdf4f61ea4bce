/* Runs a case through the stages in order. */
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
        const struct pjwt_key *key; /* verified the signature */
        char line[PJWT_AUDIT_MAX];  /* of a whole decision: the log line; otherwise empty */
};

/*
 * False if the case changed OpenSSL's error queue, which belongs to the application (SIG-25).
 * outcome_clear() frees what out contains.
 */
bool run_case(struct test_case *test, struct outcome *out);
void outcome_clear(struct outcome *out);

#endif
