#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "issuer.h"

static const char policy[] = "[issuer/a]\nissuer = https://a.example\naudience = x\n"
                             "[issuer/b]\nissuer = https://a.example/\naudience = x\n"
                             "[issuer/c]\nissuer = urn:foo\naudience = x\njwks = file:///k\n";

/* The name of the section found, or the word of the reason. */
static const char *find(const char *claims)
{
        const struct pjwt_conf_text text = {"f", policy, strlen(policy)};
        struct pjwt_conf *conf = NULL;
        struct pjwt_token token = {0};
        struct pjwt_error err = {0};
        const struct pjwt_issuer *issuer = NULL;
        enum pjwt_reason reason;
        static char name[8];

        assert_int_equal(pjwt_conf_parse(&text, 1, NULL, &conf, &err), PJWT_OK);
        assert_int_equal(pjwt_json_parse_object(claims, strlen(claims), "claims", &token.claims, &err),
                         PJWT_OK);
        reason = pjwt_issuer_find(conf, &token, &issuer, &err);
        assert_true((reason == PJWT_OK) == (issuer != NULL));
        if (issuer)
                strcpy(name, issuer->name);
        json_object_put(token.claims);
        pjwt_conf_free(conf);
        return reason == PJWT_OK ? name : pjwt_reason_name(reason);
}

static void an_issuer_is_found_byte_for_byte(void **state) /* CLM-10, KEY-24 */
{
        (void)state;
        assert_string_equal(find("{\"iss\":\"https://a.example\"}"), "a");
        assert_string_equal(find("{\"iss\":\"https://a.example/\"}"), "b");
        assert_string_equal(find("{\"iss\":\"urn:foo\"}"), "c");
        assert_string_equal(find("{\"iss\":\"https://a.example//\"}"), "unknown-issuer");
        assert_string_equal(find("{\"iss\":\"https://a.exampl\"}"), "unknown-issuer");
        assert_string_equal(find("{\"iss\":\"https://A.example\"}"), "unknown-issuer");
        assert_string_equal(find("{\"iss\":\"https://a.example.evil\"}"), "unknown-issuer");
        assert_string_equal(find("{\"iss\":\"\"}"), "unknown-issuer");
}

static void iss_must_be_a_string(void **state) /* CLM-10 */
{
        (void)state;
        assert_string_equal(find("{}"), "claim-missing");
        assert_string_equal(find("{\"ISS\":\"urn:foo\"}"), "claim-missing");
        assert_string_equal(find("{\"iss\":[\"urn:foo\"]}"), "claim-type");
        assert_string_equal(find("{\"iss\":1}"), "claim-type");
        assert_string_equal(find("{\"iss\":null}"), "claim-missing");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_issuer_is_found_byte_for_byte),
                cmocka_unit_test(iss_must_be_a_string),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
