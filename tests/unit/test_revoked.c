#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "revoked.h"

static struct pjwt_conf *make_conf(void)
{
        static const char text[] = "[issuer/acme]\nissuer = https://idp.example\naudience = x\n"
                                   "[issuer/ci]\nissuer = https://ci.example\naudience = x\n";
        const struct pjwt_conf_text t = {"f", text, strlen(text)};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_conf_parse(&t, 1, NULL, &conf, &err), PJWT_OK);
        return conf;
}

/*
 * Whether a token of the first issuer, signed by the key `kid`, is refused by this list. Returns the line,
 * 0: not refused.
 */
static unsigned line_for(const char *list_text, const char *claims, const char *kid)
{
        struct pjwt_conf *conf = make_conf();
        struct pjwt_token token = {0};
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};
        struct pjwt_origin origin = {NULL, 0};
        enum pjwt_reason reason;

        if (pjwt_revoked_parse(list_text, strlen(list_text), "r", conf, &list, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        assert_int_equal(pjwt_json_parse_object(claims, strlen(claims), "claims", &token.claims, &err),
                         PJWT_OK);
        reason = pjwt_revoked_token(list, &conf->issuers[0], &token, kid, &origin, &err);
        assert_true(reason == PJWT_OK || reason == PJWT_REVOKED);
        assert_int_equal(reason == PJWT_REVOKED, origin.line != 0);
        json_object_put(token.claims);
        pjwt_revoked_free(list);
        pjwt_conf_free(conf);
        return origin.line;
}

#define CLAIMS "{\"iss\":\"https://idp.example\",\"sub\":\"alice\",\"jti\":\"j 1\",\"iat\":1700000000}"

static void each_kind_of_line_shuts_out(void **state)
{
        (void)state;
        assert_int_equal(line_for("", CLAIMS, "k1"), 0);
        assert_int_equal(line_for("# c\n\njti acme j 1\n", CLAIMS, "k1"), 3);
        assert_int_equal(line_for("sub acme alice\n", CLAIMS, "k1"), 1);
        assert_int_equal(line_for("kid acme k1\n", CLAIMS, "k1"), 1);
        assert_int_equal(line_for("issued_before acme 1700000001\n", CLAIMS, "k1"), 1);
        assert_int_equal(line_for("issued_before acme 2023-11-14T22:13:21Z\n", CLAIMS, "k1"), 1);
}

static void nothing_else_is_shut_out(void **state)
{
        (void)state;
        assert_int_equal(line_for("jti acme j\njti acme J 1\njti acme j 12\n", CLAIMS, "k1"), 0);
        assert_int_equal(line_for("sub acme alic\nsub acme Alice\n", CLAIMS, "k1"), 0);
        assert_int_equal(line_for("kid acme k\n", CLAIMS, "k1"), 0);
        assert_int_equal(line_for("issued_before acme 1700000000\n", CLAIMS, "k1"), 0);
        assert_int_equal(line_for("issued_before acme 2023-11-14T22:13:20Z\n", CLAIMS, "k1"), 0);
        assert_int_equal(line_for("user alice\n", CLAIMS, "k1"), 0);
}

static void a_line_is_for_its_issuer_only(void **state) /* CLM-18 */
{
        (void)state;
        assert_int_equal(
                line_for("sub ci alice\njti ci j 1\nkid ci k1\nissued_before ci 1800000000\n", CLAIMS, "k1"),
                0);
        assert_int_equal(line_for("sub https://idp.example alice\n", CLAIMS, "k1"), 1);
        assert_int_equal(line_for("sub https://other.example alice\n", CLAIMS, "k1"), 0);
}

/* A token without a kid is tried with every key; the kid of the key that verified it is used. */
static void the_key_that_signed_counts_and_not_what_the_header_says(void **state)
{
        (void)state;
        assert_int_equal(line_for("kid acme k1\n", CLAIMS, NULL), 0);
        assert_int_equal(line_for("kid acme k1\n", "{\"sub\":\"x\"}", "k1"), 1);
}

static void a_token_without_iat_is_older_than_any_time(void **state)
{
        (void)state;
        assert_int_equal(line_for("issued_before acme 1\n", "{\"sub\":\"x\"}", NULL), 1);
        assert_int_equal(line_for("issued_before acme 1\n", "{\"sub\":\"x\",\"iat\":\"9\"}", NULL), 1);
}

static void users_are_named_without_an_issuer(void **state)
{
        static const char text[] = "user bob\nuser first.last\n";
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};
        struct pjwt_origin origin = {0};

        (void)state;
        assert_int_equal(pjwt_revoked_parse(text, strlen(text), "r", NULL, &list, &err), PJWT_OK);
        assert_int_equal(pjwt_revoked_user(list, "alice", &origin, &err), PJWT_OK);
        assert_int_equal(pjwt_revoked_user(list, "bo", &origin, &err), PJWT_OK);
        assert_int_equal(pjwt_revoked_user(list, "first.last", &origin, &err), PJWT_REVOKED);
        assert_int_equal(origin.line, 2);
        assert_string_equal(err.detail, "r:2: user first.last");
        pjwt_revoked_free(list);
}

