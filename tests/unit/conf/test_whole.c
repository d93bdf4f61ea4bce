#include "conftext.h"

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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_a_section_needs_must_be_there),
                cmocka_unit_test(hmac_is_for_keys_in_files_only),
                cmocka_unit_test(contradictions_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
