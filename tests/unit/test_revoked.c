#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

/* A name service that finds names in any case, knows a second name of one account, and fails for one name. */
static enum pjwt_account find_account(void *arg, const char *name, uid_t *retuid)
{
        static const struct {
                const char *name;
                uid_t uid;
        } accounts[] = {{"alice", 1500}, {"bob", 1501}, {"bobby", 1501}, {"first.last", 1502}};

        ++*(unsigned *)arg;
        if (strcmp(name, "flaky") == 0)
                return PJWT_ACCOUNT_UNSURE;
        for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++)
                if (strcasecmp(accounts[i].name, name) == 0) {
                        *retuid = accounts[i].uid;
                        return PJWT_ACCOUNT_FOUND;
                }
        return PJWT_ACCOUNT_ABSENT;
}

static enum pjwt_reason ask_user(const char *text, struct pjwt_user user, unsigned *retline,
                                 struct pjwt_error *reterr, unsigned *retlookups)
{
        const struct pjwt_accounts accounts = {find_account, retlookups};
        struct pjwt_revoked *list = NULL;
        struct pjwt_origin origin = {0};
        enum pjwt_reason reason;

        *retlookups = 0;
        *reterr = (struct pjwt_error){0};
        if (pjwt_revoked_parse(text, strlen(text), "r", NULL, &list, reterr) != PJWT_OK)
                fail_msg("%s", reterr->detail);
        reason = pjwt_revoked_user(list, &user, &accounts, &origin, reterr);
        *retline = origin.line;
        pjwt_revoked_free(list);
        return reason;
}

static void expect_user(const char *text, struct pjwt_user user, enum pjwt_reason reason, unsigned line,
                        unsigned lookups)
{
        struct pjwt_error err;
        unsigned seen_line, seen_lookups;
        enum pjwt_reason seen = ask_user(text, user, &seen_line, &err, &seen_lookups);

        if (seen != reason || seen_line != line || seen_lookups != lookups)
                fail_msg("%s: %s, line %u, %u lookups: %s", text, pjwt_reason_name(seen), seen_line,
                         seen_lookups, err.detail);
}

static const struct pjwt_user alice = {"alice", true, 1500, 999, "alice"};

static void users_are_named_without_an_issuer(void **state)
{
        const struct pjwt_user user = {"first.last", true, 1502, 999, "first.last"};
        struct pjwt_error err;
        unsigned line, lookups;

        (void)state;
        expect_user("user bob\nuser first.last\n", alice, PJWT_OK, 0, 2);
        expect_user("user alic\nuser alicee\n", alice, PJWT_OK, 0, 2);
        expect_user("user bob\nuser first.last\n", user, PJWT_REVOKED, 2, 0);
        assert_int_equal(ask_user("user first.last\n", user, &line, &err, &lookups), PJWT_REVOKED);
        assert_string_equal(err.detail, "r:1: user first.last");
        expect_user("sub https://idp.example alice\n", alice, PJWT_OK, 0, 0);
}

/* RVW-01: the name that was asked for, the name that NSS gives, and the uid of the line's name. */
static void every_name_of_a_revoked_account_is_shut_out(void **state)
{
        (void)state;
        expect_user("user alice\n", (struct pjwt_user){"ALICE", true, 1500, 999, "alice"}, PJWT_REVOKED, 1,
                    0);
        expect_user("user alice\n", (struct pjwt_user){"ALICE", true, 1500, 999, "ALICE"}, PJWT_REVOKED, 1,
                    1);
        expect_user("user ALICE\n", alice, PJWT_REVOKED, 1, 1);
        expect_user("user bobby\n", (struct pjwt_user){"bob", true, 1501, 999, "bob"}, PJWT_REVOKED, 1, 1);
        expect_user("user bob\n", (struct pjwt_user){"bobby", true, 1501, 999, "bobby"}, PJWT_REVOKED, 1, 1);
        expect_user("jti https://a.example x\nuid 1500\n", alice, PJWT_REVOKED, 2, 0);
        expect_user("uid 1501\n", alice, PJWT_OK, 0, 0);
}

