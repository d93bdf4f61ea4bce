#include "parts.h"

#include "pamjwt.h"
#include "secret.h"

#include <string.h>

/* `II/NN:` as numbers. */
struct part {
        unsigned number;
        unsigned total;
        struct pjwt_span body;
};

bool pjwt_parts_more(size_t reply_len, size_t count)
{
        return reply_len == PJWT_PARTS_FULL && count < PJWT_PARTS_MAX;
}

static bool two_digits(const char *s, unsigned *ret)
{
        if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
                return false;
        *ret = (unsigned)(s[0] - '0') * 10 + (unsigned)(s[1] - '0');
        return true;
}

static bool is_body(struct pjwt_span body)
{
        for (size_t i = 0; i < body.len; i++)
                if (!pjwt_shape_letter(body.text[i]))
                        return false;
        return true;
}

/* Whether it begins like a part. No token does: a colon is not a character of a token. */
static bool head_of(struct pjwt_span reply, struct part *ret)
{
        const char *s = reply.text;

        if (reply.len < PJWT_PARTS_HEAD || s[2] != '/' || s[5] != ':' || !two_digits(s, &ret->number) ||
            !two_digits(s + 3, &ret->total))
                return false;
        ret->body = (struct pjwt_span){s + PJWT_PARTS_HEAD, reply.len - PJWT_PARTS_HEAD};
        return true;
}

/* Parses one reply. Every part except the last one is full. */
static bool part_of(struct pjwt_span reply, struct part *ret)
{
        struct part part = {0};

        if (!head_of(reply, &part) || part.number < 1 || part.number > part.total || !is_body(part.body))
                return false;
        if (part.number < part.total ? part.body.len != PJWT_PARTS_BODY : part.body.len >= PJWT_PARTS_BODY)
                return false;
        *ret = part;
        return true;
}

bool pjwt_parts_is_part(struct pjwt_span reply)
{
        struct part part;

        return part_of(reply, &part);
}

/* The number of identical replies from the first one on. */
static size_t count_same(const struct pjwt_span *replies, size_t count)
{
        size_t same = 1;

        while (same < count &&
               pjwt_secret_equal(replies[0].text, replies[0].len, replies[same].text, replies[same].len))
                same++;
        return same;
}

/*
 * A complete token of PJWT_PARTS_FULL bytes is followed by other replies only because its length caused a
 * prompt.
 */
static enum pjwt_reason join_whole(const struct pjwt_span *replies, size_t count, char *out, size_t *retlen,
                                   struct pjwt_error *reterr)
{
        struct pjwt_span token = pjwt_shape_trim(replies[0]);
        bool ended = count == 2 && pjwt_shape_trim(replies[1]).len == 0;

        if (count > 1 && !ended && count_same(replies, count) != count)
                return pjwt_fail(reterr, PJWT_BAD_PARTS,
                                 "a complete token of %zu bytes, followed by other replies", replies[0].len);
        if (token.len > PJWT_TOKEN_MAX)
                return pjwt_fail(reterr, PJWT_TOO_LONG, "%zu bytes; at most %d are accepted", token.len,
                                 PJWT_TOKEN_MAX);
        memcpy(out, token.text, token.len);
        *retlen = token.len;
        return PJWT_OK;
}

/* Reads the i-th reply (from 0) as part i + 1 of as many as there are replies. */
static enum pjwt_reason check_part(struct pjwt_span reply, size_t i, size_t count, struct part *ret,
                                   struct pjwt_error *reterr)
{
        if (!part_of(reply, ret))
                return pjwt_fail(reterr, PJWT_BAD_PARTS, "reply %zu of %zu bytes is not a part", i + 1,
                                 reply.len);
        if (ret->total > PJWT_PARTS_MAX)
                return pjwt_fail(reterr, PJWT_TOO_LONG,
                                 "the header announces %u parts; at most %d are accepted", ret->total,
                                 PJWT_PARTS_MAX);
        if (ret->number != i + 1)
                return pjwt_fail(reterr, PJWT_BAD_PARTS, "reply %zu is part %u", i + 1, ret->number);
        if (ret->total != count)
                return pjwt_fail(reterr, PJWT_BAD_PARTS, "part %u announces %u parts, but there were %zu",
                                 ret->number, ret->total, count);
        return PJWT_OK;
}

static enum pjwt_reason join_parts(const struct pjwt_span *replies, size_t count, char *out, size_t *retlen,
                                   struct pjwt_error *reterr)
{
        size_t len = 0;

        if (count > 1 && count_same(replies, count) == count)
                return pjwt_fail(reterr, PJWT_BAD_PARTS,
                                 "%zu times the same part: sshd's password method cannot be used with parts",
                                 count);
        for (size_t i = 0; i < count; i++) {
                struct part part = {0};
                enum pjwt_reason reason = check_part(replies[i], i, count, &part, reterr);

                if (reason != PJWT_OK)
                        return reason;
                if (part.body.text)
                        memcpy(out + len, part.body.text, part.body.len);
                len += part.body.len;
        }
        if (len > PJWT_TOKEN_MAX)
                return pjwt_fail(reterr, PJWT_TOO_LONG, "%zu bytes in %zu parts; at most %d are accepted",
                                 len, count, PJWT_TOKEN_MAX);
        *retlen = len;
        return PJWT_OK;
}

enum pjwt_reason pjwt_parts_join(const struct pjwt_span *replies, size_t count, char *out, size_t *retlen,
                                 struct pjwt_error *reterr)
{
        struct part head;
        struct pjwt_span only;

        if (count < 1 || count > PJWT_PARTS_MAX)
                return pjwt_fail(reterr, PJWT_BAD_PARTS, "%zu replies", count);
        for (size_t i = 0; i + 1 < count; i++)
                if (replies[i].len != PJWT_PARTS_FULL)
                        return pjwt_fail(reterr, PJWT_BAD_PARTS, "reply %zu has %zu bytes", i + 1,
                                         replies[i].len);
        only = pjwt_shape_trim(replies[0]);
        if (count == 1 && head_of(only, &head))
                return join_parts(&only, 1, out, retlen, reterr);
        if (head_of(replies[0], &head))
                return join_parts(replies, count, out, retlen, reterr);
        return join_whole(replies, count, out, retlen, reterr);
}
