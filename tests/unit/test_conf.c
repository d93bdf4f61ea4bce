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

#include "conf.h"

#define ISSUER "[issuer/acme]\nissuer = https://idp.example\naudience = ssh://host.example\n"
#define GRANT  "[grant/staff]\nissuer = acme\n"

static enum pjwt_reason parse_on(const char *text, const char *hostname, struct pjwt_conf **ret,
                                 struct pjwt_error *err)
{
        const struct pjwt_conf_text t = {"f", text, strlen(text)};

        return pjwt_conf_parse(&t, 1, hostname, ret, err);
}

static struct pjwt_conf *accepts_on(const char *text, const char *hostname)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        if (parse_on(text, hostname, &conf, &err) != PJWT_OK)
                fail_msg("refused: %s", err.detail);
        return conf;
}

static struct pjwt_conf *accepts(const char *text)
{
        return accepts_on(text, "host.example");
}

static void refuses_on(const char *text, const char *hostname, const char *detail)
{
        static const char *const advice[] = {
                "; ", "write ", "regex: ", "it must be", "belongs in", "already set on"};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        assert_int_equal(parse_on(text, hostname, &conf, &err), PJWT_CONFIG);
        assert_null(conf);
        if (strncmp(err.detail, detail, strlen(detail)) != 0)
                fail_msg("'%s' does not begin with '%s'", err.detail, detail);
        for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
                if (strstr(err.detail, advice[i]))
                        return;
        fail_msg("'%s' does not say what to write instead", err.detail);
}

static void refuses(const char *text, const char *detail)
{
        refuses_on(text, "host.example", detail);
}

/* One more line for the issuer section (line 4), or the grant (line 6) or service (line 2). */
static void refuses_issuer(const char *line, const char *detail)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), ISSUER "%s\n", line);
        refuses(text, detail);
}

static void refuses_grant(const char *line, const char *detail)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), ISSUER GRANT "%s\n", line);
        refuses(text, detail);
}

static void refuses_service(const char *line, const char *detail)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), "[service/sudo]\n%s\n", line);
        refuses(text, detail);
}

static void defaults_hold_where_nothing_is_written(void **state)
{
        struct pjwt_conf *conf = accepts(ISSUER GRANT "[service/sudo]\n");
        const struct pjwt_issuer *i = &conf->issuers[0];

        (void)state;
        assert_string_equal(i->name, "acme");
        assert_string_equal(i->issuer, "https://idp.example");
        assert_string_equal(i->audience[0], "ssh://host.example");
        assert_null(i->audience[1]);
        assert_null(i->jwks);
        assert_int_equal(i->algorithms, pjwt_alg_default());
        assert_int_equal(i->leeway, 30);
        assert_int_equal(i->max_lifetime, 86400);
        assert_int_equal(i->timeout, 5);
        assert_int_equal(i->max_stale, 7 * 86400);
        assert_int_equal(i->refresh, 3600);
        assert_int_equal(i->min_refresh, 60);
        assert_false(i->email_trusted);
        assert_null(i->typ);
        assert_null(i->require);
        assert_null(i->clients);
        assert_ptr_equal(conf->grants[0].issuer, i);
        assert_string_equal(conf->grants[0].user[0], "%{sub}");
        assert_string_equal(conf->grants[0].services[0], "sshd");
        assert_null(conf->grants[0].services[1]);
        assert_false(conf->services[0].one_use);
        assert_int_equal(conf->services[0].max_age, 0);
        pjwt_conf_free(conf);
}

static void every_option_of_an_issuer_is_read(void **state)
{
        struct pjwt_conf *conf =
                accepts("[issuer/a]\nissuer = urn:foo\naudience = a b\njwks = https://k.example/jwks\n"
                        "algorithms = ES256 RS256\nleeway = 10\nmax_lifetime = 2w\ntyp = at+jwt JWT\n"
                        "require = jti azp\nazp = cli\nemail_trusted = yes\nca_file = /etc/ca.pem\n"
                        "bearer_file = /etc/bearer\nproxy = http://proxy:3128\ntimeout = 3s\n"
                        "max_stale = 2d\nrefresh = 15m\nmin_refresh = 5s\n");
        const struct pjwt_issuer *i = &conf->issuers[0];

        (void)state;
        assert_string_equal(i->audience[1], "b");
        assert_string_equal(i->jwks, "https://k.example/jwks");
        assert_int_equal(i->algorithms, pjwt_alg_find("ES256", 5)->bit | pjwt_alg_find("RS256", 5)->bit);
        assert_int_equal(i->leeway, 10);
        assert_int_equal(i->max_lifetime, 1209600);
        assert_string_equal(i->typ[0], "at+jwt");
        assert_string_equal(i->require[1], "azp");
        assert_string_equal(i->clients[0], "cli");
        assert_true(i->email_trusted);
        assert_string_equal(i->ca_file, "/etc/ca.pem");
        assert_string_equal(i->bearer_file, "/etc/bearer");
        assert_string_equal(i->proxy, "http://proxy:3128");
        assert_int_equal(i->timeout, 3);
        assert_int_equal(i->max_stale, 172800);
        assert_int_equal(i->refresh, 900);
        assert_int_equal(i->min_refresh, 5);
        assert_int_equal(pjwt_issuer_origin(i, "leeway").line, 6);
        assert_int_equal(pjwt_issuer_origin(i, NULL).line, 1);
        pjwt_conf_free(conf);
}

