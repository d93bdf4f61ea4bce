/* What is asked of stacks: open, skipped, required, possible. Each stack here is one that people have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <security/_pam_types.h>

#include "made.h"
#include "stackask.h"

#define OUR "auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so\n"
#define UNIX                                                                                                 \
        "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"                          \
        "auth required pam_permit.so\n"
#define MISSING  PJWT_STACK_ANSWER(PAM_MODULE_UNKNOWN)
#define NO_TOKEN PJWT_STACK_ANSWER(PAM_CRED_UNAVAIL)

static enum pjwt_stack_verdict open_to(const char *text, pjwt_stack_answers token)
{
        struct pjwt_stack *stack = made(text);
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};
        enum pjwt_stack_verdict verdict;

        assert_int_equal(pjwt_stack_ask_open(&asked, token, &finding, &err), PJWT_OK);
        verdict = finding.verdict;
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
        return verdict;
}

static void a_stack_that_ends_in_pam_deny_is_not_open(void **state)
{
        (void)state;
        assert_int_equal(open_to(OUR UNIX "auth optional pam_cap.so\n", PJWT_STACK_TOKEN_REFUSALS),
                         PJWT_STACK_NO);
        assert_int_equal(open_to(OUR "auth sufficient pam_unix.so\nauth required pam_deny.so\n",
                                 PJWT_STACK_TOKEN_REFUSALS),
                         PJWT_STACK_NO);
        assert_int_equal(open_to("auth required pam_jwt.so\n", PJWT_STACK_TOKEN_REFUSALS), PJWT_STACK_NO);
        assert_int_equal(open_to("auth sufficient pam_rootok.so\n" OUR UNIX, PJWT_STACK_TOKEN_REFUSALS),
                         PJWT_STACK_NO);
}

static void module_unknown_ignore_after_a_gate_is_open_without_the_module(void **state)
{
        const char *text = "auth required pam_access.so\n"
                           "auth [success=done module_unknown=ignore default=die] pam_jwt.so\n";

        (void)state;
        assert_int_equal(open_to(text, MISSING), PJWT_STACK_YES);
        assert_int_equal(open_to(text, PJWT_STACK_TOKEN_REFUSALS & ~MISSING), PJWT_STACK_NO);
}

static void a_refusal_that_is_ignored_is_open(void **state)
{
        const char *text = "auth sufficient pam_jwt.so\nauth required pam_env.so\n";

        (void)state;
        assert_int_equal(open_to(text, NO_TOKEN), PJWT_STACK_YES);
        assert_int_equal(open_to("auth optional pam_jwt.so\n", NO_TOKEN), PJWT_STACK_NO);
        assert_int_equal(
                open_to("auth [auth_err=ok default=die] pam_jwt.so\n", PJWT_STACK_ANSWER(PAM_AUTH_ERR)),
                PJWT_STACK_NO); /* the application gets PAM_AUTH_ERR itself */
}

static void a_module_that_nobody_knows_is_perhaps_open(void **state)
{
        (void)state;
        assert_int_equal(open_to(OUR "auth required pam_site.so\n", NO_TOKEN), PJWT_STACK_PERHAPS);
        assert_int_equal(open_to(OUR "auth required pam_site.so\n" UNIX, NO_TOKEN), PJWT_STACK_NO);
}

static void a_second_factor_that_lets_unknown_users_by_is_open(void **state)
{
        (void)state;
        assert_int_equal(
                open_to(OUR "auth required pam_google_authenticator.so nullok\nauth required pam_permit.so\n",
                        NO_TOKEN),
                PJWT_STACK_YES);
        assert_int_equal(open_to(OUR
                                 "auth required pam_google_authenticator.so\nauth required pam_permit.so\n",
                                 NO_TOKEN),
                         PJWT_STACK_NO);
}

