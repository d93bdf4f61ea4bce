#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit.h"

static const struct pjwt_request request = {
        .user = {"alice", true, 1000, 999}, .service = "sshd", .rhost = "192.0.2.7", .now = 1700000300};

static void set_error(struct pjwt_decision *decision, enum pjwt_reason reason, const char *detail)
{
        const size_t most = sizeof(decision->error.detail) - 1, len = strlen(detail);

        decision->error = (struct pjwt_error){.reason = reason};
        memcpy(decision->error.detail, detail, len < most ? len : most);
}

static void a_refusal_is_one_line_in_a_fixed_order(void **state)
{
        char iss[] = "https://idp.example", sub[] = "alice", kid[] = "k1", jti[] = "j1", out[PJWT_AUDIT_MAX];
        struct pjwt_decision decision = {
                .verified = true, .iss = iss, .sub = sub, .kid = kid, .jti = jti, .alg = "ES256"};

        (void)state;
        set_error(&decision, PJWT_EXPIRED, "exp 1700000000, now 1700000300");
        pjwt_audit_line(&request, &decision, out);
        assert_string_equal(
                out, "result=deny reason=expired stage=claims user='alice' service='sshd' rhost='192.0.2.7' "
                     "iss='https://idp.example' sub='alice' kid='k1' alg='ES256' jti='j1' grant='' "
                     "detail='exp 1700000000, now 1700000300'");
}

static void an_acceptance_names_the_grant_and_sounds_like_no_failure(void **state)
{
        static const char *const alarms[] = {"deny", "denied", "fail", "error", "invalid", "refused", "bad"};
        char iss[] = "https://idp.example", out[PJWT_AUDIT_MAX], name[] = "staff";
        const struct pjwt_grant grant = {.name = name};
        struct pjwt_decision decision = {.verified = true, .iss = iss, .alg = "EdDSA", .grant = &grant};

        (void)state;
        set_error(&decision, PJWT_OK, "");
        pjwt_audit_line(&request, &decision, out);
        assert_string_equal(
                out, "result=allow reason=ok stage=none user='alice' service='sshd' rhost='192.0.2.7' "
                     "iss='https://idp.example' sub='' kid='' alg='EdDSA' jti='' grant='staff' detail=''");
        for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++)
                assert_null(strstr(out, alarms[i]));
}

static void what_was_not_verified_is_named_so(void **state)
{
        char iss[] = "https://idp.example", sub[] = "root", out[PJWT_AUDIT_MAX];
        struct pjwt_decision decision = {.iss = iss, .sub = sub, .alg = "RS256"};

        (void)state;
        set_error(&decision, PJWT_BAD_SIGNATURE, "x");
        pjwt_audit_line(&request, &decision, out);
        assert_non_null(strstr(
                out,
                " claimed_iss='https://idp.example' claimed_sub='root' claimed_kid='' claimed_alg='RS256'"));
        assert_null(strstr(out, " iss="));
        assert_null(strstr(out, " sub="));
}

static void a_decision_that_nobody_made_is_a_refusal(void **state)
{
        struct pjwt_decision decision = {0};
        char out[PJWT_AUDIT_MAX];

        (void)state;
        pjwt_audit_line(&request, &decision, out);
        assert_true(strncmp(out, "result=deny reason=undecided stage=none ", 40) == 0);
}

static void a_user_who_does_not_exist_is_not_printed(void **state)
{
        const struct pjwt_request unknown = {.user = {"my secret password", false, 0, 999},
                                             .service = "sshd"};
        struct pjwt_decision decision = {0};
        char out[PJWT_AUDIT_MAX];

        (void)state;
        set_error(&decision, PJWT_UNKNOWN_USER, "x");
        pjwt_audit_line(&unknown, &decision, out);
        assert_non_null(strstr(out, " user='?' "));
        assert_null(strstr(out, "secret"));
}

static void escapes(const char *in, size_t len, const char *expected)
{
        char out[256];
        size_t n = pjwt_audit_escape(in, len, out, sizeof(out) - 1);

        out[n] = '\0';
        assert_string_equal(out, expected);
}

