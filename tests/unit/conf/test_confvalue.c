#include "conftext.h"

static void empty_values_are_errors(void **state) /* CLM-15 */
{
        (void)state;
        refuses("[issuer/a]\nissuer =\naudience = x\n", "f:2: issuer: the value is empty");
        refuses("[issuer/a]\nissuer = https://a\naudience = \n", "f:3: audience: the value is empty");
}

static void bad_values_of_an_issuer_name_file_line_and_key(void **state)
{
        (void)state;
        refuses_issuer("leeway = 5 minutes",
                       "f:4: leeway: '5 minutes' is not a duration; write 30s, 5m, 2h, 7d or 2w");
        refuses_issuer("leeway = -5", "f:4: leeway: '-5' is not a duration");
        refuses_issuer("leeway = 5M", "f:4: leeway: '5M' is not a duration");
        refuses_issuer("leeway = 99999999999999999999", "f:4: leeway: '9999");
        refuses_issuer("leeway = 1h", "f:4: leeway: 1h is out of range; write 0 to 600 seconds"); /* CLM-02 */
        refuses_issuer("max_lifetime = 99999d", "f:4: max_lifetime: '99999d' is not a duration");
        refuses_issuer("timeout = 0", "f:4: timeout: 0 is out of range");
        refuses_issuer("timeout = 61", "f:4: timeout: 61 is out of range");
        refuses_issuer("max_stale = 0", "f:4: max_stale: 0 is out of range");
        refuses_issuer("max_stale = 5m", "f:4: max_stale: shorter than refresh");
        refuses_issuer("refresh = 2d", "f:4: refresh: 2d is out of range");
        refuses_issuer("min_refresh = 2h", "f:4: min_refresh: longer than refresh");
        refuses_issuer("jwks = file:///k\nprivate_jwks = yes", "f:5: private_jwks: has no effect");
        refuses_issuer("private_jwks = 1", "f:4: private_jwks: write yes or no, not '1'");
        refuses_issuer("email_trusted = true", "f:4: email_trusted: write yes or no, not 'true'");
        refuses_issuer("typ = a;b", "f:4: typ: 'a;b': not a media type");
        refuses_issuer("algorithms = none", "f:4: algorithms: 'none' is not an algorithm"); /* HDR-01 */
        refuses_issuer("algorithms = RS255",
                       "f:4: algorithms: 'RS255' is not an algorithm; did you mean RS256?");
        refuses_issuer("algorithms = rs256", "f:4: algorithms: 'rs256' is not an algorithm; did you mean");
        refuses_issuer("ca_file = ca.pem", "f:4: ca_file: not an absolute path");
        refuses_issuer("bearer_file = x", "f:4: bearer_file: not an absolute path");
        refuses_issuer("proxy = proxy:3128",
                       "f:4: proxy: not a supported URL; begin with http:// or https://");
        refuses_issuer("proxy = http://a:b@c", "f:4: proxy: the URL's host");
        refuses("[issuer/a]\nissuer = a b\naudience = x\n",
                "f:2: issuer: write a single value without spaces");
        refuses("[issuer/a]\nissuer = https://a\naudience = a%x\n", "f:3: audience: 'a%x': only %h");
        refuses("[issuer/a]\nissuer = https://a\naudience = a%\n", "f:3: audience: 'a%': only %h");
        refuses_issuer("azp = web web", "f:4: azp: 'web' is listed twice");
        refuses_issuer("bind = SSH-key", "f:4: bind: write ssh-key or no, not 'SSH-key'");
}

