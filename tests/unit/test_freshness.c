/* NET-11, NET-18, KEY-27: how long keys are used, and when new ones are requested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "freshness.h"
#include "keycache.h"

static const struct pjwt_issuer issuer = {.refresh = 3600, .min_refresh = 60, .max_stale = 604800};

static const struct pjwt_freshness keys = {.asked_at = 1000, .fresh_until = 4600};

static bool asks(unsigned flags, int64_t now)
{
        return pjwt_fresh_must_ask(&issuer, keys, flags, now);
}

static void what_the_server_says_counts_within_limits(void **state)
{
        (void)state;
        assert_int_equal(pjwt_fresh_until(&issuer, 1000, -1), 4600);
        assert_int_equal(pjwt_fresh_until(&issuer, 1000, 600), 1600);
        assert_int_equal(pjwt_fresh_until(&issuer, 1000, 0), 1060);
        assert_int_equal(pjwt_fresh_until(&issuer, 1000, 59), 1060);
        assert_int_equal(pjwt_fresh_until(&issuer, 1000, 86400), 87400);
        assert_int_equal(pjwt_fresh_until(&issuer, 1000, INT64_MAX), 87400);
}

static void fresh_keys_are_not_asked_for(void **state)
{
        (void)state;
        assert_false(asks(0, 1000));
        assert_false(asks(0, 4599));
        assert_true(asks(0, 4600));
}

static void an_unknown_kid_asks_from_min_refresh_on(void **state)
{
        (void)state;
        assert_false(asks(PJWT_KEYS_REFRESH, 1059));
        assert_true(asks(PJWT_KEYS_REFRESH, 1060));
}

static void the_timer_asks_when_half_is_over(void **state)
{
        (void)state;
        assert_false(asks(PJWT_KEYS_AHEAD, 2799));
        assert_true(asks(PJWT_KEYS_AHEAD, 2800));
}

static void force_asks_always(void **state)
{
        (void)state;
        assert_true(asks(PJWT_KEYS_FORCE, 1000));
}

static void a_clock_that_went_back_makes_nothing_older(void **state)
{
        (void)state;
        assert_int_equal(pjwt_fresh_age(keys, 990), 0);
        assert_false(asks(0, 990));
        assert_false(asks(PJWT_KEYS_REFRESH, 990));
}

static void keys_serve_until_max_stale_and_no_second_longer(void **state)
{
        (void)state;
        assert_true(pjwt_fresh_serves(&issuer, keys, 1000 + 604800));
        assert_false(pjwt_fresh_serves(&issuer, keys, 1001 + 604800));
}

static void max_stale_ends_freshness_too(void **state)
{
        const struct pjwt_issuer strict = {.refresh = 3600, .min_refresh = 60, .max_stale = 300};

        (void)state;
        assert_false(pjwt_fresh_must_ask(&strict, keys, 0, 1300));
        assert_true(pjwt_fresh_must_ask(&strict, keys, 0, 1301));
}

static void a_file_that_says_fresh_for_a_year_is_fresh_for_a_day(void **state)
{
        const struct pjwt_freshness year = {1000, 1000 + 365 * 86400};
        const struct pjwt_freshness never = {1000, 1};

        (void)state;
        assert_false(pjwt_fresh_must_ask(&issuer, year, 0, 1000 + 86399));
        assert_true(pjwt_fresh_must_ask(&issuer, year, 0, 1000 + 86400));
        assert_true(pjwt_fresh_must_ask(&issuer, never, 0, 1000));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_the_server_says_counts_within_limits),
                cmocka_unit_test(fresh_keys_are_not_asked_for),
                cmocka_unit_test(an_unknown_kid_asks_from_min_refresh_on),
                cmocka_unit_test(the_timer_asks_when_half_is_over),
                cmocka_unit_test(force_asks_always),
                cmocka_unit_test(a_clock_that_went_back_makes_nothing_older),
                cmocka_unit_test(keys_serve_until_max_stale_and_no_second_longer),
                cmocka_unit_test(max_stale_ends_freshness_too),
                cmocka_unit_test(a_file_that_says_fresh_for_a_year_is_fresh_for_a_day),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
