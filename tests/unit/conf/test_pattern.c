#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pattern.h"

static bool globs(const char *glob, const char *text)
{
        return pjwt_glob_match(glob, text, strlen(text));
}

static void a_glob_matches_the_whole_value(void **state)
{
        (void)state;
        assert_true(globs("abc", "abc"));
        assert_false(globs("abc", "abcd"));
        assert_false(globs("abc", "ab"));
        assert_false(globs("abc", "ABC"));
        assert_true(globs("", ""));
        assert_true(globs("*", ""));
        assert_true(globs("a*", "a"));
        assert_true(globs("a*c", "abbbc"));
        assert_false(globs("a*c", "abbb"));
        assert_true(globs("*a*b*", "xxaxxbxx"));
        assert_true(globs("a?c", "abc"));
        assert_true(globs("a?c", "a\xc3\xa9"
                                 "c"));
        assert_false(globs("a?c", "ac"));
        assert_true(globs("a[b]", "a[b]"));
        assert_false(globs("a[b]", "ab"));
}

static void one_star_stops_at_a_slash_and_two_do_not(void **state)
{
        (void)state;
        assert_true(globs("refs/tags/v*", "refs/tags/v1.2"));
        assert_false(globs("refs/tags/v*", "refs/tags/v1/x"));
        assert_true(globs("refs/tags/v**", "refs/tags/v1/x"));
        assert_false(globs("*/x", "a/b/x"));
        assert_true(globs("**/x", "a/b/x"));
        assert_true(globs("repo:acme/*:ref:**", "repo:acme/infra:ref:refs/heads/main"));
        assert_false(globs("repo:acme/*:ref:**", "repo:acme/a/b:ref:x"));
        assert_true(globs("**a*b", "x/a/ab"));
}

static bool regex(const char *pattern, const char *text, struct pjwt_group *spans)
{
        struct pjwt_regex *re = NULL;
        struct pjwt_error err = {0};
        bool matched;

        if (pjwt_regex_compile(pattern, &re, &err) != PJWT_OK)
                fail_msg("%s: %s", pattern, err.detail);
        matched = pjwt_regex_match(re, text, strlen(text), spans);
        pjwt_regex_free(re);
        return matched;
}

static const struct {
        const char *pattern, *text;
        bool matches;
} whole_values[] = {
        {"abc", "abc", true},
        {"abc", "xabc", false},
        {"abc", "abcx", false},
        {"abc", "ABC", false},
        {"a|b", "a", true},
        {"a|b", "b", true},
        {"a|b", "ab", false},
        {"a|bc|", "", true},
        {"(a|b)*c", "ababc", true},
        {"a*", "", true},
        {"a+", "", false},
        {"a?b", "b", true},
        {"a{3}", "aaa", true},
        {"a{3}", "aa", false},
        {"a{2,}", "aaaa", true},
        {"a{2,}", "a", false},
        {"a{1,2}", "aaa", false},
        {"[a-c]+", "abc", true},
        {"[a-c]+", "abd", false},
        {"[^a-c]", "d", true},
        {"[^a-c]", "a", false},
        {"[^a]", "\n", false},
        {".", "\n", false},
        {".", "x", true},
        {".", "\xc3\xa9", true},
        {"..", "\xc3\xa9", false},
        {"[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true},
        {"[a\\-z]+", "a-z", true},
        {"[a\\-z]+", "b", false},
        {"[a-]+", "-a", true},
        {"[\\]\\\\]+", "]\\", true},
        {"[\\w.-]+@acme\\.example", "first.last@acme.example", true},
        {"[\\w.-]+@acme\\.example", "first.last@acmexexample", false},
        {"\\d{4}", "2026", true},
        {"\\d", "\xd9\xa3", false}, /* an Arabic digit */
        {"\\w+", "caf\xc3\xa9", false},
        {"(?:ab)+", "abab", true},
        {"((a*)*)*", "aaaa", true},
        {"(a*)+b", "aaaa", false},
        {"\\^\\$\\.", "^$.", true},
        {"refs/tags/v\\d+\\.\\d+", "refs/tags/v1.20", true},
        {"refs/tags/v\\d+\\.\\d+", "refs/tags/v1.20\nx", false},
};

static void an_expression_matches_the_whole_value(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(whole_values) / sizeof(whole_values[0]); i++)
                if (regex(whole_values[i].pattern, whole_values[i].text, NULL) != whole_values[i].matches)
                        fail_msg("%s on '%s'", whole_values[i].pattern, whole_values[i].text);
}

static void groups_say_what_they_took(void **state)
{
        struct pjwt_group s[PJWT_REGEX_GROUPS + 1];

        (void)state;
        assert_true(regex("(a+)(b*)(?:c)(d)?", "aabbc", s));
        assert_int_equal(s[0].end, 5);
        assert_int_equal(s[1].start, 0);
        assert_int_equal(s[1].end, 2);
        assert_int_equal(s[2].start, 2);
        assert_int_equal(s[2].end, 4);
        assert_int_equal(s[3].start, SIZE_MAX);
        assert_true(regex("(.*)-(.*)", "a-b-c", s)); /* greedy: the first one matches as much as possible */
        assert_int_equal(s[1].end, 3);
        assert_true(
                regex("(a|ab)(c|bcd)?(d*)", "abcd", s)); /* the first alternative that results in a match */
        assert_int_equal(s[1].end, 1);
        assert_int_equal(s[2].end, 4);
}

/* The pattern is in a block of its exact size, so that ASan detects any byte read beyond its end. */
static void refuses(const char *pattern, const char *detail)
{
        struct pjwt_regex *re = NULL;
        struct pjwt_error err = {0};
        char *exact = strdup(pattern);

        assert_non_null(exact);
        assert_int_equal(pjwt_regex_compile(exact, &re, &err), PJWT_CONFIG);
        free(exact);
        assert_null(re);
        if (!strstr(err.detail, detail))
                fail_msg("%s: '%s' does not hold '%s'", pattern, err.detail, detail);
}