static void a_way_is_shown(void **state)
{
        struct pjwt_stack *stack = made("auth required pam_nologin.so\nauth sufficient pam_jwt.so\n");
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_stack_ask_open(&asked, NO_TOKEN, &finding, &err), PJWT_OK);
        assert_int_equal(finding.verdict, PJWT_STACK_YES);
        assert_int_equal(finding.count, 2);
        assert_string_equal(pjwt_stack_module(finding.way[0].line), "pam_nologin.so");
        assert_int_equal(finding.way[0].answer, PAM_SUCCESS);
        assert_int_equal(finding.way[1].line->line, 2);
        assert_int_equal(finding.way[1].answer, PAM_CRED_UNAVAIL);
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
}

/* --- skipped --- */

static enum pjwt_module_kind site_asks_for_the_password(void *arg, const struct pjwt_stack_line *line)
{
        (void)arg;
        return strcmp(pjwt_stack_module(line), "pam_site.so") == 0 ? PJWT_MODULE_PASSWORD
                                                                   : pjwt_module_kind(line);
}

/* The modules that a token skips, separated by spaces; "?" before them if that is not sure. */
static const char *skipped_by(const char *text, bool site_is_known)
{
        static char names[256];
        struct pjwt_stack *stack = made(text);
        const struct pjwt_stack_asked asked = {.stack = stack,
                                               .kind = site_is_known ? site_asks_for_the_password : NULL};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_stack_ask_skipped(&asked, &finding, &err), PJWT_OK);
        assert_int_not_equal(finding.verdict, PJWT_STACK_UNDECIDED);
        assert_int_equal(finding.verdict == PJWT_STACK_NO, finding.count == 0);
        (void)strcpy(names, finding.verdict == PJWT_STACK_PERHAPS ? "?" : "");
        for (size_t i = 0; i < finding.count; i++) {
                strcat(names, i > 0 ? " " : "");
                strcat(names, pjwt_stack_module(finding.way[i].line));
        }
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
        return names;
}

static void the_password_alone_is_nothing_to_skip(void **state)
{
        (void)state;
        assert_string_equal(skipped_by(OUR UNIX "auth optional pam_cap.so\n", false), "");
        assert_string_equal(
                skipped_by(OUR "auth required pam_env.so\nauth sufficient pam_unix.so\n"
                               "auth sufficient pam_sss.so use_first_pass\nauth required pam_deny.so\n",
                           false),
                "");
        assert_string_equal(skipped_by("auth required pam_jwt.so\n", false), "");
}

static void duo_after_success_done_is_skipped(void **state)
{
        (void)state;
        assert_string_equal(
                skipped_by(OUR "auth requisite pam_unix.so\nauth [success=1 default=ignore] pam_duo.so\n"
                               "auth requisite pam_deny.so\nauth required pam_permit.so\n",
                           false),
                "pam_duo.so");
        assert_string_equal(skipped_by("auth required pam_duo.so\n" OUR UNIX, false), "");
}

static void u2f_that_a_password_needs_is_skipped(void **state)
{
        (void)state;
        assert_string_equal(skipped_by(OUR "auth required pam_unix.so\nauth sufficient pam_u2f.so\n"
                                           "auth required pam_deny.so\n",
                                       false),
                            "pam_u2f.so");
        assert_string_equal(skipped_by(OUR "auth sufficient pam_u2f.so\nauth sufficient pam_unix.so\n"
                                           "auth required pam_deny.so\n",
                                       false),
                            "");
}

static void one_of_two_factors_is_skipped(void **state)
{
        const char *found = skipped_by(OUR "auth requisite pam_unix.so\nauth sufficient pam_u2f.so\n"
                                           "auth sufficient pam_oath.so\nauth required pam_deny.so\n",
                                       false);

        (void)state;
        assert_true(strstr(found, "pam_u2f.so") || strstr(found, "pam_oath.so"));
}

static void a_gate_after_us_is_skipped(void **state)
{
        (void)state;
        assert_string_equal(skipped_by(OUR "auth required pam_access.so\n" UNIX, false), "pam_access.so");
        assert_string_equal(skipped_by("auth required pam_access.so\n" OUR UNIX, false), "");
}