static void every_option_of_a_grant_and_a_service_is_read(void **state)
{
        struct pjwt_conf *conf = accepts(
                ISSUER GRANT "user = %{preferred_username} deploy\nstrip_suffix = @acme.example\n"
                             "services = sshd sudo\nhosts = db* web1.example\nmatch.groups = linux users\n"
                             "match./realm_access/roles = glob:dep*\nmatch.https://a/b.c = regex:x+\n"
                             "[service/sudo]\nalso = sudo-i\nmatch.acr = mfa\nmax_age = 5m\n"
                             "max_token_age = 1h\naudience = sudo://%h\none_use = yes\n"
                             "session_until_exp = yes\n[service/su]\nreuse_login = yes\n");
        const struct pjwt_grant *g = &conf->grants[0];
        const struct pjwt_service *s = &conf->services[0];

        (void)state;
        assert_string_equal(g->user[1], "deploy");
        assert_string_equal(g->strip_suffix, "@acme.example");
        assert_string_equal(g->services[1], "sudo");
        assert_string_equal(g->hosts[0], "db*");
        assert_int_equal(g->match_count, 3);
        assert_string_equal(g->matches[0].claim, "groups");
        assert_string_equal(g->matches[0].value, "linux users");
        assert_string_equal(g->matches[1].claim, "/realm_access/roles");
        assert_int_equal(g->matches[1].kind, PJWT_MATCH_GLOB);
        assert_string_equal(g->matches[1].pattern, "dep*");
        assert_string_equal(g->matches[2].claim, "https://a/b.c");
        assert_int_equal(g->matches[2].kind, PJWT_MATCH_REGEX);
        assert_string_equal(s->also[0], "sudo-i");
        assert_string_equal(s->matches[0].value, "mfa");
        assert_int_equal(s->max_age, 300);
        assert_int_equal(s->max_token_age, 3600);
        assert_string_equal(s->audience[0], "sudo://host.example");
        assert_true(s->one_use);
        assert_true(s->session_until_exp);
        assert_true(conf->services[1].reuse_login);
        pjwt_conf_free(conf);
}

static void what_is_not_understood_is_refused(void **state) /* PAM-11 */
{
        (void)state;
        refuses_issuer("audeince = x", "f:4: audeince: unknown key; did you mean audience?");
        refuses_issuer("Leeway = 5s", "f:4: Leeway: unknown key; did you mean leeway?");
        refuses_issuer("one_use = yes",
                       "f:4: one_use: unknown key in this section; it belongs in [service/NAME]");
        refuses_issuer("frobnicate = x", "f:4: frobnicate: unknown key; use one of issuer audience jwks");
        refuses_grant(
                "groups = x",
                "f:6: groups: unknown key; use one of issuer user strip_suffix match.CLAIM services hosts");
        refuses_grant("mach.groups = x", "f:6: mach.groups: unknown key; did you mean match.CLAIM?");
        refuses_grant("match. = x", "f:6: match.: the name of the claim is missing");
        refuses("[isuser/a]\n", "f:1: unknown section [isuser]; did you mean [issuer/NAME]?");
        refuses("[Issuer/a]\n", "f:1: unknown section [Issuer]; did you mean [issuer/NAME]?");
        refuses("[zzzzzzz]\n", "f:1: unknown section [zzzzzzz]; use");
        refuses("[issuer]\n", "f:1: unknown section [issuer]; did you mean [issuer/NAME]?");
        refuses("[host/a]\n", "f:1: unknown section [host]; did you mean [host]?");
        refuses("[issuer/.a]\n", "f:1: not a valid issuer name");
        refuses("[issuer/a/b]\n", "f:1: not a valid issuer name");
        refuses("[service/SSHD]\n", "f:1: 'SSHD': not a PAM service");
}

