/*
 * Reassembling a token from parts. The input is a sequence of replies, each ended by byte 0; byte 1
 * followed by a letter represents 500 of that letter, so that full parts are easy to find.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pamjwt.h"
#include "reason.h"
#include "reply.h"
#include "shape.h"

enum { REPLIES = PJWT_PARTS_MAX + 2, REPLY_MAX = 40000 };

struct replies {
        struct pjwt_span given[REPLIES];
        size_t count;
};

/*
 * Copies one reply to memory of its exact size, so that ASan detects any byte read beyond it. Returns the
 * beginning of the next one, or NULL if out of memory.
 */
static const uint8_t *read_one(const uint8_t *at, const uint8_t *end, struct replies *replies)
{
        static char text[REPLY_MAX + PJWT_PARTS_BODY];
        size_t len = 0;
        char *copy;

        for (; at < end && *at != 0 && len < REPLY_MAX; at++) {
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
        replies->given[replies->count++] = (struct pjwt_span){copy, len};
        return at < end ? at + 1 : end;
}

/* Splitting the reassembled token by the rule must result in the replies. */
static void check_same(const struct replies *replies, const char *token, size_t len)
{
        struct pjwt_span first = pjwt_shape_trim(replies->given[0]);
        bool whole = first.len == len && memcmp(first.text, token, len) == 0;

        FUZZ_CHECK(len <= PJWT_TOKEN_MAX);
        for (size_t i = 0; !whole && i < replies->count; i++) {
                struct pjwt_span reply = replies->count == 1 ? first : replies->given[i];
                size_t from = i * PJWT_PARTS_BODY;
                size_t body = len - from < PJWT_PARTS_BODY ? len - from : PJWT_PARTS_BODY;
                char head[PJWT_PARTS_HEAD + 20];

                (void)snprintf(head, sizeof(head), "%02zu/%02zu:", i + 1, replies->count);
                FUZZ_CHECK(from <= len && reply.len == PJWT_PARTS_HEAD + body);
                FUZZ_CHECK(memcmp(reply.text, head, PJWT_PARTS_HEAD) == 0);
                FUZZ_CHECK(memcmp(reply.text + PJWT_PARTS_HEAD, token + from, body) == 0);
                FUZZ_CHECK(pjwt_parts_is_part(reply));
                FUZZ_CHECK(pjwt_parts_more(reply.len, i + 1) == (i + 1 < replies->count));
        }
}

static bool join(const struct replies *replies)
{
        size_t room = (size_t)PJWT_PARTS_MAX * PJWT_PARTS_BODY;
        struct pjwt_error err = {0};
        size_t len = SIZE_MAX;
        enum pjwt_reason reason;
        char *token;

        if (replies->count > 0 && replies->given[0].len > room)
                room = replies->given[0].len;
        token = malloc(room);
        if (!token)
                return false;
        reason = pjwt_parts_join(replies->given, replies->count, token, &len, &err);
        FUZZ_CHECK(reason == PJWT_OK || reason == PJWT_BAD_PARTS || reason == PJWT_TOO_LONG);
        FUZZ_CHECK((reason == PJWT_OK) == (len != SIZE_MAX));
        if (reason == PJWT_OK) {
                check_same(replies, token, len);
                (void)pjwt_shape_truncated((struct pjwt_span){token, len});
        }
        free(token);
        return reason == PJWT_OK;
}

/* Everything that a login decides before the configuration is read. */
static void read_reply(const struct replies *replies)
{
        struct pjwt_reply reply = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason reason = pjwt_reply_read(replies->given, replies->count, &reply, &err);

        FUZZ_CHECK((reason == PJWT_OK) == (reply.token != NULL));
        FUZZ_CHECK(reason == PJWT_OK || err.reason == reason);
        FUZZ_CHECK(!reply.token || reply.len <= PJWT_TOKEN_MAX);
        pjwt_reply_name_truncated(&reply, &err);
        pjwt_reply_clear(&reply);
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct replies replies = {0};
        const uint8_t *at = data;
        bool accepted;

        while (at && at < data + size && replies.count < REPLIES)
                at = read_one(at, data + size, &replies);
        for (size_t i = 0; i < replies.count; i++) {
                (void)pjwt_shape_token(replies.given[i]);
                (void)pjwt_shape_stand_in(replies.given[i]);
        }
        accepted = at && join(&replies);
        if (replies.count > 0)
                read_reply(&replies);
        for (size_t i = 0; i < replies.count; i++)
                free((void *)(uintptr_t)replies.given[i].text);
        return accepted;
}
