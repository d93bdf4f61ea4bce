#include "reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct reason_row {
        const char *name;
        enum pjwt_stage stage;
        const char *text;
};

static const struct reason_row rows[] = {
#define PJWT_REASON(code, name, stage, pam, text) [PJWT_##code] = {name, PJWT_STAGE_##stage, text},
#include "reasons.def"
#undef PJWT_REASON
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static const struct reason_row *row_of(enum pjwt_reason reason)
{
        size_t i = (size_t)reason;

        return i < ROW_COUNT ? &rows[i] : &rows[PJWT_UNDECIDED];
}

const char *pjwt_reason_name(enum pjwt_reason reason)
{
        return row_of(reason)->name;
}

const char *pjwt_reason_text(enum pjwt_reason reason)
{
        return row_of(reason)->text;
}

enum pjwt_stage pjwt_reason_stage(enum pjwt_reason reason)
{
        return row_of(reason)->stage;
}

enum pjwt_reason pjwt_reason_from_name(const char *name)
{
        for (size_t i = 0; name && i < ROW_COUNT; i++)
                if (strcmp(rows[i].name, name) == 0)
                        return (enum pjwt_reason)i;
        return PJWT_UNDECIDED;
}

const char *pjwt_stage_name(enum pjwt_stage stage)
{
        static const char *const names[PJWT_STAGE_COUNT] = {
                [PJWT_STAGE_NONE] = "none",       [PJWT_STAGE_CONF] = "conf",
                [PJWT_STAGE_PROMPT] = "prompt",   [PJWT_STAGE_TOKEN] = "token",
                [PJWT_STAGE_ISSUER] = "issuer",   [PJWT_STAGE_KEYS] = "keys",
                [PJWT_STAGE_VERIFY] = "verify",   [PJWT_STAGE_CLAIMS] = "claims",
                [PJWT_STAGE_BIND] = "bind",       [PJWT_STAGE_GRANT] = "grant",
                [PJWT_STAGE_SERVICE] = "service",
        };

        return (unsigned)stage < PJWT_STAGE_COUNT ? names[stage] : names[PJWT_STAGE_NONE];
}

enum pjwt_reason pjwt_fail(struct pjwt_error *err, enum pjwt_reason reason, const char *fmt, ...)
{
        va_list ap;

        if (reason == PJWT_OK)
                reason = PJWT_UNDECIDED;
        if (!err)
                return reason;
        if (err->reason != PJWT_UNDECIDED && err->reason != PJWT_OK)
                return err->reason; /* keep the first, most specific error */
        err->reason = reason;
        va_start(ap, fmt);
        (void)vsnprintf(err->detail, sizeof(err->detail), fmt, ap);
        va_end(ap);
        return reason;
}

enum pjwt_reason pjwt_fail_memory(struct pjwt_error *err)
{
        return pjwt_fail(err, PJWT_NO_MEMORY, "out of memory");
}