static void bad_values_of_a_grant_name_file_line_and_key(void **state)
{
        (void)state;
        refuses_grant("services = Sshd", "f:6: services: 'Sshd': not a PAM service");
        refuses_grant("hosts = https://x", "f:6: hosts: 'https://x': not a glob over host names");
        refuses_grant("user = %{", "f:6: user: '%{': an unescaped %; write %{CLAIM}");
        refuses_grant("user = %{}", "f:6: user: '%{}': not a claim name; write %{NAME}");
        refuses_grant("user = %u", "f:6: user: '%u': an unescaped %; write %{CLAIM}");
        refuses_grant("user = %{/a~2}", "f:6: user: '%{/a~2}': not a JSON Pointer");
        refuses_grant("user = a\\b", "f:6: user: 'a\\b': an unescaped backslash; write \\1 to \\9");
        refuses_grant("match./a~ = x", "f:6: match./a~: not a JSON Pointer");
        refuses_grant("match.a = glob:", "f:6: match.a: the pattern is empty");
        refuses_grant("match.a = regex:(", "f:6: match.a: regex: character 2: an unterminated (");
        refuses_grant("strip_suffix = @x y", "f:6: strip_suffix: write a single value without spaces");
        refuses_grant("bind = key", "f:6: bind: write ssh-key or no, not 'key'");
}

static void bad_values_of_a_service_name_file_line_and_key(void **state)
{
        (void)state;
        refuses_service("also = a b a", "f:2: also: 'a' is listed twice");
        refuses_service("also = A", "f:2: also: 'A': not a PAM service");
        refuses_service("max_age = 0", "f:2: max_age: 0 is out of range");
        refuses_service("max_token_age = x", "f:2: max_token_age: 'x' is not a duration");
        refuses_service("audience = %d", "f:2: audience: '%d': only %h");
        refuses_service("match.acr = regex:(", "f:2: match.acr: regex: character 2: an unterminated (");
        refuses_service("one_use = 1", "f:2: one_use: write yes or no, not '1'");
        refuses_service("reuse_login = YES", "f:2: reuse_login: write yes or no, not 'YES'");
        refuses_service("bind = yes", "f:2: bind: write ssh-key or no, not 'yes'");
        refuses_service("session_until_exp = on", "f:2: session_until_exp: write yes or no, not 'on'");
}

static void bad_values_of_the_host_name_file_line_and_key(void **state)
{
        (void)state;
        refuses("[host]\nbind_services = sshd sudo\n", "f:2: bind_services: 'sudo': not a service of sshd");
        refuses("[host]\nbind_services = SSHD\n", "f:2: bind_services: 'SSHD': not a PAM service");
}

static void urls_of_keys_are_https_file_or_a_low_loopback_port(void **state) /* REV-14, NET-01, NET-03 */
{
        static const char *const good[] = {
                "https://a.example",     "https://a.example:8443/x?y=z", "https://[::1]/x",
                "file:///etc/keys.json", "http://127.0.0.1:1023/jwks",   "http://[::1]:80/x",
                "http://127.0.0.1/jwks"};
        static const char *const bad[] = {"http://a.example/x",
                                          "http://127.0.0.1:1024/x",
                                          "http://localhost:80/x",
                                          "http://127.0.0.1:80@evil/x",
                                          "https://u:p@a/x",
                                          "https:///x",
                                          "https://",
                                          "https://a:0/x",
                                          "https://a:99999/x",
                                          "https://a/#f",
                                          "ftp://a/x",
                                          "file://host/x",
                                          "file:///",
                                          "file:///etc/",
                                          "file:etc",
                                          "HTTPS://a/x",
                                          "https://a\\b/x",
                                          "jwks.json",
                                          "http://127.0.0.1.evil:80/x",
                                          "http://127.0.0.1:080000001/",
                                          "file:///a%20b",
                                          "data:application/json,{}"};
        char line[256];

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                (void)snprintf(line, sizeof(line), ISSUER "jwks = %s\n", good[i]);
                pjwt_conf_free(accepts(line));
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                (void)snprintf(line, sizeof(line), "jwks = %s", bad[i]);
                refuses_issuer(line, "f:4: jwks: ");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(empty_values_are_errors),
                cmocka_unit_test(bad_values_of_an_issuer_name_file_line_and_key),
                cmocka_unit_test(bad_values_of_a_grant_name_file_line_and_key),
                cmocka_unit_test(bad_values_of_a_service_name_file_line_and_key),
                cmocka_unit_test(bad_values_of_the_host_name_file_line_and_key),
                cmocka_unit_test(urls_of_keys_are_https_file_or_a_low_loopback_port),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
