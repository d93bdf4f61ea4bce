#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "duration.h"

#define NOTHING INT64_C(-7)

static int64_t seconds(const char *text)
{
        int64_t n = NOTHING;

        return pjwt_duration(text, &n) ? n : -1;
}

static void every_unit_counts(void **state)
{
        (void)state;
        assert_int_equal(seconds("0"), 0);
        assert_int_equal(seconds("90"), 90);
        assert_int_equal(seconds("90s"), 90);
        assert_int_equal(seconds("5m"), 300);
        assert_int_equal(seconds("2h"), 7200);
        assert_int_equal(seconds("7d"), 604800);
        assert_int_equal(seconds("2w"), 1209600);
}

static void nothing_else_does_and_the_output_is_untouched(void **state)
{
        static const char *const bad[] = {"",      "s",    "-5",   "+5", "5M",  "5 m", " 5m", "5m ",
                                          "1h30m", "5min", "1.5h", "5y", "0x5", "m5",  "5ss", "w"};
        int64_t n = NOTHING;

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_false(pjwt_duration(bad[i], &n));
        assert_int_equal(n, NOTHING);
}

static void a_hundred_years_are_the_most(void **state)
{
        (void)state;
        assert_int_equal(seconds("3162240000"), INT64_C(3162240000));
        assert_int_equal(seconds("3162240001"), -1);
        assert_int_equal(seconds("36600d"), INT64_C(3162240000));
        assert_int_equal(seconds("36601d"), -1);
        assert_int_equal(seconds("5228w"), INT64_C(3161894400));
        assert_int_equal(seconds("5229w"), -1);
        assert_int_equal(seconds("9999999999w"), -1);
        assert_int_equal(seconds("99999999999999999999"), -1);
        assert_int_equal(seconds("18446744073709551617"), -1); /* 2^64 + 1 */
}

/* The examples in errors and help are accepted, and include all units. */
static void the_examples_are_durations(void **state)
{
        char text[] = PJWT_DURATION_LIKE, units[16] = "";
        size_t count = 0;

        (void)state;
        for (char *word = strtok(text, ", "); word; word = strtok(NULL, ", ")) {
                if (strcmp(word, "or") == 0)
                        continue;
                assert_true(seconds(word) > 0);
                units[count++] = word[strlen(word) - 1];
        }
        assert_string_equal(units, "smhdw");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_unit_counts),
                cmocka_unit_test(nothing_else_does_and_the_output_is_untouched),
                cmocka_unit_test(a_hundred_years_are_the_most),
                cmocka_unit_test(the_examples_are_durations),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
