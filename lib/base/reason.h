/* The error type: passes a failure up to the audit line. Pure. */
#ifndef PJWT_REASON_H
#define PJWT_REASON_H

#include "pamjwt.h"

/* The stages of a login, in the order in which a token passes them. */
enum pjwt_stage {
        PJWT_STAGE_NONE,
        PJWT_STAGE_CONF,
        PJWT_STAGE_PROMPT,
        PJWT_STAGE_TOKEN,
        PJWT_STAGE_ISSUER,
        PJWT_STAGE_KEYS,
        PJWT_STAGE_VERIFY,
        PJWT_STAGE_CLAIMS,
        PJWT_STAGE_BIND,
        PJWT_STAGE_GRANT,
        PJWT_STAGE_SERVICE,
        PJWT_STAGE_COUNT
};

/*
 * Records a failure and returns its reason, so that `return pjwt_fail(...)` is the whole error path.
 * err:    borrowed; an error already recorded is kept, since it is more specific. May be NULL.
 * reason: never PJWT_OK; PJWT_OK is turned into PJWT_UNDECIDED.
 * fmt:    printf format of one clause; text that does not fit is truncated.
 */
enum pjwt_reason pjwt_fail(struct pjwt_error *err, enum pjwt_reason reason, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* PJWT_NO_MEMORY with its text. */
enum pjwt_reason pjwt_fail_memory(struct pjwt_error *err);

/* The stage of a reason, and the name of a stage ("claims"). Static storage. */
enum pjwt_stage pjwt_reason_stage(enum pjwt_reason reason);
const char *pjwt_stage_name(enum pjwt_stage stage);

#endif