static void refuses(const char *text, const char *detail)
{
        struct pjwt_conf *conf = make_conf();
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_revoked_parse(text, strlen(text), "r", conf, &list, &err), PJWT_CONFIG);
        assert_null(list);
        if (strncmp(err.detail, detail, strlen(detail)) != 0)
                fail_msg("'%s' does not begin with '%s'", err.detail, detail);
        pjwt_conf_free(conf);
}

static void a_line_that_is_not_understood_refuses_the_whole(void **state)
{
        (void)state;
        refuses("# x\njit acme x\n", "r:2: expected jti, sub, kid, issued_before or user, not 'jit'");
        refuses("JTI acme x\n", "r:1: expected jti");
        refuses("jti\n", "r:1: the issuer is missing");
        refuses("jti acme\n", "r:1: the value is missing");
        refuses("jti acme  \n", "r:1: the value is missing");
        refuses("jti acmee x\n", "r:1: there is no issuer section with the name 'acmee'");
        refuses("user\n", "r:1: the value is missing");
        refuses("user a b\n", "r:1: expected one user name, not 'a b'");
        refuses("issued_before acme yesterday\n", "r:1: expected seconds");
        refuses("issued_before acme 2026-11-24\n", "r:1: expected seconds");
        refuses("issued_before acme 2026-13-24T10:00:00Z\n", "r:1: expected seconds");
        refuses("issued_before acme 2026-11-24T10:00:00+01:00\n", "r:1: expected seconds");
        refuses("issued_before acme 0\n", "r:1: expected seconds");
        refuses("issued_before acme -5\n", "r:1: expected seconds");
        refuses("issued_before acme 9999999999999\n", "r:1: expected seconds");
        refuses("user bob # left in May\n", "r:1: a comment after a value");
        refuses(" user bob\n", "r:1: the line begins with a space");
        refuses("user\tbob\n", "r:1: invalid UTF-8, a control character");
        refuses("user bob\r\n", "r:1: invalid UTF-8, a control character");
        refuses("user bob", "r:1: the last line does not end with a newline");
        refuses("user b\xff\n", "r:1: invalid UTF-8");
}

static void a_file_is_read_under_the_rules_of_the_configuration(void **state)
{
        char path[] = "/tmp/pjwt-revoked-XXXXXX";
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};
        int fd = mkstemp(path);

        (void)state;
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "user bob\n", 9), 9);
        assert_int_equal(fchmod(fd, 0644), 0);
        assert_int_equal(close(fd), 0);
        assert_int_equal(pjwt_revoked_load(path, NULL, &list, &err), PJWT_OK);
        assert_int_equal(pjwt_revoked_user(list, "bob", NULL, &err), PJWT_REVOKED);
        pjwt_revoked_free(list);
        list = NULL;
        assert_int_equal(chmod(path, 0666), 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_revoked_load(path, NULL, &list, &err), PJWT_FILE_MODE);
        assert_int_equal(unlink(path), 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_revoked_load(path, NULL, &list, &err),
                         PJWT_OK); /* no file: no one is refused */
        assert_int_equal(pjwt_revoked_user(list, "bob", NULL, &err), PJWT_OK);
        pjwt_revoked_free(list);
        err = (struct pjwt_error){0};
        list = NULL;
        assert_int_equal(pjwt_revoked_load("/tmp", NULL, &list, &err), PJWT_FILE_KIND);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_kind_of_line_shuts_out),
                cmocka_unit_test(nothing_else_is_shut_out),
                cmocka_unit_test(a_line_is_for_its_issuer_only),
                cmocka_unit_test(the_key_that_signed_counts_and_not_what_the_header_says),
                cmocka_unit_test(a_token_without_iat_is_older_than_any_time),
                cmocka_unit_test(users_are_named_without_an_issuer),
                cmocka_unit_test(a_line_that_is_not_understood_refuses_the_whole),
                cmocka_unit_test(a_file_is_read_under_the_rules_of_the_configuration),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
