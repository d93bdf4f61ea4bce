/* Module arguments are rows: each has its effect, and an unknown one is refused by name (attacks PAM-11). */
#include "cm.h"
#include "conf.h"
#include "options.h"
#include "prompt.h"

#include <stdio.h>

static struct pjwt_options options;
static struct pjwt_error err;

static enum pjwt_reason parse(unsigned line, int argc, const char **argv)
{
        err = (struct pjwt_error){0};
        return pjwt_options_parse(argc, argv, line, &options, &err);
}

static void defaults(void **state)
{
        (void)state;
        assert_int_equal(parse(PJWT_LINE_AUTH, 0, NULL), PJWT_OK);
        assert_string_equal(options.config, PJWT_CONF_FILE);
        assert_string_equal(options.cache, PJWT_CACHE_DIR);
        assert_string_equal(options.prompt, PJWT_PROMPT_DEFAULT);
        assert_null(options.issuer);
        assert_false(options.debug || options.observe || options.nodelay || options.require_token);
}

static void every_row_is_accepted_where_it_stands(void **state)
{
        struct pjwt_option_doc doc;

        (void)state;
        for (size_t i = 0; pjwt_options_doc(i, &doc); i++)
                for (unsigned line = PJWT_LINE_AUTH; line <= PJWT_LINE_SESSION; line *= 2) {
                        char argument[128];
                        const char *argv[] = {argument};
                        bool needs_issuer = strcmp(doc.name, "audience") == 0 ||
                                            strcmp(doc.name, "jwks") == 0 || strcmp(doc.name, "issuer") == 0;
                        bool expected = (doc.lines & line) != 0 && !needs_issuer;

                        (void)snprintf(argument, sizeof(argument), doc.value ? "%s=value" : "%s", doc.name);
                        assert_int_equal(parse(line, 1, argv), expected ? PJWT_OK : PJWT_CONFIG);
                        if (!expected)
                                assert_non_null(strstr(err.detail, doc.name));
                }
}

static void values_arrive(void **state)
{
        const char *argv[] = {
                "issuer=https://a/b=c", "audience=x", "jwks=file:///k", "prompt=P: ", "cache=/c",
                "try_first_pass",       "nodelay",    "debug",          "observe"};

        (void)state;
        assert_int_equal(parse(PJWT_LINE_AUTH, 9, argv), PJWT_OK);
        assert_string_equal(options.issuer, "https://a/b=c");
        assert_string_equal(options.audience, "x");
        assert_string_equal(options.jwks, "file:///k");
        assert_string_equal(options.prompt, "P: ");
        assert_string_equal(options.cache, "/c");
        assert_true(options.try_first_pass && options.nodelay && options.debug && options.observe);
        assert_false(options.use_first_pass);
}

static void refused_and_named(void **state)
{
        static const char *const wrong[] = {"audiance=x", "",      "=",      "config",  "config=",
                                            "debug=1",    "Debug", "debug ", "conf=/x", "require_token"};

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                const char *argv[] = {wrong[i]};

                assert_int_equal(parse(PJWT_LINE_AUTH, 1, argv), PJWT_CONFIG);
                assert_int_equal(err.reason, PJWT_CONFIG);
        }
}

static void what_is_understood_counts_beside_an_error(void **state)
{
        const char *argv[] = {"nonsense", "use_first_pass", "rubbish"};

        (void)state;
        assert_int_equal(parse(PJWT_LINE_AUTH, 3, argv), PJWT_CONFIG);
        assert_true(options.use_first_pass);
        assert_non_null(strstr(err.detail, "nonsense"));
}

static void contradictions(void **state)
{
        const char *both[] = {"try_first_pass", "use_first_pass"};
        const char *twice[] = {"debug", "debug"};
        const char *two_confs[] = {"issuer=a", "audience=b", "config=/c"};
        const char *silent[] = {"observe", "require_token"};

        (void)state;
        assert_int_equal(parse(PJWT_LINE_AUTH, 2, both), PJWT_CONFIG);
        assert_int_equal(parse(PJWT_LINE_AUTH, 2, twice), PJWT_CONFIG);
        assert_int_equal(parse(PJWT_LINE_AUTH, 3, two_confs), PJWT_CONFIG);
        assert_int_equal(parse(PJWT_LINE_ACCOUNT, 2, silent), PJWT_CONFIG);
        assert_int_equal(parse(PJWT_LINE_AUTH, 2, two_confs), PJWT_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults),
                cmocka_unit_test(every_row_is_accepted_where_it_stands),
                cmocka_unit_test(values_arrive),
                cmocka_unit_test(refused_and_named),
                cmocka_unit_test(what_is_understood_counts_beside_an_error),
                cmocka_unit_test(contradictions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