static void what_is_repeated_is_refused(void **state) /* USR-15 */
{
        (void)state;
        refuses_issuer("audience = x", "f:4: audience: duplicate key, already set on line 3");
        refuses_grant("match.a = x\nmatch.a = y", "f:7: match.a: duplicate key, already set on line 6");
        refuses(ISSUER ISSUER, "f:4: the section issuer/acme is already defined at f:1");
        refuses(ISSUER GRANT GRANT, "f:6: the section grant/staff is already defined at f:4");
        refuses("[service/sudo]\n[service/sudo]\n", "f:2: the service sudo is already defined at f:1");
        refuses("[service/sudo]\n[service/a]\nalso = sudo\n",
                "f:3: the service sudo is already defined at f:1");
        refuses("[host]\n[host]\n", "f:2: the section [host] is already defined at f:1");
        refuses(ISSUER "[issuer/b]\nissuer = https://idp.example\naudience = x\n",
                "f:5: issuer: the issuer https://idp.example is already defined at f:2");
        refuses_issuer("require = jti jti", "f:4: require: 'jti' is listed twice");
}

static void the_same_section_in_two_files_names_both(void **state)
{
        const struct pjwt_conf_text texts[] = {{"one", ISSUER, strlen(ISSUER)},
                                               {"two", ISSUER, strlen(ISSUER)}};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_conf_parse(texts, 2, "h.example", &conf, &err), PJWT_CONFIG);
        assert_string_equal(
                err.detail,
                "two:1: the section issuer/acme is already defined at one:1; remove one of the two");
}

static void sections_of_several_files_make_one_policy(void **state)
{
        const struct pjwt_conf_text texts[] = {{"one", GRANT, strlen(GRANT)},
                                               {"two", ISSUER, strlen(ISSUER)}};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_conf_parse(texts, 2, "h.example", &conf, &err), PJWT_OK);
        assert_ptr_equal(conf->grants[0].issuer, &conf->issuers[0]);
        assert_string_equal(conf->grants[0].origin.file, "one");
        assert_string_equal(conf->issuers[0].origin.file, "two");
        pjwt_conf_free(conf);
}

static void what_a_section_needs_must_be_there(void **state) /* CLM-11 */
{
        (void)state;
        refuses("[issuer/a]\nissuer = https://a\n",
                "f:1: audience: missing; add a line like audience = ssh://%h");
        refuses("[issuer/a]\naudience = x\n", "f:1: issuer: missing");
        refuses("[grant/a]\nuser = x\n", "f:1: issuer: missing");
        refuses(ISSUER "[grant/a]\nissuer = acmee\n",
                "f:5: issuer: there is no [issuer/acmee]; did you mean acme?");
        refuses(ISSUER "[grant/a]\nissuer = https://idp.example\n",
                "f:5: issuer: there is no [issuer/https://idp.example]; write the NAME");
}

static void empty_values_are_errors(void **state) /* CLM-15 */
{
        (void)state;
        refuses("[issuer/a]\nissuer =\naudience = x\n", "f:2: issuer: the value is empty");
        refuses("[issuer/a]\nissuer = https://a\naudience = \n", "f:3: audience: the value is empty");
}

static void bad_values_name_file_line_and_key(void **state)
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
        refuses_service("also = a b a", "f:2: also: 'a' is listed twice");
        refuses_service("also = A", "f:2: also: 'A': not a PAM service");
        refuses_service("max_age = 0", "f:2: max_age: 0 is out of range");
        refuses_service("max_token_age = x", "f:2: max_token_age: 'x' is not a duration");
        refuses_service("audience = %d", "f:2: audience: '%d': only %h");
        refuses_issuer("azp = web web", "f:4: azp: 'web' is listed twice");
        refuses_service("match.acr = regex:(", "f:2: match.acr: regex: character 2: an unterminated (");
        refuses_service("one_use = 1", "f:2: one_use: write yes or no, not '1'");
        refuses_service("reuse_login = YES", "f:2: reuse_login: write yes or no, not 'YES'");
        refuses_service("bind = yes", "f:2: bind: write ssh-key or no, not 'yes'");
        refuses_issuer("bind = SSH-key", "f:4: bind: write ssh-key or no, not 'SSH-key'");
        refuses_grant("bind = key", "f:6: bind: write ssh-key or no, not 'key'");
        refuses("[host]\nbind_services = sshd sudo\n", "f:2: bind_services: 'sudo': not a service of sshd");
        refuses("[host]\nbind_services = SSHD\n", "f:2: bind_services: 'SSHD': not a PAM service");
        refuses_service("session_until_exp = on", "f:2: session_until_exp: write yes or no, not 'on'");
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