static void a_factor_for_some_users_is_skipped(void **state)
{
        (void)state;
        assert_string_equal(
                skipped_by(OUR "auth requisite pam_unix.so\n"
                               "auth [success=1 default=ignore] pam_succeed_if.so user ingroup exempt\n"
                               "auth required pam_duo.so\nauth required pam_permit.so\n",
                           false),
                "pam_duo.so");
}

static void an_unknown_module_is_perhaps_skipped_unless_it_is_named(void **state)
{
        const char *text = OUR "auth [success=1 default=ignore] pam_site.so\nauth requisite pam_deny.so\n"
                               "auth required pam_permit.so\n";

        (void)state;
        assert_string_equal(skipped_by(text, false), "?pam_site.so");
        assert_string_equal(skipped_by(text, true), "");
}

static void success_done_in_a_substack_skips_nothing_after_it(void **state)
{
        struct pjwt_stack *stack =
                made_stack("debian-12", ETC "svc", "auth substack in\nauth required pam_duo.so\n", ETC "in",
                           OUR UNIX, NULL);
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_stack_ask_skipped(&asked, &finding, &err), PJWT_OK);
        assert_int_equal(finding.verdict, PJWT_STACK_NO);
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
}

/* --- required, possible, account --- */

static enum pjwt_stack_verdict required_in(const char *text)
{
        struct pjwt_stack *stack = made(text);
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};
        enum pjwt_stack_verdict verdict;

        assert_int_equal(pjwt_stack_ask_required(&asked, "require_token",
                                                 PJWT_STACK_ANSWER(PAM_SUCCESS) |
                                                         (PJWT_STACK_TOKEN_REFUSALS & ~MISSING),
                                                 &finding, &err),
                         PJWT_OK);
        verdict = finding.verdict;
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
        return verdict;
}

static void a_sufficient_line_before_require_token_lets_a_key_in_alone(void **state)
{
        (void)state;
        assert_int_equal(
                required_in("account required pam_jwt.so require_token\naccount required pam_unix.so\n"),
                PJWT_STACK_YES);
        assert_int_equal(
                required_in("account required pam_nologin.so\naccount required pam_jwt.so require_token\n"),
                PJWT_STACK_YES);
        assert_int_equal(
                required_in(
                        "account sufficient pam_localuser.so\naccount required pam_jwt.so require_token\n"),
                PJWT_STACK_NO);
        assert_int_equal(
                required_in("account [success=1 default=ignore] pam_unix.so\n"
                            "account required pam_jwt.so require_token\naccount required pam_permit.so\n"),
                PJWT_STACK_NO);
        assert_int_equal(
                required_in("account optional pam_jwt.so require_token\naccount required pam_unix.so\n"),
                PJWT_STACK_NO);
        assert_int_equal(required_in("account required pam_jwt.so\n"), PJWT_STACK_NO);
}

static void a_password_change_that_lets_in_counts(void **state)
{
        (void)state;
        assert_int_equal(required_in("account [new_authtok_reqd=done default=ignore] pam_unix.so\n"
                                     "account required pam_jwt.so require_token\n"),
                         PJWT_STACK_NO);
        /* "bad" keeps the code: the application gets PAM_NEW_AUTHTOK_REQD all the same. */
        assert_int_equal(
                required_in("account requisite pam_unix.so\naccount required pam_jwt.so require_token\n"),
                PJWT_STACK_YES);
        assert_int_equal(required_in("account [success=ok default=die] pam_unix.so\n"
                                     "account required pam_jwt.so require_token\n"),
                         PJWT_STACK_NO);
}

static void a_stack_that_needs_the_module_locks_out_without_it(void **state)
{
        struct pjwt_stack *stack = made("auth required pam_jwt.so\nauth required pam_unix.so\n");
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_stack_ask_possible(&asked, PJWT_STACK_AUTH, MISSING, &finding, &err), PJWT_OK);
        assert_int_equal(finding.verdict, PJWT_STACK_NO);
        pjwt_stack_finding_free(&finding);
        assert_int_equal(
                pjwt_stack_ask_possible(&asked, PJWT_STACK_AUTH, PJWT_STACK_ANY_ANSWER, &finding, &err),
                PJWT_OK);
        assert_int_equal(finding.verdict, PJWT_STACK_YES);
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
}