/* RVW-01: NSS that cannot answer is a refusal, unless a line hits that needs no lookup. */
static void an_account_that_cannot_be_looked_up_refuses(void **state)
{
        const struct pjwt_accounts none = {0};
        const struct pjwt_user unknown = {.name = "no-such-user"}, flaky = {.name = "flaky"};
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};

        (void)state;
        expect_user("user bob\nuser flaky\n", alice, PJWT_ACCOUNT_LOOKUP, 2, 2);
        expect_user("user flaky\nuser alice\n", alice, PJWT_REVOKED, 2, 0);
        expect_user("uid 1500\n", unknown, PJWT_OK, 0, 1);
        expect_user("uid 1500\n", flaky, PJWT_ACCOUNT_LOOKUP, 1, 1);
        expect_user("uid 1500\n", (struct pjwt_user){.name = "ALICE"}, PJWT_REVOKED, 1, 1);
        expect_user("", flaky, PJWT_OK, 0, 0);
        assert_int_equal(pjwt_revoked_parse("user bob\n", 9, "r", NULL, &list, &err), PJWT_OK);
        assert_int_equal(pjwt_revoked_user(list, &alice, &none, NULL, &err), PJWT_ACCOUNT_LOOKUP);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_revoked_user(list, &alice, NULL, NULL, &err), PJWT_ACCOUNT_LOOKUP);
        pjwt_revoked_free(list);
}

static void the_number_of_user_lines_is_limited(void **state)
{
        char text[PJWT_REVOKED_USERS_MAX * 8 + 32] = "";
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};
        size_t len = 0;

        (void)state;
        for (unsigned i = 0; i < PJWT_REVOKED_USERS_MAX; i++, len += 8)
                memcpy(text + len, "user xx\n", 8);
        assert_int_equal(pjwt_revoked_parse(text, len, "r", NULL, &list, &err), PJWT_OK);
        pjwt_revoked_free(list);
        list = NULL;
        memcpy(text + len, "uid 7\nuser xx\n", 14);
        assert_int_equal(pjwt_revoked_parse(text, len + 14, "r", NULL, &list, &err), PJWT_CONFIG);
        assert_non_null(strstr(err.detail, "r:502: more than 500 user lines"));
}

static void the_lines_about_accounts_can_be_listed(void **state)
{
        static const char text[] = "user bob\n# c\nkid https://a.example k\nuid 7\n";
        struct pjwt_revoked_account a;
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_revoked_parse(text, strlen(text), "r", NULL, &list, &err), PJWT_OK);
        assert_true(pjwt_revoked_account_at(list, 0, &a));
        assert_string_equal(a.name, "bob");
        assert_int_equal(a.line, 1);
        assert_true(pjwt_revoked_account_at(list, 1, &a));
        assert_null(a.name);
        assert_int_equal(a.uid, 7);
        assert_int_equal(a.line, 4);
        assert_false(pjwt_revoked_account_at(list, 2, &a));
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
        refuses("# x\njit acme x\n", "r:2: expected jti, sub, kid, issued_before, user or uid, not 'jit'");
        refuses("JTI acme x\n", "r:1: expected jti");
        refuses("jti\n", "r:1: the issuer is missing");
        refuses("jti acme\n", "r:1: the value is missing");
        refuses("jti acme  \n", "r:1: the value is missing");
        refuses("jti acmee x\n", "r:1: there is no issuer section with the name 'acmee'");
        refuses("user\n", "r:1: the value is missing");
        refuses("user a b\n", "r:1: expected one user name, not 'a b'");
        refuses("uid\n", "r:1: the value is missing");
        refuses("uid alice\n", "r:1: expected a number from 0 to 4294967294, not 'alice'");
        refuses("uid -1\n", "r:1: expected a number from");
        refuses("uid 4294967295\n", "r:1: expected a number from");
        refuses("uid 99999999999\n", "r:1: expected a number from");
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
        const struct pjwt_user bob = {"bob", true, 1501, 999, "bob"};
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
        assert_int_equal(pjwt_revoked_user(list, &bob, NULL, NULL, &err), PJWT_REVOKED);
        pjwt_revoked_free(list);
        list = NULL;
        assert_int_equal(chmod(path, 0666), 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_revoked_load(path, NULL, &list, &err), PJWT_FILE_MODE);
        assert_int_equal(unlink(path), 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_revoked_load(path, NULL, &list, &err),
                         PJWT_OK); /* no file: no one is refused */
        assert_int_equal(pjwt_revoked_user(list, &bob, NULL, NULL, &err), PJWT_OK);
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
                cmocka_unit_test(every_name_of_a_revoked_account_is_shut_out),
                cmocka_unit_test(an_account_that_cannot_be_looked_up_refuses),
                cmocka_unit_test(the_number_of_user_lines_is_limited),
                cmocka_unit_test(the_lines_about_accounts_can_be_listed),
                cmocka_unit_test(a_line_that_is_not_understood_refuses_the_whole),
                cmocka_unit_test(a_file_is_read_under_the_rules_of_the_configuration),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
