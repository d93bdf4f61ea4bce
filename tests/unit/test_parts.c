/*
 * Parts, determined only by length (design section 7): every kind of wrong sequence is refused, with
 * limited memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parts.h"

#include <stdio.h>
#include <stdlib.h>

#define REPLIES_MAX (PJWT_PARTS_MAX + 1)

static char texts[REPLIES_MAX][PJWT_PARTS_FULL + 1];
static struct pjwt_span replies[REPLIES_MAX];
static char out[PJWT_PARTS_MAX * PJWT_PARTS_BODY + 1];
static struct pjwt_error err;

static char letter_at(size_t i)
{
        return "eyJhbGciOiJSUzI1NiJ9.abcdefghijklmnopqrstuvwxyz_-"[i % 48];
}

/* One part of a token of `len` letters. */
static void make_part(size_t at, unsigned number, unsigned total, size_t len)
{
        size_t from = (size_t)(number - 1) * PJWT_PARTS_BODY;
        size_t body = len - from < PJWT_PARTS_BODY ? len - from : PJWT_PARTS_BODY;

        (void)snprintf(texts[at], sizeof(texts[at]), "%02u/%02u:", number, total);
        for (size_t i = 0; i < body; i++)
                texts[at][PJWT_PARTS_HEAD + i] = letter_at(from + i);
        replies[at] = (struct pjwt_span){texts[at], PJWT_PARTS_HEAD + body};
}

static size_t make_parts(size_t len)
{
        unsigned total = (unsigned)(len / PJWT_PARTS_BODY) + 1;

        for (unsigned i = 0; i < total && i < REPLIES_MAX; i++)
                make_part(i, i + 1, total, len);
        return total;
}

static enum pjwt_reason join(size_t count, size_t *retlen)
{
        err = (struct pjwt_error){0};
        return pjwt_parts_join(replies, count, out, retlen, &err);
}

static void assert_refused(size_t count, enum pjwt_reason reason)
{
        size_t len = 12345;

        assert_int_equal(join(count, &len), reason);
        assert_int_equal(err.reason, reason);
        assert_int_equal(len, 12345);
}

static void put(size_t at, const char *text)
{
        (void)snprintf(texts[at], sizeof(texts[at]), "%s", text);
        replies[at] = (struct pjwt_span){texts[at], strlen(texts[at])};
}

static void asks_on_at_exactly_506_bytes_only(void **state)
{
        (void)state;
        assert_true(pjwt_parts_more(506, 1));
        assert_true(pjwt_parts_more(506, 65));
        assert_false(pjwt_parts_more(506, 66));
        assert_false(pjwt_parts_more(505, 1));
        assert_false(pjwt_parts_more(507, 1));
        assert_false(pjwt_parts_more(0, 1));
}

static void joins_every_size(void **state)
{
        static const size_t sizes[] = {1, 499, 500, 501, 999, 1000, 1001, 7000, 32499, 32500, 32501, 32768};

        (void)state;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                size_t len = 0;

                assert_int_equal(join(make_parts(sizes[i]), &len), PJWT_OK);
                assert_int_equal(len, sizes[i]);
                for (size_t j = 0; j < len; j++)
                        assert_int_equal(out[j], letter_at(j));
        }
}

static void one_byte_over_the_limit_is_too_long(void **state)
{
        (void)state;
        assert_int_equal(make_parts(32769), 66);
        assert_refused(66, PJWT_TOO_LONG);
        assert_int_equal(make_parts(32999), 66);
        assert_refused(66, PJWT_TOO_LONG);
}

static void more_than_66_parts_are_refused(void **state)
{
        (void)state;
        assert_int_equal(make_parts(33000), 67);
        assert_refused(66, PJWT_TOO_LONG);
        assert_refused(67, PJWT_BAD_PARTS);
        assert_refused(0, PJWT_BAD_PARTS);
}

static void missing_repeated_and_swapped_parts_are_refused(void **state)
{
        struct pjwt_span first;

        (void)state;
        make_parts(1700);
        assert_refused(3, PJWT_BAD_PARTS);
        make_part(1, 1, 4, 1700);
        assert_refused(4, PJWT_BAD_PARTS);
        make_parts(1700);
        first = replies[1];
        replies[1] = replies[2];
        replies[2] = first;
        assert_refused(4, PJWT_BAD_PARTS);
        make_parts(1700);
        replies[3] = replies[2];
        assert_refused(4, PJWT_BAD_PARTS);
        make_parts(1700);
        replies[0] = replies[1];
        assert_refused(4, PJWT_BAD_PARTS);
}

