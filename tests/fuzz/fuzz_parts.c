/*
 * A token in parts, put together again. The input is the answers, each ended by byte 0; byte 1 and a letter
 * stand for 500 of that letter, so that full parts are near.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pamjwt.h"
#include "reason.h"
#include "reply.h"
#include "shape.h"

enum { ANSWERS = PJWT_PARTS_MAX + 2, ANSWER_MAX = 40000 };

struct answers {
        struct pjwt_span given[ANSWERS];
        size_t count;
};

/*
 * One answer in memory of its exact size, so that ASan sees a byte too much. Returns where the next one
 * begins, or NULL without memory.
 */
static const uint8_t *read_answer(const uint8_t *at, const uint8_t *end, struct answers *answers)
{
        static char text[ANSWER_MAX + PJWT_PARTS_BODY];
        size_t len = 0;
        char *copy;

        for (; at < end && *at != 0 && len < ANSWER_MAX; at++) {
                size_t times = 1;

                if (*at == 1 && at + 1 < end && at[1] != 0) {
                        times = PJWT_PARTS_BODY;
                        at++;
                }
                memset(text + len, *at, times);
                len += times;
        }
        copy = malloc(len ? len : 1);
        if (!copy)
                return NULL;
        memcpy(copy, text, len);
        answers->given[answers->count++] = (struct pjwt_span){copy, len};
        return at < end ? at + 1 : end;
}

/* What was put together, taken apart by the rule, is what was answered. */
static void check_same(const struct answers *answers, const char *token, size_t len)
{
        struct pjwt_span first = pjwt_shape_trim(answers->given[0]);
        bool whole = first.len == len && memcmp(first.text, token, len) == 0;

        FUZZ_CHECK(len <= PJWT_TOKEN_MAX);
        for (size_t i = 0; !whole && i < answers->count; i++) {
                struct pjwt_span answer = answers->count == 1 ? first : answers->given[i];
                size_t from = i * PJWT_PARTS_BODY;
                size_t body = len - from < PJWT_PARTS_BODY ? len - from : PJWT_PARTS_BODY;
                char head[PJWT_PARTS_HEAD + 20];

                (void)snprintf(head, sizeof(head), "%02zu/%02zu:", i + 1, answers->count);
                FUZZ_CHECK(from <= len && answer.len == PJWT_PARTS_HEAD + body);
                FUZZ_CHECK(memcmp(answer.text, head, PJWT_PARTS_HEAD) == 0);
                FUZZ_CHECK(memcmp(answer.text + PJWT_PARTS_HEAD, token + from, body) == 0);
                FUZZ_CHECK(pjwt_parts_is_part(answer));
                FUZZ_CHECK(pjwt_parts_more(answer.len, i + 1) == (i + 1 < answers->count));
        }
}

static bool join(const struct answers *answers)
{
        size_t room = (size_t)PJWT_PARTS_MAX * PJWT_PARTS_BODY;
        struct pjwt_error err = {0};
        size_t len = SIZE_MAX;
        enum pjwt_reason reason;
        char *token;

        if (answers->count > 0 && answers->given[0].len > room)
                room = answers->given[0].len;
        token = malloc(room);
        if (!token)
                return false;
        reason = pjwt_parts_join(answers->given, answers->count, token, &len, &err);
        FUZZ_CHECK(reason == PJWT_OK || reason == PJWT_BAD_PARTS || reason == PJWT_TOO_LONG);
        FUZZ_CHECK((reason == PJWT_OK) == (len != SIZE_MAX));
        if (reason == PJWT_OK) {
                check_same(answers, token, len);
                (void)pjwt_shape_truncated((struct pjwt_span){token, len});
        }
        free(token);
        return reason == PJWT_OK;
}

/* The whole of what a login decides before any configuration is read. */
static void read_reply(const struct answers *answers)
{
        struct pjwt_reply reply = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason reason = pjwt_reply_read(answers->given, answers->count, &reply, &err);

        FUZZ_CHECK((reason == PJWT_OK) == (reply.token != NULL));
        FUZZ_CHECK(reason == PJWT_OK || err.reason == reason);
        FUZZ_CHECK(!reply.token || reply.len <= PJWT_TOKEN_MAX);
        pjwt_reply_name_truncated(&reply, &err);
        pjwt_reply_clear(&reply);
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct answers answers = {0};
        const uint8_t *at = data;
        bool accepted;

        while (at && at < data + size && answers.count < ANSWERS)
                at = read_answer(at, data + size, &answers);
        for (size_t i = 0; i < answers.count; i++) {
                (void)pjwt_shape_token(answers.given[i]);
                (void)pjwt_shape_stand_in(answers.given[i]);
        }
        accepted = at && join(&answers);
        if (answers.count > 0)
                read_reply(&answers);
        for (size_t i = 0; i < answers.count; i++)
                free((void *)(uintptr_t)answers.given[i].text);
        return accepted;
}
