#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grant.h"
#include "service.h"

#define ISSUER "[issuer/acme]\nissuer = https://idp.example\naudience = x\n"
#define NOW    1700000000

static const struct pjwt_user alice = {"alice", true, 1000, 999};

/* The result of one request. */
struct asked {
        enum pjwt_reason reason;
        struct pjwt_error err;
        char grant[32];
};

static struct pjwt_conf *conf_of(const char *text)
{
        const struct pjwt_conf_text t = {"f", text, strlen(text)};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        if (pjwt_conf_parse(&t, 1, "db1.acme.example", &conf, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        return conf;
}

static struct json_object *json_of(const char *text)
{
        struct json_object *o = NULL;
        struct pjwt_error err = {0};

        if (pjwt_json_parse_object(text, strlen(text), "claims", &o, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        return o;
}

static struct asked ask_user(const char *conf_text, const char *claims, struct pjwt_user user,
                             const char *service)
{
        struct pjwt_conf *conf = conf_of(conf_text);
        struct pjwt_token token = {.claims = json_of(claims)};
        const struct pjwt_grant *grant = NULL;
        struct asked asked = {0};

        asked.reason = pjwt_grant_find(conf, &conf->issuers[0], &token, &user, service,
                                       strstr(claims, "\"cnf\"") != NULL, &grant, &asked.err);
        if (grant)
                (void)snprintf(asked.grant, sizeof(asked.grant), "%s", grant->name);
        assert_true((asked.reason == PJWT_OK) == (grant != NULL));
        json_object_put(token.claims);
        pjwt_conf_free(conf);
        return asked;
}

/* For the lines of one grant, with user alice and service sshd. */
static enum pjwt_reason ask(const char *lines, const char *claims)
{
        char text[2048];

        (void)snprintf(text, sizeof(text), ISSUER "[grant/g]\nissuer = acme\n%s", lines);
        return ask_user(text, claims, alice, "sshd").reason;
}

static enum pjwt_reason ask_name(const char *lines, const char *claims, const char *name, uid_t uid)
{
        const struct pjwt_user user = {name, true, uid, 999};
        char text[2048];

        (void)snprintf(text, sizeof(text), ISSUER "[grant/g]\nissuer = acme\n%s", lines);
        return ask_user(text, claims, user, "sshd").reason;
}

static void the_mapped_name_must_equal_the_asked_one(void **state) /* USR-01, USR-04, CLM-10 */
{
        (void)state;
        assert_int_equal(ask("", "{\"sub\":\"alice\"}"), PJWT_OK);
        assert_int_equal(ask("", "{\"sub\":\"bob\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("", "{\"sub\":\"Alice\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("", "{\"sub\":\"alice2\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("", "{\"sub\":\"alic\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("", "{\"sub\":\"al\xc4\xb1"
                                 "ce\"}"),
                         PJWT_NO_GRANT);
        assert_int_equal(ask("", "{\"sub\":\" alice\"}"), PJWT_NO_GRANT);
}

static void the_user_claim_must_be_a_string_with_something_in_it(void **state) /* CLM-16 */
{
        static const char *const bad[] = {"{}",
                                          "{\"sub\":1000}",
                                          "{\"sub\":[\"alice\"]}",
                                          "{\"sub\":{\"alice\":1}}",
                                          "{\"sub\":true}",
                                          "{\"sub\":null}",
                                          "{\"sub\":\"\"}",
                                          "{\"Sub\":\"alice\"}" /* CLM-21 */};

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(ask("", bad[i]), PJWT_NO_GRANT);
}

static void a_literal_name_a_template_and_several_names(void **state)
{
        (void)state;
        assert_int_equal(ask("user = alice\n", "{}"), PJWT_OK);
        assert_int_equal(ask("user = bob alice\n", "{}"), PJWT_OK);
        assert_int_equal(ask("user = bob\n", "{}"), PJWT_NO_GRANT);
        assert_int_equal(ask("user = %{preferred_username}\n", "{\"preferred_username\":\"alice\"}"),
                         PJWT_OK);
        assert_int_equal(ask("user = %{a}%{b}\n", "{\"a\":\"al\",\"b\":\"ice\"}"), PJWT_OK);
        assert_int_equal(ask("user = al%{b}\n", "{\"b\":\"ice\"}"), PJWT_OK);
        assert_int_equal(ask("user = alice%{b}\n", "{}"), PJWT_NO_GRANT);
        assert_int_equal(ask("user = alice%{b}\n", "{\"b\":\"\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("user = %{https://acme.example/login.name}\n",
                             "{\"https://acme.example/login.name\":\"alice\"}"),
                         PJWT_OK);
        assert_int_equal(ask("user = %{/ext/login}\n", "{\"ext\":{\"login\":\"alice\"}}"), PJWT_OK);
        assert_int_equal(ask("user = %{/ext/login}\n", "{\"/ext/login\":\"alice\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask_name("user = a%%b\n", "{}", "a%b", 1000), PJWT_OK);
        assert_int_equal(ask_name("user = AD\\\\%{sub}\n", "{\"sub\":\"x\"}", "AD\\x", 1000), PJWT_OK);
}

static void a_claim_cannot_bring_in_a_template(void **state)
{
        (void)state;
        assert_int_equal(ask_name("", "{\"sub\":\"%{x}\",\"x\":\"alice\"}", "alice", 1000), PJWT_NO_GRANT);
        assert_int_equal(ask("user = %{sub}\nmatch.a = regex:(.*)\n", "{\"sub\":\"\\\\1\",\"a\":\"alice\"}"),
                         PJWT_NO_GRANT);
}

static void exactly_the_suffix_is_stripped(void **state) /* USR-05 */
{
        static const char lines[] = "strip_suffix = @acme.example\n";

        (void)state;
        assert_int_equal(ask(lines, "{\"sub\":\"alice@acme.example\"}"), PJWT_OK);
        assert_int_equal(ask(lines, "{\"sub\":\"alice@evil.com\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice@ACME.example\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"@acme.example\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask_name(lines, "{\"sub\":\"alice@evil.com@acme.example\"}", "alice@evil.com", 1000),
                         PJWT_NO_GRANT);
        assert_int_equal(ask("user = alice %{sub}\nstrip_suffix = @acme.example\n", "{}"), PJWT_OK);
}

static void a_match_is_exact(void **state) /* USR-16 */
{
        static const char lines[] = "match.groups = linux users\n";

        (void)state;
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":\"linux users\"}"), PJWT_OK);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":[\"a\",\"linux users\"]}"), PJWT_OK);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":[\"linux\",\"users\"]}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":[[\"linux users\"]]}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":\"x,linux users\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":{\"linux users\":true}}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":[]}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":null}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"groups\":\"Linux Users\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.groups = null\n", "{\"sub\":\"alice\",\"groups\":null}"), PJWT_NO_GRANT);
}

static void all_matches_of_a_grant_must_hold(void **state)
{
        static const char lines[] = "match.a = 1\nmatch.b = x\n";

        (void)state;
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"a\":1,\"b\":\"x\"}"), PJWT_OK);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"a\":1,\"b\":\"y\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"sub\":\"alice\",\"a\":1}"), PJWT_NO_GRANT);
}

static void scope_is_taken_by_word(void **state)
{
        (void)state;
        assert_int_equal(
                ask("match.scope = login\n", "{\"sub\":\"alice\",\"scope\":\"openid login profile\"}"),
                PJWT_OK);
        assert_int_equal(ask("match.scope = login\n", "{\"sub\":\"alice\",\"scope\":\"openid login2\"}"),
                         PJWT_NO_GRANT);
        assert_int_equal(ask("match.scope = login\n", "{\"sub\":\"alice\",\"scope\":\"\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.scp = login\n", "{\"sub\":\"alice\",\"scp\":\"a login\"}"), PJWT_OK);
        assert_int_equal(ask("match.scp = login\n", "{\"sub\":\"alice\",\"scp\":[\"a\",\"login\"]}"),
                         PJWT_OK);
        assert_int_equal(ask("match.scopes = login\n", "{\"sub\":\"alice\",\"scopes\":\"a login\"}"),
                         PJWT_NO_GRANT);
}

static void numbers_and_booleans_are_compared_by_their_json_text(void **state)
{
        (void)state;
        assert_int_equal(ask("match.n = 12\n", "{\"sub\":\"alice\",\"n\":12}"), PJWT_OK);
        assert_int_equal(ask("match.n = 12\n", "{\"sub\":\"alice\",\"n\":12.0}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.n = 12.0\n", "{\"sub\":\"alice\",\"n\":12.0}"), PJWT_OK);
        assert_int_equal(ask("match.n = 12\n", "{\"sub\":\"alice\",\"n\":123}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.b = true\n", "{\"sub\":\"alice\",\"b\":true}"), PJWT_OK);
        assert_int_equal(ask("match.b = true\n", "{\"sub\":\"alice\",\"b\":false}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.b = yes\n", "{\"sub\":\"alice\",\"b\":true}"), PJWT_NO_GRANT);
}

static void globs_and_expressions_match_the_whole_value(void **state)
{
        (void)state;
        assert_int_equal(
                ask("match.ref = glob:refs/tags/v*\n", "{\"sub\":\"alice\",\"ref\":\"refs/tags/v1\"}"),
                PJWT_OK);
        assert_int_equal(ask("match.ref = glob:refs/tags/v*\n",
                             "{\"sub\":\"alice\",\"ref\":\"refs/heads/refs/tags/v1\"}"),
                         PJWT_NO_GRANT);
        assert_int_equal(
                ask("match.ref = regex:refs/(heads|tags)/x\n", "{\"sub\":\"alice\",\"ref\":\"refs/tags/x\"}"),
                PJWT_OK);
        assert_int_equal(ask("match.ref = regex:x\n", "{\"sub\":\"alice\",\"ref\":\"xx\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.ref = regex:x\n", "{\"sub\":\"alice\",\"ref\":[\"y\",\"x\"]}"), PJWT_OK);
}

static void claims_are_literal_names_or_pointers(void **state)
{
        (void)state;
        assert_int_equal(ask("match./realm_access/roles = deploy\n",
                             "{\"sub\":\"alice\",\"realm_access\":{\"roles\":[\"a\",\"deploy\"]}}"),
                         PJWT_OK);
        assert_int_equal(ask("match./realm_access/roles/1 = deploy\n",
                             "{\"sub\":\"alice\",\"realm_access\":{\"roles\":[\"a\",\"deploy\"]}}"),
                         PJWT_OK);
        assert_int_equal(ask("match./realm_access/roles/01 = deploy\n",
                             "{\"sub\":\"alice\",\"realm_access\":{\"roles\":[\"a\",\"deploy\"]}}"),
                         PJWT_NO_GRANT);
        assert_int_equal(ask("match./realm_access/roles/7 = deploy\n",
                             "{\"sub\":\"alice\",\"realm_access\":{\"roles\":[\"a\",\"deploy\"]}}"),
                         PJWT_NO_GRANT);
        assert_int_equal(ask("match./a~1b/c~0d = x\n", "{\"sub\":\"alice\",\"a/b\":{\"c~d\":\"x\"}}"),
                         PJWT_OK);
        assert_int_equal(ask("match./a/b = x\n", "{\"sub\":\"alice\",\"a\":\"x\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match./a/b = x\n", "{\"sub\":\"alice\",\"/a/b\":\"x\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("match.cognito:groups = x\n", "{\"sub\":\"alice\",\"cognito:groups\":[\"x\"]}"),
                         PJWT_OK);
        assert_int_equal(ask("match.https://a.example/roles = x\n",
                             "{\"sub\":\"alice\",\"https://a.example/roles\":[\"x\"]}"),
                         PJWT_OK);
        assert_int_equal(ask("match.a.b = x\n", "{\"sub\":\"alice\",\"a.b\":\"x\"}"), PJWT_OK);
        assert_int_equal(ask("match.a.b = x\n", "{\"sub\":\"alice\",\"a\":{\"b\":\"x\"}}"), PJWT_NO_GRANT);
}

static void a_group_of_the_expression_names_the_user(void **state)
{
        static const char lines[] = "user = \\1\nmatch.roles = regex:login-([a-z]+)\n";

        (void)state;
        assert_int_equal(ask(lines, "{\"roles\":\"login-alice\"}"), PJWT_OK);
        assert_int_equal(ask(lines, "{\"roles\":\"login-bob\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask(lines, "{\"roles\":[\"x\",\"login-bob\",\"login-alice\"]}"), PJWT_OK);
        assert_int_equal(ask(lines, "{\"roles\":[\"login-alice2\"]}"), PJWT_NO_GRANT);
        assert_int_equal(ask("user = \\2-\\1\nmatch.r = regex:(.*)/(.*)\n", "{\"r\":\"ice/al\"}"),
                         PJWT_NO_GRANT);
        assert_int_equal(ask("user = \\2\\1\nmatch.r = regex:(.*)/(.*)\n", "{\"r\":\"ice/al\"}"), PJWT_OK);
        assert_int_equal(ask("user = a\\1\nmatch.r = regex:x(y)?\n", "{\"r\":\"x\"}"), PJWT_NO_GRANT);
}

static void system_accounts_need_a_spelled_name(void **state) /* USR-02, USR-03 */
{
        static const uid_t uids[] = {0, 1, 999, 65534, 61184, 65519};

        (void)state;
        for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
                assert_int_equal(ask_name("", "{\"sub\":\"sys\"}", "sys", uids[i]), PJWT_SYSTEM_ACCOUNT);
                assert_int_equal(ask_name("user = sy%{x}\n", "{\"x\":\"s\"}", "sys", uids[i]),
                                 PJWT_SYSTEM_ACCOUNT);
                assert_int_equal(
                        ask_name("user = \\1\nmatch.a = regex:(.*)\n", "{\"a\":\"sys\"}", "sys", uids[i]),
                        PJWT_SYSTEM_ACCOUNT);
                assert_int_equal(ask_name("user = sys\n", "{}", "sys", uids[i]), PJWT_OK);
                assert_int_equal(ask_name("user = %{sub} sys\n", "{\"sub\":\"sys\"}", "sys", uids[i]),
                                 PJWT_OK);
        }
        assert_int_equal(ask_name("", "{\"sub\":\"sys\"}", "sys", 1000), PJWT_OK);
        assert_int_equal(ask_name("", "{\"sub\":\"sys\"}", "sys", 61183), PJWT_OK);
        assert_int_equal(ask_name("", "{\"sub\":\"sys\"}", "sys", 65520), PJWT_OK);
        assert_int_equal(ask_name("", "{\"sub\":\"sys\"}", "sys", 4000000000u), PJWT_OK);
}

static void names_that_are_never_legal(void **state) /* USR-06, USR-07, USR-08 */
{
        static const char *const bad[] = {"",
                                          "0",
                                          "1000",
                                          "4294967295",
                                          "-1",
                                          "-rf",
                                          ".ssh",
                                          "a/b",
                                          "../x",
                                          "a:b",
                                          "a b",
                                          "a\nb",
                                          "a\tb",
                                          "a\x7f"
                                          "b",
                                          "\x1b[2J",
                                          "a\xff",
                                          "a\xe2\x80\xae"
                                          "b",
                                          "a\xc2\xa0"
                                          "b"};
        static const char *const good[] = {
                "first.last", "alice@ad.example", "a-b_c", "AD\\alice", "\xc3\xa9ric", "0day", "a1"};
        char longest[258], text[600];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(ask_name("", "{\"sub\":\"alice\"}", bad[i], 1000), PJWT_BAD_USER);
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                (void)snprintf(text, sizeof(text), "{\"sub\":\"%s\"}",
                               strcmp(good[i], "AD\\alice") == 0 ? "AD\\\\alice" : good[i]);
                assert_int_equal(ask_name("", text, good[i], 1000), PJWT_OK);
        }
        memset(longest, 'a', 257);
        longest[257] = '\0';
        (void)snprintf(text, sizeof(text), "{\"sub\":\"%s\"}", longest);
        assert_int_equal(ask_name("", text, longest, 1000), PJWT_BAD_USER);
        longest[256] = '\0';
        (void)snprintf(text, sizeof(text), "{\"sub\":\"%s\"}", longest);
        assert_int_equal(ask_name("", text, longest, 1000), PJWT_OK);
}

static void a_user_who_does_not_exist_is_refused_last(void **state) /* PAM-15, USR-11 */
{
        const struct pjwt_user nobody = {"alice", false, 0, 999};

        (void)state;
        assert_int_equal(
                ask_user(ISSUER "[grant/g]\nissuer = acme\n", "{\"sub\":\"alice\"}", nobody, "sshd").reason,
                PJWT_UNKNOWN_USER);
        assert_int_equal(
                ask_user(ISSUER "[grant/g]\nissuer = acme\n", "{\"sub\":\"bob\"}", nobody, "sshd").reason,
                PJWT_UNKNOWN_USER);
}

static void email_counts_only_when_it_is_verified(void **state) /* USR-09 */
{
        static const char by_user[] = "user = %{email}\nstrip_suffix = @a.example\n";
        static const char by_match[] = "match.email = x@a.example\n",
                          by_pointer[] = "match./email = x@a.example\n";

        (void)state;
        assert_int_equal(ask(by_user, "{\"email\":\"alice@a.example\",\"email_verified\":true}"), PJWT_OK);
        assert_int_equal(ask(by_user, "{\"email\":\"alice@a.example\",\"email_verified\":false}"),
                         PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(ask(by_user, "{\"email\":\"alice@a.example\",\"email_verified\":\"true\"}"),
                         PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(ask(by_user, "{\"email\":\"alice@a.example\",\"email_verified\":1}"),
                         PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(ask(by_user, "{\"email\":\"alice@a.example\"}"), PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(ask(by_match, "{\"sub\":\"alice\",\"email\":\"x@a.example\"}"),
                         PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(ask(by_pointer, "{\"sub\":\"alice\",\"email\":\"x@a.example\"}"),
                         PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(
                ask_user(ISSUER "email_trusted = yes\n[grant/g]\nissuer = acme\nmatch.email = x@a.example\n",
                         "{\"sub\":\"alice\",\"email\":\"x@a.example\"}", alice, "sshd")
                        .reason,
                PJWT_OK);
}

static void a_grant_is_for_its_services_only(void **state) /* REV-09, PAM-25 */
{
        static const char text[] =
                ISSUER "[grant/g]\nissuer = acme\n[grant/s]\nissuer = acme\nservices = sudo\n";

        (void)state;
        assert_string_equal(ask_user(text, "{\"sub\":\"alice\"}", alice, "sshd").grant, "g");
        assert_string_equal(ask_user(text, "{\"sub\":\"alice\"}", alice, "sudo").grant, "s");
        assert_int_equal(ask_user(text, "{\"sub\":\"alice\"}", alice, "sudo-i").reason, PJWT_NO_GRANT);
}

static void a_grant_is_for_its_hosts_only(void **state)
{
        (void)state;
        assert_int_equal(ask("hosts = web1 db*.acme.example\n", "{\"sub\":\"alice\"}"), PJWT_OK);
        assert_int_equal(ask("hosts = db*\n", "{\"sub\":\"alice\"}"), PJWT_OK);
        assert_int_equal(ask("hosts = web*\n", "{\"sub\":\"alice\"}"), PJWT_NO_GRANT);
        assert_int_equal(ask("hosts = db1\n", "{\"sub\":\"alice\"}"), PJWT_NO_GRANT);
}

static void the_same_sub_of_another_issuer_is_another_person(void **state) /* CLM-18 */
{
        static const char text[] = ISSUER "[issuer/other]\nissuer = https://other.example\naudience = x\n"
                                          "[grant/g]\nissuer = other\n";
        struct asked asked = ask_user(text, "{\"sub\":\"alice\"}", alice, "sshd");

        (void)state;
        assert_int_equal(asked.reason, PJWT_NO_GRANT);
        assert_string_equal(asked.err.detail, "there is no grant for issuer acme");
}

static void the_detail_says_how_far_the_nearest_grant_got(void **state)
{
        static const char text[] = ISSUER "[grant/a]\nissuer = acme\nservices = sudo\n"
                                          "[grant/b]\nissuer = acme\nmatch.groups = admins\n"
                                          "[grant/c]\nissuer = acme\nuser = bob\nmatch.team = x\n";

        (void)state;
        assert_string_equal(ask_user(text, "{\"sub\":\"alice\",\"team\":\"x\"}", alice, "sshd").err.detail,
                            "grant c matches, but does not name this user");
        assert_string_equal(ask_user(text, "{\"sub\":\"alice\"}", alice, "sshd").err.detail,
                            "grant b: groups does not match admins");
        assert_string_equal(ask_user(text, "{\"sub\":\"alice\"}", alice, "su").err.detail,
                            "no grant of this issuer applies to service su");
}

/* ---- services ---- */

static void a_service_that_nobody_names_is_refused(void **state) /* REV-09 */
{
        struct pjwt_conf *conf = conf_of(ISSUER "[grant/g]\nissuer = acme\n[service/sudo]\nalso = sudo-i\n");
        const struct pjwt_service *service = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_service_find(conf, "sshd", &service, &err), PJWT_OK);
        assert_null(service);
        assert_int_equal(pjwt_service_find(conf, "sudo", &service, &err), PJWT_OK);
        assert_ptr_equal(service, &conf->services[0]);
        service = NULL;
        assert_int_equal(pjwt_service_find(conf, "sudo-i", &service, &err), PJWT_OK);
        assert_ptr_equal(service, &conf->services[0]);
        assert_int_equal(pjwt_service_find(conf, "su", &service, &err), PJWT_SERVICE);
        pjwt_conf_free(conf);
}

static enum pjwt_reason demand(const char *lines, const char *claims)
{
        char text[1024];
        struct pjwt_conf *conf;
        struct pjwt_token token = {.claims = json_of(claims)};
        struct pjwt_error err = {0};
        enum pjwt_reason reason;

        (void)snprintf(text, sizeof(text), ISSUER "[service/sudo]\n%s", lines);
        conf = conf_of(text);
        reason = pjwt_service_check(&conf->services[0], &conf->issuers[0], &token, NOW, &err);
        assert_int_equal(err.reason, reason == PJWT_OK ? PJWT_UNDECIDED : reason);
        json_object_put(token.claims);
        pjwt_conf_free(conf);
        return reason;
}

static void a_service_may_demand_a_claim(void **state)
{
        (void)state;
        assert_int_equal(demand("match.acr = mfa\n", "{\"acr\":\"mfa\"}"), PJWT_OK);
        assert_int_equal(demand("match.acr = mfa\n", "{\"acr\":\"pwd\"}"), PJWT_SERVICE_MATCH);
        assert_int_equal(demand("match.acr = mfa\n", "{}"), PJWT_SERVICE_MATCH);
        assert_int_equal(demand("match.amr = mfa\n", "{\"amr\":[\"pwd\",\"mfa\"]}"), PJWT_OK);
        assert_int_equal(demand("match.email = a@b\n", "{\"email\":\"a@b\"}"), PJWT_EMAIL_UNVERIFIED);
        assert_int_equal(demand("", "{}"), PJWT_OK);
}

static void a_service_may_demand_a_fresh_login(void **state) /* REV-10 */
{
        (void)state;
        assert_int_equal(demand("max_age = 5m\n", "{\"auth_time\":1699999800}"), PJWT_OK);
        assert_int_equal(demand("max_age = 5m\n", "{\"auth_time\":1699999670}"),
                         PJWT_OK); /* 300 + 30 leeway */
        assert_int_equal(demand("max_age = 5m\n", "{\"auth_time\":1699999669}"), PJWT_TOO_OLD);
        assert_int_equal(demand("max_age = 5m\n", "{\"iat\":1699999999}"), PJWT_CLAIM_MISSING);
        assert_int_equal(demand("max_age = 5m\n", "{\"auth_time\":\"1699999999\"}"), PJWT_CLAIM_TYPE);
        assert_int_equal(demand("max_age = 5m\n", "{\"auth_time\":1700000031}"), PJWT_ISSUED_IN_FUTURE);
        assert_int_equal(demand("max_age = 5m\n", "{\"auth_time\":253402300799}"), PJWT_ISSUED_IN_FUTURE);
}

static void a_service_may_demand_a_young_token(void **state) /* CLM-08 */
{
        (void)state;
        assert_int_equal(demand("max_token_age = 1m\n", "{\"iat\":1699999990}"), PJWT_OK);
        assert_int_equal(demand("max_token_age = 1m\n", "{\"iat\":1699999900}"), PJWT_TOO_OLD);
        assert_int_equal(demand("max_token_age = 1m\n", "{}"), PJWT_CLAIM_MISSING);
        assert_int_equal(demand("max_token_age = 1m\n", "{\"iat\":true}"), PJWT_CLAIM_TYPE);
}

static void a_service_may_demand_an_audience(void **state) /* PAM-25, CLM-14 */
{
        (void)state;
        assert_int_equal(demand("audience = sudo://%h x\n", "{\"aud\":\"sudo://db1.acme.example\"}"),
                         PJWT_OK);
        assert_int_equal(demand("audience = sudo://%h x\n", "{\"aud\":[\"a\",\"x\"]}"), PJWT_OK);
        assert_int_equal(demand("audience = sudo://%h x\n", "{\"aud\":[\"a\"]}"), PJWT_BAD_AUDIENCE);
        assert_int_equal(demand("audience = x\n", "{\"aud\":\"xx\"}"), PJWT_BAD_AUDIENCE);
        assert_int_equal(demand("audience = x\n", "{}"), PJWT_BAD_AUDIENCE);
}

static bool possible(const char *lines, const char *name, uid_t uid)
{
        const struct pjwt_user user = {name, true, uid, 999};
        char text[2048];
        struct pjwt_conf *conf;
        bool ret;

        (void)snprintf(text, sizeof(text), ISSUER "[grant/g]\nissuer = acme\nbind = ssh-key\n%s%s", lines,
                       *lines ? "\n" : "");
        conf = conf_of(text);
        ret = pjwt_grant_possible(conf, &user, "sshd", true);
        assert_true(!ret || pjwt_grant_possible(conf, &user, "sshd", false));
        assert_false(pjwt_grant_possible(conf, &user, "sudo", true));
        pjwt_conf_free(conf);
        return ret;
}

/* REV-01: which names could any token produce? Users with other names get no key. */
static void names_that_no_grant_can_make_are_impossible(void **state)
{
        (void)state;
        assert_true(possible("", "alice", 1000));
        assert_false(possible("", "daemon", 2)); /* a template never counts as spelled out */
        assert_false(possible("", "root", 0));
        assert_true(possible("user = root", "root", 0));
        assert_true(possible("user = bob alice", "alice", 1000));
        assert_false(possible("user = bob", "alice", 1000));
        assert_false(possible("user = alic", "alice", 1000));
        assert_false(possible("user = alice2", "alice", 1000));
        assert_true(possible("user = ci-%{sub}", "ci-a", 1000));
        assert_false(possible("user = ci-%{sub}", "ci-", 1000));
        assert_false(possible("user = ci-%{sub}", "alice", 1000));
        assert_true(possible("user = %{sub}-%{aud}.x", "a-b-c.x", 1000));
        assert_false(possible("user = %{sub}-%{aud}.x", "a-.x", 1000));
        assert_false(possible("user = %{sub}-%{aud}.x", "a-b.xy", 1000));
        assert_true(possible("user = a\\\\%%%{sub}", "a\\%b", 1000));
        assert_true(
                possible("match.sub = regex:(a+)\nuser = x\\1", "xq", 1000)); /* the regex is not evaluated */
        assert_true(possible("user = %{upn}\nstrip_suffix = @acme.example", "alice", 1000));
        assert_false(possible("user = %{upn}\nstrip_suffix = @acme.example", "alice@evil", 1000));
        assert_true(possible("hosts = db1.*", "alice", 1000) && !possible("hosts = db2.*", "alice", 1000));
        assert_false(possible("services = su", "alice", 1000));
        assert_false(possible("", "-x", 1000));
        assert_false(possible("", "123", 1000));
}

static void without_bind_no_key_is_offered(void **state)
{
        struct pjwt_conf *conf = conf_of(ISSUER "[grant/g]\nissuer = acme\n");

        (void)state;
        assert_false(pjwt_grant_possible(conf, &alice, "sshd", true));
        assert_true(pjwt_grant_possible(conf, &alice, "sshd", false));
        pjwt_conf_free(conf);
        conf = conf_of(ISSUER "bind = ssh-key\n[grant/g]\nissuer = acme\n");
        assert_true(pjwt_grant_possible(conf, &alice, "sshd", true));
        pjwt_conf_free(conf);
        conf = conf_of(ISSUER "[grant/g]\nissuer = acme\n[service/sshd]\nbind = ssh-key\n");
        assert_true(pjwt_grant_possible(conf, &alice, "sshd", true));
        pjwt_conf_free(conf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_that_no_grant_can_make_are_impossible),
                cmocka_unit_test(without_bind_no_key_is_offered),
                cmocka_unit_test(the_mapped_name_must_equal_the_asked_one),
                cmocka_unit_test(the_user_claim_must_be_a_string_with_something_in_it),
                cmocka_unit_test(a_literal_name_a_template_and_several_names),
                cmocka_unit_test(a_claim_cannot_bring_in_a_template),
                cmocka_unit_test(exactly_the_suffix_is_stripped),
                cmocka_unit_test(a_match_is_exact),
                cmocka_unit_test(all_matches_of_a_grant_must_hold),
                cmocka_unit_test(scope_is_taken_by_word),
                cmocka_unit_test(numbers_and_booleans_are_compared_by_their_json_text),
                cmocka_unit_test(globs_and_expressions_match_the_whole_value),
                cmocka_unit_test(claims_are_literal_names_or_pointers),
                cmocka_unit_test(a_group_of_the_expression_names_the_user),
                cmocka_unit_test(system_accounts_need_a_spelled_name),
                cmocka_unit_test(names_that_are_never_legal),
                cmocka_unit_test(a_user_who_does_not_exist_is_refused_last),
                cmocka_unit_test(email_counts_only_when_it_is_verified),
                cmocka_unit_test(a_grant_is_for_its_services_only),
                cmocka_unit_test(a_grant_is_for_its_hosts_only),
                cmocka_unit_test(the_same_sub_of_another_issuer_is_another_person),
                cmocka_unit_test(the_detail_says_how_far_the_nearest_grant_got),
                cmocka_unit_test(a_service_that_nobody_names_is_refused),
                cmocka_unit_test(a_service_may_demand_a_claim),
                cmocka_unit_test(a_service_may_demand_a_fresh_login),
                cmocka_unit_test(a_service_may_demand_a_young_token),
                cmocka_unit_test(a_service_may_demand_an_audience),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