static void nothing_leaves_its_quotes(void **state) /* USR-12 */
{
        (void)state;
        escapes("plain text: 100%n", 17, "plain text: 100%n");
        escapes("a'b\"c\\d", 7, "a\\x27b\\x22c\\x5cd");
        escapes("a\nb\rc\td", 7, "a\\x0ab\\x0dc\\x09d");
        escapes("\x1b[2J\x07\x7f", 6, "\\x1b[2J\\x07\\x7f");
        escapes("a\0b", 3, "a\\x00b");
        escapes("caf\xc3\xa9", 5, "caf\xc3\xa9");
        /* RVW-13: letters that a reader cannot see, U+00AD, 200B, 2060, FEFF, E0041. */
        escapes("a\xc2\xad", 3, "a\\xc2\\xad");
        escapes("\xe2\x80\x8b\xe2\x81\xa0", 6, "\\xe2\\x80\\x8b\\xe2\\x81\\xa0");
        escapes("\xef\xbb\xbf\xf3\xa0\x81\x81", 7, "\\xef\\xbb\\xbf\\xf3\\xa0\\x81\\x81");
        escapes("\xff\xc0\xaf\xed\xa0\x80", 6, "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
        escapes("\xe2\x80\xae"
                "x\xc2\x85",
                6, "\\xe2\\x80\\xaex\\xc2\\x85");
        escapes("\xe2\x80", 2, "\\xe2\\x80");
        escapes("", 0, "");
}

static void a_long_value_is_cut_and_never_inside_an_escape(void **state)
{
        char in[10240], out[64];

        (void)state;
        memset(in, 'a', sizeof(in));
        assert_int_equal(pjwt_audit_escape(in, sizeof(in), out, 16), 16);
        assert_memory_equal(out, "aaaaaaaaaaaaa...", 16);
        memset(in, '\n', sizeof(in));
        assert_int_equal(pjwt_audit_escape(in, sizeof(in), out, 16), 15);
        assert_memory_equal(out, "\\x0a\\x0a\\x0a...", 15);
        assert_int_equal(pjwt_audit_escape("abc", 3, out, 3), 3);
        assert_memory_equal(out, "abc", 3);
        assert_int_equal(pjwt_audit_escape("abcd", 4, out, 3), 3);
        assert_memory_equal(out, "...", 3);
        assert_int_equal(pjwt_audit_escape("abcd", 4, out, 2), 0);
        for (size_t i = 0; i < sizeof(in); i += 2) {
                in[i] = '\xc3';
                in[i + 1] = '\xa9';
        }
        assert_int_equal(pjwt_audit_escape(in, sizeof(in), out, 16), 15);
}

/* Every value at its maximum length, each byte escaped to four: the line still has its proper end. */
static void the_longest_line_fits(void **state)
{
        static char big[10241];
        char out[PJWT_AUDIT_MAX + 16];
        const struct pjwt_grant grant = {.name = big};
        const struct pjwt_request worst = {.user = {big, true, 1000, 999}, .service = big, .rhost = big};
        struct pjwt_decision decision = {
                .iss = big, .sub = big, .kid = big, .jti = big, .alg = big, .grant = &grant};

        (void)state;
        for (int bytes = 0; bytes < 2; bytes++) {
                memset(big, bytes ? 'x' : '\x01', sizeof(big) - 1);
                set_error(&decision, PJWT_ISSUED_IN_FUTURE, big);
                memset(out, '#', sizeof(out));
                pjwt_audit_line(&worst, &decision, out);
                assert_true(strlen(out) < PJWT_AUDIT_MAX);
                assert_true(out[strlen(out) - 1] == '\'');
                assert_non_null(strstr(out, " detail='"));
                assert_int_equal(out[PJWT_AUDIT_MAX], '#');
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_refusal_is_one_line_in_a_fixed_order),
                cmocka_unit_test(an_acceptance_names_the_grant_and_sounds_like_no_failure),
                cmocka_unit_test(what_was_not_verified_is_named_so),
                cmocka_unit_test(a_decision_that_nobody_made_is_a_refusal),
                cmocka_unit_test(a_user_who_does_not_exist_is_not_printed),
                cmocka_unit_test(nothing_leaves_its_quotes),
                cmocka_unit_test(a_long_value_is_cut_and_never_inside_an_escape),
                cmocka_unit_test(the_longest_line_fits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