static void hmac_is_for_keys_in_files_only(void **state) /* HDR-06, KEY-13 */
{
        struct pjwt_conf *conf;

        (void)state;
        refuses_issuer("algorithms = HS256", "f:4: algorithms: HMAC requires a key on this host");
        refuses_issuer("jwks = https://a/x\nalgorithms = RS256 HS512",
                       "f:5: algorithms: HMAC requires a key");
        conf = accepts(ISSUER "jwks = file:///etc/k.json\nalgorithms = HS256\n");
        assert_int_equal(conf->issuers[0].algorithms, pjwt_alg_find("HS256", 5)->bit);
        pjwt_conf_free(conf);
}

static void contradictions_are_refused(void **state)
{
        (void)state;
        refuses_issuer("jwks = file:///k\nproxy = http://p:1", "f:5: proxy: has no effect");
        refuses_issuer("jwks = file:///k\nrefresh = 2h", "f:5: refresh: has no effect");
        refuses("[issuer/a]\nissuer = urn:foo\naudience = x\n",
                "f:2: issuer: discovery is not possible with this issuer");
        refuses_service("one_use = yes\nreuse_login = yes",
                        "f:3: reuse_login: cannot be combined with one_use"); /* REV-12 */
        refuses_service("audience = x\nreuse_login = yes",
                        "f:3: reuse_login: cannot be combined with audience");
        refuses_grant("user = deploy\nstrip_suffix = @x", "f:7: strip_suffix: has no effect");
        refuses_grant("user = \\1",
                      "f:6: user: '\\1' refers to a group; this grant must have exactly one regex:");
        refuses_grant("user = \\2\nmatch.a = regex:(x)",
                      "f:6: user: '\\2' refers to group 2; the regex: has only 1");
        refuses_grant("user = \\1\nmatch.a = regex:(x)\nmatch.b = regex:(y)",
                      "f:6: user: '\\1' refers to a group");
}

static void the_host_name_stands_for_h(void **state) /* REV-15 */
{
        static const char text[] = "[issuer/a]\nissuer = https://a\naudience = ssh://%h x%%y\n";
        static const char named[] =
                "[issuer/a]\nissuer = https://a\naudience = ssh://%h\n[host]\nhost_name = db1.acme.example\n";
        struct pjwt_conf *conf = accepts_on(text, "Web-1.Acme.Example");

        (void)state;
        assert_string_equal(conf->issuers[0].audience[0], "ssh://web-1.acme.example");
        assert_string_equal(conf->issuers[0].audience[1], "x%y");
        pjwt_conf_free(conf);
        conf = accepts_on(named, "localhost");
        assert_string_equal(conf->issuers[0].audience[0], "ssh://db1.acme.example");
        pjwt_conf_free(conf);
        refuses_on(text, "localhost", "f:3: audience: %h cannot use this host's name 'localhost'");
        refuses_on(text, "localhost.localdomain", "f:3: audience: %h cannot use");
        refuses_on(text, "10.0.0.1",
                   "f:3: audience: %h cannot use this host's name '10.0.0.1' (it is an IP address)");
        refuses_on(text, "fe80::1", "f:3: audience: %h cannot use");
        refuses_on(text, "(none)", "f:3: audience: %h cannot use");
        refuses_on(text, "", "f:3: audience: %h needs the name of this host, which is not set");
        refuses_on(text, NULL, "f:3: audience: %h needs the name of this host");
        refuses_on("[host]\nhost_name = LocalHost\n", "x.example", /* RVW-01: in every spelling */
                   "f:2: host_name: 'LocalHost' cannot be used as this host's name");
        refuses_on("[host]\nhost_name = LOCALHOST.localdomain\n", "x.example",
                   "f:2: host_name: 'LOCALHOST.localdomain' cannot be used as this host's name");
        refuses_on("[host]\nhost_name = localhost\n", "x.example",
                   "f:2: host_name: 'localhost' cannot be used as this host's name");
        refuses_on("[host]\nhost_name = 10.1.2.3\n", "x.example", "f:2: host_name: '10.1.2.3' cannot");
        refuses_on("[host]\nmachine_id = 0123456789ABCDEF0123456789ABCDEF\n", "x.example",
                   "f:2: machine_id: '0123456789ABCDEF0123456789ABCDEF' is not a machine id");
        refuses_on("[host]\nmachine_id = 00000000000000000000000000000000\n", "x.example",
                   "f:2: machine_id: '00000000000000000000000000000000' is not a machine id");
        refuses_on(ISSUER GRANT "hosts = x\n", NULL, "f:6: hosts: hosts needs the name of this host");
}

