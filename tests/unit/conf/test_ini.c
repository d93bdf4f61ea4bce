#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ini.h"

/*
 * The lines read, as one text: "[kind
 * name]" and "key
 * value" lines.
 */
struct seen {
        char text[2048];
        unsigned bad;
        char first_bad[256];
};

static enum pjwt_reason note(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        struct seen *seen = arg;
        size_t len = strlen(seen->text);

        (void)reterr;
        if (line->key)
                (void)snprintf(seen->text + len, sizeof(seen->text) - len, "%u:%s|%s\n", line->origin.line,
                               line->key, line->value);
        else
                (void)snprintf(seen->text + len, sizeof(seen->text) - len, "%u:[%s|%s]\n", line->origin.line,
                               line->kind, line->name ? line->name : "-");
        return PJWT_OK;
}

static void note_bad(void *arg, struct pjwt_origin origin, const char *key, const char *what)
{
        struct seen *seen = arg;

        if (seen->bad++ == 0)
                (void)snprintf(seen->first_bad, sizeof(seen->first_bad), "%u %s %s", origin.line,
                               key ? key : "-", what);
}

static void reads(const char *text, const char *expected)
{
        struct seen seen = {0};
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_ini_read(text, strlen(text), "f", note, &seen, &err), PJWT_OK);
        assert_string_equal(seen.text, expected);
}

static void refuses_bytes(const char *text, size_t len, const char *start)
{
        struct seen seen = {0};
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_ini_read(text, len, "f", note, &seen, &err), PJWT_CONFIG);
        assert_int_equal(err.reason, PJWT_CONFIG);
        if (strncmp(err.detail, start, strlen(start)) != 0)
                fail_msg("'%s' does not begin with '%s'", err.detail, start);
}

static void refuses(const char *text, const char *start)
{
        refuses_bytes(text, strlen(text), start);
}

static void sections_keys_and_comments_are_read(void **state)
{
        (void)state;
        reads("", "");
        reads("# c\n; c\n\n[host]\nhost_name = a.example\n", "4:[host|-]\n5:host_name|a.example\n");
        reads("[grant/x/y]\nmatch.a=b = c\n", "1:[grant|x/y]\n2:match.a|b = c\n");
        reads("[a/b]\nk =   v w   \n", "1:[a|b]\n2:k|v w\n");
        reads("[a/b]\nk = caf\xc3\xa9 \xe6\x97\xa5\n", "1:[a|b]\n2:k|caf\xc3\xa9 \xe6\x97\xa5\n");
        reads("[a/b]\nk = x;y#z\n", "1:[a|b]\n2:k|x;y#z\n");
}

static void a_key_needs_a_section(void **state)
{
        (void)state;
        refuses("k = v\n", "f:1: k: a key outside a section");
}

static void a_value_may_not_be_empty(void **state) /* CLM-15 */
{
        (void)state;
        refuses("[a/b]\naudience =\n", "f:2: audience: the value is empty");
        refuses("[a/b]\naudience =    \n", "f:2: audience: the value is empty");
        refuses("[a/b]\n= v\n", "f:2: the key before");
}

static void a_comment_behind_a_value_is_refused(void **state)
{
        (void)state;
        refuses("[a/b]\nk = v ; x\n", "f:2: k: a comment");
        refuses("[a/b]\nk = v #x\n", "f:2: k: a comment");
        refuses("[a/b]\nk = ; x\n", "f:2: k: a comment");
        refuses("[a/b] ; x\n", "f:1: a section is");
}

static void there_are_no_continuation_lines(void **state)
{
        (void)state;
        refuses("[a/b]\nk = v\n  w\n", "f:3: the line begins with a space");
        refuses("[a/b]\nk = v\n \n", "f:3: the line contains only spaces");
        refuses("[a/b]\nk = v\\\nw\n", "f:3: expected");
}

