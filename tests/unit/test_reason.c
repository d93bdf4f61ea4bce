#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reason.h"

static void zero_is_a_refusal(void **state)
{
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(err.reason, PJWT_UNDECIDED);
        assert_int_not_equal(err.reason, PJWT_OK);
}

static void every_reason_has_its_own_word(void **state)
{
        (void)state;
        for (int i = 0; i <= PJWT_NO_RECORD; i++) {
                const char *name = pjwt_reason_name((enum pjwt_reason)i);

                assert_non_null(name);
                assert_int_equal(pjwt_reason_from_name(name), i);
                assert_true(pjwt_reason_text((enum pjwt_reason)i)[0] != '\0');
        }
}

static void the_deepest_failure_stays(void **state)
{
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_fail(&err, PJWT_EXPIRED, "exp %d", 1), PJWT_EXPIRED);
        assert_int_equal(pjwt_fail(&err, PJWT_NO_GRANT, "later"), PJWT_EXPIRED);
        assert_string_equal(err.detail, "exp 1");
}

static void a_failure_is_never_ok(void **state)
{
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_fail(&err, PJWT_OK, "%s", ""), PJWT_UNDECIDED);
        assert_int_equal(pjwt_fail(NULL, PJWT_EXPIRED, "%s", ""), PJWT_EXPIRED);
}

static void numbers_that_are_none_are_undecided(void **state)
{
        (void)state;
        assert_string_equal(pjwt_reason_name((enum pjwt_reason)9999), "undecided");
        assert_int_equal(pjwt_reason_from_name("nonsense"), PJWT_UNDECIDED);
        assert_int_equal(pjwt_reason_from_name(NULL), PJWT_UNDECIDED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(zero_is_a_refusal),
                cmocka_unit_test(every_reason_has_its_own_word),
                cmocka_unit_test(the_deepest_failure_stays),
                cmocka_unit_test(a_failure_is_never_ok),
                cmocka_unit_test(numbers_that_are_none_are_undecided),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
