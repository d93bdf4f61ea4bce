#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nearest.h"

static const char *at(const void *table, size_t i)
{
        return ((const char *const *)table)[i];
}

static const char *const names[] = {"leeway", "issuer", "user", "typ", "ab", NULL};

static const char *near(const char *word)
{
        return pjwt_nearest(word, at, names);
}

static void two_letters_may_be_wrong(void **state)
{
        (void)state;
        assert_string_equal(near("leeway"), "leeway");
        assert_string_equal(near("leewy"), "leeway");
        assert_string_equal(near("Leewayy"), "leeway");
        assert_string_equal(near("isuser"), "issuer"); /* two letters swapped */
        assert_null(near("lewa!!"));
        assert_null(near("timeout"));
}

static void the_nearest_counts_and_of_two_the_first(void **state)
{
        static const char *const both[] = {"abcd", "abce", "abcde", NULL};

        (void)state;
        assert_string_equal(near("usser"), "user"); /* "issuer" differs in two letters */
        assert_string_equal(pjwt_nearest("abcf", at, both), "abcd");
        assert_string_equal(pjwt_nearest("abcdf", at, both), "abcd");
        assert_string_equal(pjwt_nearest("abcdee", at, both), "abcde");
}

static void a_short_name_is_not_near_to_everything(void **state)
{
        (void)state;
        assert_null(near("xy"));
        assert_null(near(""));
        assert_null(near("x"));
        assert_string_equal(near("ac"), "ab");
}

static void a_long_word_is_near_to_nothing(void **state)
{
        char word[200];
        const char *const table[] = {word, NULL};

        (void)state;
        memset(word, 'a', sizeof(word));
        word[63] = '\0';
        assert_ptr_equal(pjwt_nearest(word, at, table), word);
        word[63] = 'a';
        word[64] = '\0';
        assert_null(pjwt_nearest(word, at, table));
        word[64] = 'a';
        word[199] = '\0';
        assert_null(near(word));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(two_letters_may_be_wrong),
                cmocka_unit_test(the_nearest_counts_and_of_two_the_first),
                cmocka_unit_test(a_short_name_is_not_near_to_everything),
                cmocka_unit_test(a_long_word_is_near_to_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