static void bytes_that_hide_something_are_refused(void **state)
{
        (void)state;
        refuses("\xef\xbb\xbf[a/b]\n", "f:1: the file begins with a byte order mark");
        refuses("[a/b]\r\n", "f:1: a carriage return");
        refuses("[a/b]\nk =\tv\n", "f:2: a tab");
        refuses_bytes("[a/b]\nk = v\0w\n", 14, "f:2: invalid UTF-8, a control");
        refuses("[a/b]\nk = \x1b[2J\n", "f:2: invalid UTF-8, a control");
        refuses("[a/b]\nk = \x7f\n", "f:2: invalid UTF-8, a control");
        refuses("[a/b]\nk = \xc2\x85\n", "f:2: invalid UTF-8, a control");
        refuses("[a/b]\nk = \xc0\xaf\n", "f:2: invalid UTF-8");
        refuses("[a/b]\nk = \xed\xa0\x80\n", "f:2: invalid UTF-8");
        refuses("[a/b]\nk = \xf4\x90\x80\x80\n", "f:2: invalid UTF-8");
        refuses("[a/b]\nk = \xff\n", "f:2: invalid UTF-8");
        refuses("[a/b]\nk = \xe2\x80\xae"
                "x\n",
                "f:2: invalid UTF-8, a control character or an invisible");
        refuses("[a/b]\nk = a\xc2\xa0"
                "b\n",
                "f:2: invalid UTF-8, a control character or an invisible");
        refuses("# \xe2\x80\x8b\n", "f:1: invalid UTF-8, a control character or an invisible");
}

static void a_broken_section_is_refused(void **state)
{
        (void)state;
        refuses("[a/b\n", "f:1: a section is");
        refuses("[]\n", "f:1: a section is");
        refuses("[/b]\n", "f:1: a section is");
        refuses("[a/]\n", "f:1: a section is");
        refuses("[a/b c]\n", "f:1: a section is");
        refuses("[a/b]]\n", "f:1: a section is");
        refuses("[\n", "f:1: a section is");
}

static void a_file_that_lost_its_end_is_refused(void **state)
{
        (void)state;
        refuses("[a/b]\nk = v", "f:2: the last line does not end with a newline");
        refuses("[a/b]\nk = v\n# x", "f:3: the last line does not end with a newline");
}

static void every_bad_line_is_told(void **state)
{
        static const char text[] = "k = v\n[a/b\nk = v\n[a/c]\nx =\ny = z\n";
        struct seen seen = {0};
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_ini_read_all(text, strlen(text), "f", note, note_bad, &seen, &err),
                         PJWT_CONFIG);
        assert_int_equal(seen.bad,
                         4); /* line 3 belongs to no section: it must not be added to the previous one */
        assert_string_equal(seen.first_bad,
                            "1 k a key outside a section, or in a section whose line is invalid");
        assert_string_equal(seen.text, "4:[a|c]\n6:y|z\n");
        assert_true(strncmp(err.detail, "f:1: k:", 7) == 0);
}

static enum pjwt_reason stop(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        (void)arg;
        return pjwt_fail(reterr, PJWT_NO_MEMORY, "%s", line->kind);
}

static void the_callback_can_end_the_reading(void **state)
{
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_ini_read("[a]\n[b]\n", 8, "f", stop, NULL, &err), PJWT_NO_MEMORY);
        assert_string_equal(err.detail, "a");
}

/*
 * Text is examined eight bytes at a time: tests every byte at every position of texts of about that length.
 */
static void an_odd_byte_is_seen_wherever_it_stands(void **state)
{
        (void)state;
        for (size_t len = 1; len <= 25; len++)
                for (size_t place = 0; place < len; place++)
                        for (unsigned c = 0; c < 256; c++) {
                                char text[25];

                                memset(text, '~', sizeof(text));
                                text[place] = (char)(unsigned char)c;
                                assert_int_equal(pjwt_ini_text_ok(text, len), c >= ' ' && c <= '~');
                        }
        assert_true(pjwt_ini_text_ok("", 0));
        assert_true(pjwt_ini_text_ok("1234567\xc3\xbc", 9)); /* a character across the eighth byte */
        assert_false(pjwt_ini_text_ok("1234567\xc3\xbc", 8));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sections_keys_and_comments_are_read),
                cmocka_unit_test(a_key_needs_a_section),
                cmocka_unit_test(a_value_may_not_be_empty),
                cmocka_unit_test(a_comment_behind_a_value_is_refused),
                cmocka_unit_test(there_are_no_continuation_lines),
                cmocka_unit_test(bytes_that_hide_something_are_refused),
                cmocka_unit_test(a_broken_section_is_refused),
                cmocka_unit_test(a_file_that_lost_its_end_is_refused),
                cmocka_unit_test(every_bad_line_is_told),
                cmocka_unit_test(the_callback_can_end_the_reading),
                cmocka_unit_test(an_odd_byte_is_seen_wherever_it_stands),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
