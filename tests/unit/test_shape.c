/*
 * Recognising tokens (design section 4): which replies never reach another module (attacks REV-13), and
 * which are passwords.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shape.h"

#include <stdio.h>

#define LETTERS20 "abcdefghijklmnopqrst"

static struct pjwt_span span(const char *s)
{
        return (struct pjwt_span){s, strlen(s)};
}

static void trims_white_space_quotes_and_bearer(void **state)
{
        static const char *const wrapped[] = {"x.y",
                                              " x.y",
                                              "x.y\r\n",
                                              "\"x.y\"",
                                              "'x.y'",
                                              "`x.y`",
                                              "Bearer x.y",
                                              "bearer  x.y",
                                              " \"Bearer 'x.y' \" ",
                                              "\t\v\fBEARER x.y",
                                              "Bearer Bearer x.y"};

        (void)state;
        for (size_t i = 0; i < sizeof(wrapped) / sizeof(wrapped[0]); i++) {
                struct pjwt_span got = pjwt_shape_trim(span(wrapped[i]));

                assert_int_equal(got.len, 3);
                assert_memory_equal(got.text, "x.y", 3);
        }
        assert_int_equal(pjwt_shape_trim(span(" \"\" ")).len, 0);
        assert_int_equal(pjwt_shape_trim(span("Bearer ")).len, strlen("Bearer"));
}

static void eyj_and_twenty_letters_anywhere_are_a_token(void **state)
{
        (void)state;
        assert_true(pjwt_shape_token(span("eyJ" LETTERS20)));
        assert_true(pjwt_shape_token(span("my token is eyJ" LETTERS20 ", thanks")));
        assert_true(pjwt_shape_token(span("xxeyJ" LETTERS20)));
        assert_true(pjwt_shape_token(span("eyJ.eyJ" LETTERS20 ".x")));
        assert_false(pjwt_shape_token(span("eyJabcdefghijklmnopqrs")));
        assert_false(pjwt_shape_token(span("eyJabcdefghij.klmnopqrst")));
        assert_false(pjwt_shape_token(span("EYJ" LETTERS20)));
        assert_false(pjwt_shape_token(span("eyj" LETTERS20)));
        assert_false(pjwt_shape_token(span("")));
        assert_false(pjwt_shape_token(span("correct horse battery staple")));
}

static void two_hundred_letters_and_dots_are_a_token(void **state)
{
        char text[256];

        (void)state;
        memset(text, 'a', sizeof(text));
        assert_false(pjwt_shape_token((struct pjwt_span){text, 199}));
        assert_true(pjwt_shape_token((struct pjwt_span){text, 200}));
        text[100] = '.';
        assert_true(pjwt_shape_token((struct pjwt_span){text, 200}));
        text[100] = '+';
        assert_false(pjwt_shape_token((struct pjwt_span){text, 256}));
        text[100] = 'a';
        text[20] = ' ';
        assert_true(pjwt_shape_token((struct pjwt_span){text, 221}));
        assert_false(pjwt_shape_token((struct pjwt_span){text, 220}));
}

static void cut_is_a_token_without_a_third_part(void **state)
{
        (void)state;
        assert_true(pjwt_shape_truncated(span("eyJhbGciOiJIUzI1NiJ9.eyJ")));
        assert_true(pjwt_shape_truncated(span("eyJhbGciOi")));
        assert_false(pjwt_shape_truncated(span("eyJhbGciOiJIUzI1NiJ9.eyJ.")));
        assert_false(pjwt_shape_truncated(span("eyJhbGciOiJub25lIn0.e30.")));
        assert_false(pjwt_shape_truncated(span("eyJhbGci OiJIUzI1NiJ9")));
        assert_false(pjwt_shape_truncated(span("opaque")));
        assert_false(pjwt_shape_truncated(span("")));
}

/* PAM-14: the text is openssh's, auth-pam.c fake_password(). */
static void stand_in_is_the_repeated_word(void **state)
{
        static const char junk[] = "\b\n\r\177INCORRECT\b\n\r\177INCORRECT\b\n";

        (void)state;
        for (size_t len = 1; len < sizeof(junk); len++)
                assert_true(pjwt_shape_stand_in((struct pjwt_span){junk, len}));
        assert_false(pjwt_shape_stand_in(span("")));
        assert_false(pjwt_shape_stand_in(span("\b\n\r\177INCORRECX")));
        assert_false(pjwt_shape_stand_in(span("INCORRECT")));
}

/* A hostile reply of 64 KiB in which every character begins a token costs no more than one pass. */
static void linear_on_hostile_answers(void **state)
{
        static char text[65536];

        (void)state;
        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = "eyJa "[i % 5];
        for (int i = 0; i < 200; i++)
                assert_false(pjwt_shape_token((struct pjwt_span){text, sizeof(text)}));
        memset(text, '"', sizeof(text));
        for (int i = 0; i < 200; i++)
                assert_false(pjwt_shape_token((struct pjwt_span){text, sizeof(text)}));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(trims_white_space_quotes_and_bearer),
                cmocka_unit_test(eyj_and_twenty_letters_anywhere_are_a_token),
                cmocka_unit_test(two_hundred_letters_and_dots_are_a_token),
                cmocka_unit_test(cut_is_a_token_without_a_third_part),
                cmocka_unit_test(stand_in_is_the_repeated_word),
                cmocka_unit_test(linear_on_hostile_answers),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