/* Claims cannot contain invalid UTF-8, but nothing matches it and no shift is out of range. */
static void bytes_that_are_no_utf8_match_nothing(void **state)
{
        struct pjwt_group s[PJWT_REGEX_GROUPS + 1];

        (void)state;
        assert_false(regex("a.*",
                           "a\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c"
                           "\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c\x9c",
                           s)); /* found by fuzz_pattern */
        assert_false(regex(".*", "a\xff", s));
}

static void what_is_not_understood_in_an_expression_is_refused(void **state)
{
        (void)state;
        refuses("(", "an unterminated (");
        refuses(")", "an unmatched )");
        refuses("a)", "an unmatched )");
        refuses("[a", "an unterminated [");
        refuses("[]", "an empty [...]");
        refuses("[b-a]", "a range in reverse order");
        refuses("[[:alpha:]]", "[:name:] is not supported");
        refuses("]", "an unmatched bracket");
        refuses("}", "an unmatched bracket");
        refuses("*a", "nothing to repeat");
        refuses("a**", "a repeated repetition");
        refuses("a*?", "a repeated repetition");
        refuses("a{0}", "a count of zero");
        refuses("a{3,2}", "a count in reverse order");
        refuses("a{x}", "a count must be written {m}");
        refuses("a{1", "a count must be written {m}");
        refuses("(?:a(?:a|b@ct|:){1,", "a count must be written {m}"); /* found by fuzz_pattern */
        refuses("a{201}", "a count must be at most 200");
        refuses("a{99999999999}", "a count must be at most 200");
        refuses("^a", "the whole value is matched; remove ^ and $");
        refuses("a$", "the whole value is matched");
        refuses("(a)\\1", "back-references are not supported");
        refuses("\\s", "only punctuation, d or w may follow a backslash");
        refuses("a\\", "only punctuation, d or w may follow a backslash");
        refuses("(?i)a", "only : may follow (?");
        refuses("(?=a)", "only : may follow (?");
        refuses("((((((((((a))))))))))", "more than 9 groups");
        refuses("(a{200}){200}", "too large");
        refuses("\xff", "invalid UTF-8");
}

/*
 * RVW-07: the program has no instruction that could be limited; 200 to the power of 30 visits would not end.
 */
static void counts_of_counts_of_nothing_are_refused_at_once(void **state)
{
        static const char *const nothings[] = {"(?:)",  "(?:(?:))",    "()",
                                               "(?:|)", "(?:(?:){1})", "(?:){1,200}"};
        char pattern[1024];

        (void)state;
        for (size_t i = 0; i < sizeof(nothings) / sizeof(nothings[0]); i++)
                for (unsigned levels = 3; levels <= 29; levels++) {
                        size_t len = 0;

                        for (unsigned n = 0; n < levels; n++)
                                len += (size_t)snprintf(pattern + len, sizeof(pattern) - len, "(?:");
                        len += (size_t)snprintf(pattern + len, sizeof(pattern) - len, "%s", nothings[i]);
                        for (unsigned n = 0; n < levels; n++)
                                len += (size_t)snprintf(pattern + len, sizeof(pattern) - len, "){200}");
                        assert_true(len < sizeof(pattern));
                        refuses(pattern, i < 2 || i == 4 ? "too many nested counts" : "too");
                }
        assert_true(regex("(?:(?:){200}){100}a", "a", NULL));
        assert_true(regex("(?:(?:(?:(?:a{1}){1}){1}){5}){3}", "aaaaaaaaaaaaaaa", NULL));
}

/* A backtracking matcher would take too long for these. */
static void no_expression_and_no_value_takes_long(void **state)
{
        static const char *const patterns[] = {"(a+)+b",           "(a|a)*b",
                                               "(a|aa)+b",         "(.*)(.*)(.*)(.*)(.*)b",
                                               "(a?){100}a{100}b", "((a{1,9}){1,9}){1,5}b"};
        static char text[PJWT_REGEX_TEXT_MAX + 2];
        clock_t start = clock();

        (void)state;
        memset(text, 'a', PJWT_REGEX_TEXT_MAX);
        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
                assert_false(regex(patterns[i], text, NULL));
        assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
}

static void a_value_that_is_too_long_never_matches(void **state)
{
        static char text[PJWT_REGEX_TEXT_MAX + 2];

        (void)state;
        memset(text, 'a', PJWT_REGEX_TEXT_MAX);
        assert_true(regex("a*", text, NULL));
        text[PJWT_REGEX_TEXT_MAX] = 'a';
        assert_false(regex("a*", text, NULL));
}

static void deep_nesting_is_refused(void **state)
{
        char pattern[2048] = "";

        (void)state;
        for (int i = 0; i < 200; i++)
                strcat(pattern, "(?:");
        refuses(pattern, "too deep");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_glob_matches_the_whole_value),
                cmocka_unit_test(one_star_stops_at_a_slash_and_two_do_not),
                cmocka_unit_test(an_expression_matches_the_whole_value),
                cmocka_unit_test(groups_say_what_they_took),
                cmocka_unit_test(bytes_that_are_no_utf8_match_nothing),
                cmocka_unit_test(what_is_not_understood_in_an_expression_is_refused),
                cmocka_unit_test(counts_of_counts_of_nothing_are_refused_at_once),
                cmocka_unit_test(no_expression_and_no_value_takes_long),
                cmocka_unit_test(a_value_that_is_too_long_never_matches),
                cmocka_unit_test(deep_nesting_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