static void a_token_that_ends_a_substack_only_is_not_enough(void **state)
{
        struct pjwt_stack *stack =
                made_stack("debian-12", ETC "svc", "auth substack in\nauth required pam_unix.so\n", ETC "in",
                           OUR UNIX, NULL);
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_stack_ask_alone(&asked, &finding, &err), PJWT_OK);
        assert_int_equal(finding.verdict, PJWT_STACK_NO);
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
}

static int expired(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        (void)arg;
        (void)function;
        return strcmp(pjwt_stack_module(line), "pam_unix.so") == 0 ? PAM_NEW_AUTHTOK_REQD : PAM_SUCCESS;
}

static void an_expired_password_is_named_by_its_line(void **state)
{
        struct pjwt_stack *stack = made("account required pam_jwt.so\naccount required pam_unix.so\n");
        const struct pjwt_stack_line *line = NULL;
        struct pjwt_error err = {0};
        int code = PAM_SUCCESS;

        (void)state;
        assert_int_equal(pjwt_stack_ask_account(stack, expired, NULL, &code, &line, &err), PJWT_OK);
        assert_int_equal(code, PAM_NEW_AUTHTOK_REQD);
        assert_int_equal(line->line, 2);
        pjwt_stack_free(stack);
}

static void too_many_ways_are_undecided(void **state)
{
        char *text = calloc(1, 1 << 20);
        struct pjwt_stack *stack;
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_YES};
        struct pjwt_stack_asked asked = {.kind = NULL};
        struct pjwt_error err = {0};
        char *p = text;

        (void)state;
        for (int i = 0; i < 8000; i++)
                p = stpcpy(
                        p,
                        "auth [success=reset auth_err=ok perm_denied=bad new_authtok_reqd=ok default=ignore] "
                        "pam_site.so\n");
        stack = made(text);
        asked.stack = stack;
        assert_int_equal(pjwt_stack_ask_open(&asked, NO_TOKEN, &finding, &err), PJWT_OK);
        assert_int_not_equal(finding.verdict, PJWT_STACK_YES);
        pjwt_stack_finding_free(&finding);
        pjwt_stack_free(stack);
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_stack_that_ends_in_pam_deny_is_not_open),
                cmocka_unit_test(module_unknown_ignore_after_a_gate_is_open_without_the_module),
                cmocka_unit_test(a_refusal_that_is_ignored_is_open),
                cmocka_unit_test(a_module_that_nobody_knows_is_perhaps_open),
                cmocka_unit_test(a_second_factor_that_lets_unknown_users_by_is_open),
                cmocka_unit_test(a_way_is_shown),
                cmocka_unit_test(the_password_alone_is_nothing_to_skip),
                cmocka_unit_test(duo_after_success_done_is_skipped),
                cmocka_unit_test(u2f_that_a_password_needs_is_skipped),
                cmocka_unit_test(one_of_two_factors_is_skipped),
                cmocka_unit_test(a_gate_after_us_is_skipped),
                cmocka_unit_test(a_factor_for_some_users_is_skipped),
                cmocka_unit_test(an_unknown_module_is_perhaps_skipped_unless_it_is_named),
                cmocka_unit_test(success_done_in_a_substack_skips_nothing_after_it),
                cmocka_unit_test(a_sufficient_line_before_require_token_lets_a_key_in_alone),
                cmocka_unit_test(a_password_change_that_lets_in_counts),
                cmocka_unit_test(a_stack_that_needs_the_module_locks_out_without_it),
                cmocka_unit_test(a_token_that_ends_a_substack_only_is_not_enough),
                cmocka_unit_test(an_expired_password_is_named_by_its_line),
                cmocka_unit_test(too_many_ways_are_undecided),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