static void a_host_without_a_name_does_without_h(void **state)
{
        struct pjwt_conf *conf = accepts_on(ISSUER, "localhost");

        (void)state;
        assert_null(conf->host_name);
        pjwt_conf_free(conf);
}

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

static void dangerous_settings_are_warned_of(void **state) /* USR-10, REV-09 */
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
        /* REV-09 */
        warns(SAFE "services = sudo sudo-i\n[service/sudo]\nmax_age = 5m\n", 1,
              "8 - grant g also allows sudo-i, which has none of these requirements; add also = sudo-i");
        warns(SAFE "services = sudo sudo-i\n[service/sudo]\nalso = sudo-i\nmax_age = 5m\n", 0, NULL);
        warns(SAFE "services = su su-l\n[service/su]\nmax_age = 5m\n", 1, "add also = su-l");
        warns(SAFE "[service/sshd]\none_use = yes\n", 1,
              "8 one_use for sshd: every connection needs a new token");
        warns(SAFE "[service/sudo]\nmax_age = 5m\n", 1, "7 - no grant names this service");
        warns("[issuer/a]\nissuer = https://a.example\naudience = ssh://%h\n[grant/g]\nissuer = a\nmatch.g "
              "= glob:*\n",
              2, "6 g matches any value");
}

static void arguments_are_a_configuration_of_one_issuer_and_one_grant(void **state)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_conf_from_arguments("https://a.example", "ssh://%h", NULL, "sudo", "h.example",
                                                  &conf, &err),
                         PJWT_OK);
        assert_string_equal(conf->issuers[0].issuer, "https://a.example");
        assert_string_equal(conf->issuers[0].audience[0], "ssh://h.example");
        assert_null(conf->issuers[0].jwks);
        assert_string_equal(conf->grants[0].user[0], "%{sub}");
        assert_string_equal(conf->grants[0].services[0], "sudo");
        assert_null(conf->grants[0].services[1]);
        pjwt_conf_free(conf);
        conf = NULL;
        assert_int_equal(pjwt_conf_from_arguments("urn:foo", "x", "file:///k", "sshd", NULL, &conf, &err),
                         PJWT_OK);
        assert_string_equal(conf->issuers[0].jwks, "file:///k");
        pjwt_conf_free(conf);
}

static void arguments_cannot_bring_in_lines(void **state)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0}, err2 = {0}, err3 = {0};

        (void)state;
        assert_int_equal(pjwt_conf_from_arguments("https://a\nemail_trusted = yes", "x", NULL, "sshd", NULL,
                                                  &conf, &err),
                         PJWT_CONFIG);
        assert_int_equal(pjwt_conf_from_arguments("https://a", NULL, NULL, "sshd", NULL, &conf, &err2),
                         PJWT_CONFIG);
        assert_int_equal(pjwt_conf_from_arguments("http://a", "x", NULL, "sshd", NULL, &conf, &err3),
                         PJWT_CONFIG);
        assert_null(conf);
}

/* ---- files ---- */

static void write_file(const char *path, const char *text, mode_t mode)
{
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(path, mode), 0);
}

static void files_and_conf_d_are_read_in_order(void **state)
{
        char dir[] = "/tmp/pjwt-conf-XXXXXX", path[64], directory[80], one[128], two[128], other[128];
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_non_null(mkdtemp(dir));
        (void)snprintf(path, sizeof(path), "%s/pam_jwt.conf", dir);
        (void)snprintf(directory, sizeof(directory), "%s.d", path);
        (void)snprintf(one, sizeof(one), "%s/10-a.conf", directory);
        (void)snprintf(two, sizeof(two), "%s/20-b.conf", directory);
        (void)snprintf(other, sizeof(other), "%s/30-c.conf.bak", directory);
        assert_int_equal(pjwt_conf_load(path, "h.example", &conf, &err), PJWT_FILE_OPEN); /* PAM-12 */
        write_file(path, "# nothing\n", 0644);
        assert_int_equal(mkdir(directory, 0755), 0);
        write_file(two, "[grant/b]\nissuer = acme\n", 0644);
        write_file(one, ISSUER GRANT, 0644);
        write_file(other, "rubbish", 0644);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_conf_load(path, "h.example", &conf, &err), PJWT_OK);
        assert_int_equal(conf->grant_count, 2);
        assert_string_equal(conf->grants[0].origin.file, one);
        assert_string_equal(conf->grants[1].origin.file, two);
        pjwt_conf_free(conf);
        assert_int_equal(chmod(two, 0666), 0); /* KEY-29 */
        assert_int_equal(pjwt_conf_load(path, "h.example", &conf, &err), PJWT_FILE_MODE);
        (void)unlink(one);
        (void)unlink(two);
        (void)unlink(other);
        (void)rmdir(directory);
        (void)unlink(path);
        (void)rmdir(dir);
}

