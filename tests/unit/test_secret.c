#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "secret.h"

static void wiping_leaves_zeros(void **state)
{
        char buf[16];
        const char zeros[16] = {0};

        (void)state;
        memset(buf, 'x', sizeof(buf));
        pjwt_wipe(buf, sizeof(buf));
        assert_memory_equal(buf, zeros, sizeof(buf));
        pjwt_wipe(NULL, 0);
}

static void freeing_accepts_nothing(void **state)
{
        (void)state;
        pjwt_wipe_free(NULL, 0);
        pjwt_wipe_free(NULL, 5);
        pjwt_wipe_free_str(NULL);
        assert_true(true);
}

static void a_copy_ends_with_nul(void **state)
{
        char *copy = pjwt_secret_dup("abcdef", 3), *empty = pjwt_secret_dup(NULL, 0);

        (void)state;
        assert_string_equal(copy, "abc");
        assert_string_equal(empty, "");
        assert_null(pjwt_secret_dup("", SIZE_MAX));
        pjwt_wipe_free_str(copy);
        pjwt_wipe_free_str(empty);
}

/* SIG-22, SIG-23: only whole strings are equal, not prefixes. */
static void equal_means_all_of_it(void **state)
{
        (void)state;
        assert_true(pjwt_secret_equal("abc", 3, "abc", 3));
        assert_true(pjwt_secret_equal(NULL, 0, "", 0));
        assert_false(pjwt_secret_equal("abc", 3, "abd", 3));
        assert_false(pjwt_secret_equal("abc", 3, "abcd", 4));
        assert_false(pjwt_secret_equal("abc", 3, "", 0));
        assert_false(pjwt_secret_equal("a\0b", 3, "a\0c", 3));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(wiping_leaves_zeros),
                cmocka_unit_test(freeing_accepts_nothing),
                cmocka_unit_test(a_copy_ends_with_nul),
                cmocka_unit_test(equal_means_all_of_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
