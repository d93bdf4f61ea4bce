#include "decision.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

enum pjwt_reason pjwt_decision_note_stage(struct pjwt_decision *decision, enum pjwt_stage stage,
                                          enum pjwt_reason outcome, struct pjwt_origin origin,
                                          const char *fmt, ...)
{
        struct pjwt_stage_note *note;
        va_list ap;

        if (decision->stage_count >= PJWT_STAGE_NOTES_MAX)
                return outcome;
        note = &decision->stages[decision->stage_count++];
        note->stage = stage;
        note->outcome = outcome;
        note->origin = origin;
        va_start(ap, fmt);
        (void)vsnprintf(note->value, sizeof(note->value), fmt, ap);
        va_end(ap);
        return outcome;
}

enum pjwt_reason pjwt_decision_note(struct pjwt_decision *decision, const char *text, size_t len,
                                    char **field)
{
        if (text)
                *field = pjwt_secret_dup(text, len);
        return !text || *field ? PJWT_OK : pjwt_fail_memory(&decision->error);
}

static enum pjwt_reason note_claim(struct pjwt_decision *decision, const struct pjwt_token *token,
                                   const char *name, char **field)
{
        size_t len = 0;
        const char *text = pjwt_token_claim(token, name, &len);

        return pjwt_decision_note(decision, text, len, field);
}

enum pjwt_reason pjwt_decision_note_token(struct pjwt_decision *decision, const struct pjwt_token *token)
{
        enum pjwt_reason reason = note_claim(decision, token, "iss", &decision->iss);

        decision->alg = token->alg->name;
        if (reason == PJWT_OK)
                reason = note_claim(decision, token, "sub", &decision->sub);
        if (reason == PJWT_OK)
                reason = note_claim(decision, token, "jti", &decision->jti);
        if (reason == PJWT_OK)
                reason = pjwt_decision_note(decision, token->kid, token->kid_len, &decision->kid);
        return reason;
}

enum pjwt_reason pjwt_decision_note_signed(struct pjwt_decision *decision, const struct pjwt_token *token)
{
        enum pjwt_reason reason = pjwt_decision_note(decision, token->typ, token->typ_len, &decision->typ);

        if (reason == PJWT_OK)
                reason = pjwt_decision_note(decision, (const char *)token->payload, token->payload_len,
                                            &decision->claims);
        return reason;
}

/* A copy of a string that may be NULL. False if out of memory. */
static bool copy(const char *text, char **ret)
{
        if (text)
                *ret = pjwt_secret_dup(text, strlen(text));
        return !text || *ret;
}

static bool fill_record(const struct pjwt_request *request, const struct pjwt_decision *decision,
                        struct pjwt_record *record)
{
        record->uid = request->user.uid;
        record->since = request->now;
        record->exp = decision->times.exp;
        record->until = decision->times.exp + decision->issuer->leeway;
        record->session_until_exp = decision->service && decision->service->session_until_exp;
        return copy(request->user.name, &record->user) && copy(request->service, &record->service) &&
               copy(request->rhost, &record->rhost) && copy(decision->issuer->name, &record->issuer) &&
               copy(decision->grant->name, &record->grant) && copy(decision->iss, &record->iss) &&
               copy(decision->sub, &record->sub) && copy(decision->jti, &record->jti) &&
               copy(decision->key_kid, &record->kid) && copy(decision->alg, &record->alg) &&
               copy(decision->bound_key, &record->bound_key) && copy(decision->typ, &record->typ) &&
               copy(decision->claims, &record->claims);
}

enum pjwt_reason pjwt_decision_record(const struct pjwt_request *request,
                                      const struct pjwt_decision *decision, struct pjwt_record **ret,
                                      struct pjwt_error *reterr)
{
        struct pjwt_record *record = calloc(1, sizeof(*record));

        if (!record || !fill_record(request, decision, record)) {
                pjwt_record_free(record);
                return pjwt_fail_memory(reterr);
        }
        *ret = record;
        return PJWT_OK;
}

void pjwt_decision_clear(struct pjwt_decision *decision)
{
        pjwt_wipe_free_str(decision->iss);
        pjwt_wipe_free_str(decision->sub);
        pjwt_wipe_free_str(decision->kid);
        pjwt_wipe_free_str(decision->jti);
        pjwt_wipe_free_str(decision->key_kid);
        pjwt_wipe_free_str(decision->bound_key);
        pjwt_wipe_free_str(decision->typ);
        pjwt_wipe_free_str(decision->claims);
        pjwt_revoked_free(decision->revoked);
        *decision = (struct pjwt_decision){0};
}