static void every_option_has_a_row_with_help_and_an_example(void **state)
{
        struct pjwt_conf_option option;
        size_t count = 0, host = 0, issuer = 0, grant = 0, service = 0;

        (void)state;
        for (; pjwt_conf_option_at(count, &option); count++) {
                host += strcmp(option.kind, "host") == 0;
                issuer += strcmp(option.kind, "issuer") == 0;
                grant += strcmp(option.kind, "grant") == 0;
                service += strcmp(option.kind, "service") == 0;
                assert_non_null(option.kind);
                assert_non_null(option.type);
                assert_non_null(option.example);
                assert_true(strlen(option.help) > 10);
        }
        assert_int_equal(count, host + issuer + grant + service);
}

static void the_written_default_of_algorithms_is_the_default(void **state)
{
        struct pjwt_conf_option option = {0};
        struct pjwt_conf *conf;
        char text[1024];

        (void)state;
        for (size_t i = 0; pjwt_conf_option_at(i, &option); i++)
                if (strcmp(option.name, "algorithms") == 0)
                        break;
        (void)snprintf(text, sizeof(text), ISSUER "algorithms = %s\n", option.def);
        conf = accepts(text);
        assert_int_equal(conf->issuers[0].algorithms, pjwt_alg_default());
        pjwt_conf_free(conf);
}

/* If there were too few elements, a row would write past the end of the section's lines. */
static void every_kind_has_room_for_the_lines_of_its_rows(void **state)
{
        static const struct {
                const char *kind;
                size_t room;
        } kinds[] = {{"host", PJWT_HOST_LINES},
                     {"issuer", PJWT_ISSUER_LINES},
                     {"grant", PJWT_GRANT_LINES},
                     {"service", PJWT_SERVICE_LINES}};
        struct pjwt_conf_option option;

        (void)state;
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
                size_t rows = 0;

                for (size_t i = 0; pjwt_conf_option_at(i, &option); i++)
                        rows += strcmp(option.kind, kinds[k].kind) == 0;
                assert_int_equal(rows, kinds[k].room);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_hold_where_nothing_is_written),
                cmocka_unit_test(every_option_of_an_issuer_is_read),
                cmocka_unit_test(every_option_of_a_grant_and_a_service_is_read),
                cmocka_unit_test(what_is_not_understood_is_refused),
                cmocka_unit_test(what_is_repeated_is_refused),
                cmocka_unit_test(the_same_section_in_two_files_names_both),
                cmocka_unit_test(sections_of_several_files_make_one_policy),
                cmocka_unit_test(what_a_section_needs_must_be_there),
                cmocka_unit_test(empty_values_are_errors),
                cmocka_unit_test(bad_values_name_file_line_and_key),
                cmocka_unit_test(urls_of_keys_are_https_file_or_a_low_loopback_port),
                cmocka_unit_test(hmac_is_for_keys_in_files_only),
                cmocka_unit_test(contradictions_are_refused),
                cmocka_unit_test(the_host_name_stands_for_h),
                cmocka_unit_test(a_host_without_a_name_does_without_h),
                cmocka_unit_test(check_tells_every_error_in_one_run),
                cmocka_unit_test(dangerous_settings_are_warned_of),
                cmocka_unit_test(arguments_are_a_configuration_of_one_issuer_and_one_grant),
                cmocka_unit_test(arguments_cannot_bring_in_lines),
                cmocka_unit_test(files_and_conf_d_are_read_in_order),
                cmocka_unit_test(the_written_default_of_algorithms_is_the_default),
                cmocka_unit_test(every_option_has_a_row_with_help_and_an_example),
                cmocka_unit_test(every_kind_has_room_for_the_lines_of_its_rows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