static void totals_that_disagree_are_refused(void **state)
{
        (void)state;
        make_parts(1200);
        make_part(1, 2, 4, 1200);
        assert_refused(3, PJWT_BAD_PARTS);
        make_parts(1200);
        make_part(2, 3, 4, 1200);
        assert_refused(3, PJWT_BAD_PARTS);
        make_parts(400);
        make_part(0, 1, 2, 900);
        assert_refused(1, PJWT_BAD_PARTS);
}

static void only_the_last_part_is_shorter(void **state)
{
        size_t len;

        (void)state;
        make_parts(1200);
        replies[1].len--;
        assert_refused(3, PJWT_BAD_PARTS);
        make_parts(500);
        assert_int_equal(join(2, &len), PJWT_OK);
        make_part(0, 1, 1, 500);
        assert_refused(1, PJWT_BAD_PARTS);
}

static void heads_are_exact(void **state)
{
        static const char *const wrong[] = {"1/02:abc",   "01/2:abc",  "00/01:abc", "02/01:abc",
                                            "+1/01:abc",  "01-01:abc", "01/01;abc", "0x/01:a",
                                            " 1/01:abc",  "01/01",     "01/ 1:abc", "01/01:a b",
                                            "01/01:a+b=", "01/01:\n",  "01/02:abc", "12/25:xmas"};

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                assert_false(pjwt_parts_is_part((struct pjwt_span){wrong[i], strlen(wrong[i])}));
        assert_true(pjwt_parts_is_part((struct pjwt_span){"01/01:abc", 9}));
        assert_true(pjwt_parts_is_part((struct pjwt_span){"03/03:", 6}));
        assert_false(pjwt_parts_is_part((struct pjwt_span){"", 0}));
}

static void whole_token_is_never_taken_for_a_part(void **state)
{
        size_t len = 0;

        (void)state;
        put(0, " Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln\n");
        assert_int_equal(join(1, &len), PJWT_OK);
        assert_int_equal(len, strlen("eyJhbGciOiJSUzI1NiJ9.e30.c2ln"));
        assert_memory_equal(out, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", len);
}

/* A complete token of 506 bytes causes a second prompt only because of its length. */
static void whole_of_506_bytes_counts_alone(void **state)
{
        size_t len = 0;

        (void)state;
        for (size_t i = 0; i < PJWT_PARTS_FULL; i++)
                texts[0][i] = letter_at(i);
        replies[0] = (struct pjwt_span){texts[0], PJWT_PARTS_FULL};
        put(1, "");
        assert_int_equal(join(2, &len), PJWT_OK);
        assert_int_equal(len, PJWT_PARTS_FULL);
        for (size_t i = 1; i < PJWT_PARTS_MAX; i++)
                replies[i] = replies[0];
        assert_int_equal(join(PJWT_PARTS_MAX, &len), PJWT_OK);
        assert_int_equal(len, PJWT_PARTS_FULL);
        put(2, "");
        assert_refused(3, PJWT_BAD_PARTS);
        put(1, "hunter2");
        assert_refused(2, PJWT_BAD_PARTS);
        make_part(1, 2, 2, 700);
        assert_refused(2, PJWT_BAD_PARTS);
}

/*
 * sshd's password method gives the same reply to every prompt: it cannot be used with parts, and the detail
 * says so.
 */
static void same_part_again_is_named(void **state)
{
        (void)state;
        make_part(0, 1, 2, 800);
        for (size_t i = 1; i < PJWT_PARTS_MAX; i++)
                replies[i] = replies[0];
        assert_refused(PJWT_PARTS_MAX, PJWT_BAD_PARTS);
        assert_non_null(strstr(err.detail, "password method"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(asks_on_at_exactly_506_bytes_only),
                cmocka_unit_test(joins_every_size),
                cmocka_unit_test(one_byte_over_the_limit_is_too_long),
                cmocka_unit_test(more_than_66_parts_are_refused),
                cmocka_unit_test(missing_repeated_and_swapped_parts_are_refused),
                cmocka_unit_test(totals_that_disagree_are_refused),
                cmocka_unit_test(only_the_last_part_is_shorter),
                cmocka_unit_test(heads_are_exact),
                cmocka_unit_test(whole_token_is_never_taken_for_a_part),
                cmocka_unit_test(whole_of_506_bytes_counts_alone),
                cmocka_unit_test(same_part_again_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
