#include "conftext.h"

struct told {
        unsigned errors, warnings;
        char text[4096];
};

static void note(void *arg, const struct pjwt_conf_problem *problem)
{
        struct told *told = arg;
        size_t len = strlen(told->text);

        if (problem->warning)
                told->warnings++;
        else
                told->errors++;
        (void)snprintf(told->text + len, sizeof(told->text) - len, "%u %s %s\n", problem->origin.line,
                       problem->key ? problem->key : "-", problem->text);
}

static void check_tells_every_error_in_one_run(void **state)
{
        static const char text[] =
                "[issuer/a]\nissuer = https://a\naudeince = x\nleeway = 1 h\nx\n[grant/g]\nissuer = b\n"
                "[grnat/h]\nfoo = bar\n";
        const struct pjwt_conf_text t = {"f", text, strlen(text)};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};
        struct told told = {0};

        (void)state;
        assert_int_equal(pjwt_conf_check(&t, 1, "h.example", note, &told, &conf, &err), PJWT_CONFIG);
        assert_int_equal(told.errors, 6);
        assert_non_null(strstr(told.text, "3 audeince unknown key; did you mean audience?\n"));
        assert_non_null(strstr(told.text, "4 leeway '1 h' is not a duration"));
        assert_non_null(strstr(told.text, "5 - expected"));
        assert_non_null(strstr(told.text, "8 - unknown section [grnat]; did you mean [grant/NAME]?\n"));
        assert_non_null(strstr(told.text, "1 audience missing"));
        assert_non_null(strstr(told.text, "7 issuer there is no [issuer/b]"));
        assert_string_equal(err.detail, "f:3: audeince: unknown key; did you mean audience?");
}

/* The warnings for a valid policy; each is "LINE KEY TEXT". */
static void warns(const char *text, unsigned count, const char *piece)
{
        const struct pjwt_conf_text t = {"f", text, strlen(text)};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};
        struct told told = {0};

        if (pjwt_conf_check(&t, 1, "h.example", note, &told, &conf, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        assert_int_equal(told.errors, 0);
        if (told.warnings != count || (piece && !strstr(told.text, piece)))
                fail_msg("%u warnings, not %u with '%s':\n%s", told.warnings, count, piece ? piece : "",
                         told.text);
        pjwt_conf_free(conf);
}

#define SAFE                                                                                                 \
        "[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\n[grant/g]\nissuer = a\nmatch.groups "  \
        "= x\n"

static void dangerous_settings_are_warned_of(void **state) /* USR-10 */
{
        (void)state;
        warns(SAFE, 0, NULL);
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\n", 1,
              "1 - no grant uses this issuer");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\n[grant/g]\nissuer = a\n", 1,
              "4 user without a match line any user of issuer a with a local account");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\n[grant/g]\nissuer = a\nuser = "
              "root\n",
              1, "6 user without a match line any token of issuer a can log in as root");
        warns(SAFE "user = %{email}\n", 1, "7 user email can be reassigned");
        warns(SAFE "user = %{preferred_username}\n", 1, "7 user preferred_username can be reassigned");
        warns("[issuer/a]\nissuer = https://a.example\naudience = all\n[grant/g]\nissuer = a\nmatch.groups "
              "= x\n",
              1, "3 audience accepts an audience without %h, and one_use is off for sshd");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h all\n[grant/g]\nissuer = "
              "a\nmatch.g = x\n",
              1, "3 audience accepts an audience without %h");
        warns("[issuer/a]\nissuer = https://a.example\naudience = all\n[grant/g]\nissuer = a\nmatch.groups "
              "= x\n"
              "services = sudo\n[service/sudo]\none_use = yes\n",
              0, NULL);
        warns("[issuer/a]\nissuer = https://token.actions.githubusercontent.com\naudience = "
              "ssh://%h\n[grant/g]\n"
              "issuer = a\nmatch.repository = x/y\n",
              1, "1 max_lifetime not set for an issuer of job tokens");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\nmax_lifetime = "
              "0\n[grant/g]\nissuer = a\n"
              "match.g = x\n",
              1, "4 max_lifetime 0 means no limit");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\nemail_trusted = "
              "yes\n[grant/g]\nissuer = a\n"
              "match.g = x\n",
              1, "4 email_trusted email is accepted without verification");
        warns("[issuer/a]\nissuer = urn:a\naudience = ssh://%h\njwks = file:///k\nalgorithms = "
              "HS256\n[grant/g]\nissuer = a\n"
              "match.g = x\n",
              1, "5 algorithms HMAC: every host");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\n[grant/g]\nissuer = a\nmatch.g "
              "= glob:*\n",
              2, "6 g matches any value");
}

static void services_that_differ_or_do_nothing_are_warned_of(void **state) /* REV-09 */
{
        (void)state;
        warns(SAFE "services = sudo sudo-i\n[service/sudo]\nmax_age = 5m\n", 1,
              "8 - grant g also allows sudo-i, which has none of these requirements; add also = sudo-i");
        warns(SAFE "services = sudo sudo-i\n[service/sudo]\nalso = sudo-i\nmax_age = 5m\n", 0, NULL);
        warns(SAFE "services = su su-l\n[service/su]\nmax_age = 5m\n", 1, "add also = su-l");
        warns(SAFE "[service/sshd]\none_use = yes\n", 1,
              "8 one_use for sshd: every connection needs a new token");
        warns(SAFE "[service/sudo]\nmax_age = 5m\n", 1, "7 - no grant names this service");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(check_tells_every_error_in_one_run),
                cmocka_unit_test(dangerous_settings_are_warned_of),
                cmocka_unit_test(services_that_differ_or_do_nothing_are_warned_of),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
