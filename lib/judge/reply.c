#include "reply.h"

#include <stdlib.h>

#include "clients.h"
#include "secret.h"

size_t pjwt_reply_typed(const struct pjwt_span *replies, size_t count)
{
        size_t bytes = 0;

        for (size_t i = 0; i < count; i++)
                bytes += replies[i].len;
        return bytes;
}

/* Whether the reply is for us. The first reply decides, since it would be passed to another module. */
static enum pjwt_reason check_shape(struct pjwt_span first, struct pjwt_error *reterr)
{
        if (pjwt_shape_stand_in(first) && first.len >= PJWT_SHAPE_LONG)
                return pjwt_fail(reterr, PJWT_STAND_IN,
                                 "%zu bytes that replace the reply: sshd refuses this user", first.len);
        if (first.len > PJWT_REPLY_MAX)
                return pjwt_fail(reterr, PJWT_TOO_LONG, "the reply is longer than %d bytes", PJWT_REPLY_MAX);
        if (!pjwt_shape_token(first) && !pjwt_parts_is_part(pjwt_shape_trim(first)))
                return pjwt_fail(reterr, PJWT_NOT_A_TOKEN, "%zu bytes", first.len);
        return PJWT_OK;
}

static enum pjwt_reason join(const struct pjwt_span *replies, size_t count, struct pjwt_reply *ret,
                             struct pjwt_error *reterr)
{
        size_t room = PJWT_PARTS_MAX * PJWT_PARTS_BODY;
        size_t len = 0;
        char *token;
        enum pjwt_reason reason;

        if (room < replies[0].len)
                room = replies[0].len;
        token = malloc(room + 1);
        if (!token)
                return pjwt_fail_memory(reterr);
        reason = pjwt_parts_join(replies, count, token, &len, reterr);
        if (reason == PJWT_OK && pjwt_shape_truncated((struct pjwt_span){token, len}))
                reason = pjwt_fail(reterr, PJWT_TRUNCATED,
                                   "%zu bytes without a third part; ssh truncates at %d", len, PJWT_SSH_MOST);
        if (reason != PJWT_OK) {
                pjwt_wipe_free(token, room);
                return reason;
        }
        token[len] = '\0';
        ret->token = token;
        ret->len = len;
        return PJWT_OK;
}

enum pjwt_reason pjwt_reply_read(const struct pjwt_span *replies, size_t count, struct pjwt_reply *ret,
                                 struct pjwt_error *reterr)
{
        enum pjwt_reason reason = check_shape(replies[0], reterr);

        ret->typed = pjwt_reply_typed(replies, count);
        return reason == PJWT_OK ? join(replies, count, ret, reterr) : reason;
}

void pjwt_reply_name_truncated(const struct pjwt_reply *reply, struct pjwt_error *error)
{
        struct pjwt_error seen = *error;

        if (reply->prompts > 1 || !pjwt_client_truncating_at(reply->typed) ||
            (seen.reason != PJWT_MALFORMED && seen.reason != PJWT_BAD_BASE64URL &&
             seen.reason != PJWT_BAD_SIGNATURE))
                return;
        *error = (struct pjwt_error){0};
        (void)pjwt_fail(error, PJWT_TRUNCATED, "%zu bytes, a length at which clients truncate; %s",
                        reply->typed, seen.detail);
}

void pjwt_reply_clear(struct pjwt_reply *reply)
{
        pjwt_wipe_free(reply->token, reply->len);
        *reply = (struct pjwt_reply){0};
}
