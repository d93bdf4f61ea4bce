#include "signing.h"

#include "claims.h"

#define NOW INT64_C(1700000000)

static const char *const audience[] = {"ssh://db1", "ssh://db2", NULL};

static const struct pjwt_claims_policy login = {.issuer = "https://idp.example", .audience = audience};

static enum pjwt_reason check_header(const char *header, const char *claims,
                                     const struct pjwt_claims_policy *policy, int64_t now)
{
        struct pjwt_token *token = token_of_claims(header, claims);
        struct pjwt_error err = {0};
        struct pjwt_times times = {77, 77, 77};
        enum pjwt_reason r = pjwt_claims_check(token, policy, now, &times, &err);

        if (r == PJWT_OK) {
                assert_int_not_equal(times.exp, 77);
        } else {
                assert_int_equal(err.reason, r);
                assert_int_not_equal(err.detail[0], '\0');
                assert_int_equal(times.exp, 77);
        }
        assert_int_equal(pjwt_claims_check(token, policy, now, NULL, NULL), r);
        pjwt_token_free(token);
        return r;
}

static enum pjwt_reason check(const char *claims, const struct pjwt_claims_policy *policy, int64_t now)
{
        return check_header(NULL, claims, policy, now);
}

/* Good claims, with one more. */
static enum pjwt_reason check_with(const char *more)
{
        char claims[1024];

        (void)snprintf(claims, sizeof(claims),
                       "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100%s}", more);
        return check(claims, &login, NOW);
}

/* Valid claims except for aud, iss or exp, which are given as a whole. */
static enum pjwt_reason check_aud(const char *aud)
{
        char claims[1024];

        (void)snprintf(claims, sizeof(claims), "{\"iss\":\"https://idp.example\",\"exp\":1700000100%s}", aud);
        return check(claims, &login, NOW);
}

static enum pjwt_reason check_iss(const char *iss)
{
        char claims[1024];

        (void)snprintf(claims, sizeof(claims), "{\"aud\":\"ssh://db1\",\"exp\":1700000100%s}", iss);
        return check(claims, &login, NOW);
}

static enum pjwt_reason check_exp(const char *exp)
{
        char claims[1024];

        (void)snprintf(claims, sizeof(claims), "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\"%s}",
                       exp);
        return check(claims, &login, NOW);
}

static void good_claims_are_accepted(void **state)
{
        struct pjwt_token *token =
                token_of_claims(NULL, "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":170000"
                                      "0100.5,\"nbf\":1699999990.5,\"iat\":1699999980}");
        struct pjwt_times times;

        (void)state;
        assert_int_equal(pjwt_claims_check(token, &login, NOW, &times, NULL), PJWT_OK);
        assert_int_equal(times.exp, 1700000100);
        assert_int_equal(times.nbf, 1699999991);
        assert_int_equal(times.iat, 1699999980);
        pjwt_token_free(token);
        assert_int_equal(check_with(",\"sub\":\"alice\",\"jti\":\"1\",\"other\":[null]"), PJWT_OK);
}

/* CLM-01, CLM-21, CLM-22 */
static void exp_is_required(void **state)
{
        (void)state;
        assert_int_equal(check_exp(""), PJWT_CLAIM_MISSING);
        assert_int_equal(check_exp(",\"EXP\":1700000100"), PJWT_CLAIM_MISSING);
        assert_int_equal(check_header("{\"alg\":\"ES256\",\"exp\":1700000100,\"iss\":\"https://idp.example\""
                                      ",\"aud\":\"ssh://db1\"}",
                                      "{}", &login, NOW),
                         PJWT_CLAIM_MISSING);
}

/* CLM-02 */
static void exp_and_leeway_to_the_second(void **state)
{
        static const char claims[] =
                "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000000}";
        struct pjwt_claims_policy lenient = login;

        (void)state;
        assert_int_equal(check(claims, &login, NOW - 1), PJWT_OK);
        assert_int_equal(check(claims, &login, NOW), PJWT_EXPIRED);
        assert_int_equal(check(claims, &login, NOW + 1), PJWT_EXPIRED);
        lenient.leeway = 30;
        assert_int_equal(check(claims, &lenient, NOW + 29), PJWT_OK);
        assert_int_equal(check(claims, &lenient, NOW + 30), PJWT_EXPIRED);
        lenient.leeway = -30;
        assert_int_equal(check(claims, &lenient, NOW - 1), PJWT_OK);
        assert_int_equal(check(claims, &lenient, NOW), PJWT_EXPIRED);
}

/* CLM-07 */
static void nbf_and_leeway_to_the_second(void **state)
{
        struct pjwt_claims_policy lenient = login;
        static const char claims[] = "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000"
                                     "100,\"nbf\":1700000000}";

        (void)state;
        assert_int_equal(check(claims, &login, NOW - 1), PJWT_NOT_YET_VALID);
        assert_int_equal(check(claims, &login, NOW), PJWT_OK);
        lenient.leeway = 30;
        assert_int_equal(check(claims, &lenient, NOW - 30), PJWT_OK);
        assert_int_equal(check(claims, &lenient, NOW - 31), PJWT_NOT_YET_VALID);
        lenient.leeway = 0;
        lenient.flags = PJWT_SKIP_NBF;
        assert_int_equal(check(claims, &lenient, NOW - 1), PJWT_OK);
}

/* CLM-08 */
static void iat_and_leeway_to_the_second(void **state)
{
        struct pjwt_claims_policy lenient = login;
        static const char claims[] = "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000"
                                     "100,\"iat\":1700000000}";

        (void)state;
        assert_int_equal(check(claims, &login, NOW - 1), PJWT_ISSUED_IN_FUTURE);
        assert_int_equal(check(claims, &login, NOW), PJWT_OK);
        lenient.leeway = 30;
        assert_int_equal(check(claims, &lenient, NOW - 30), PJWT_OK);
        assert_int_equal(check(claims, &lenient, NOW - 31), PJWT_ISSUED_IN_FUTURE);
        lenient.leeway = 0;
        lenient.flags = PJWT_SKIP_IAT;
        assert_int_equal(check(claims, &lenient, NOW - 1), PJWT_OK);
}

/* A fraction never makes a token valid longer or earlier. */
static void fractions_are_rounded_against_the_token(void **state)
{
        (void)state;
        assert_int_equal(check_exp(",\"exp\":1700000000.9"), PJWT_EXPIRED);
        assert_int_equal(check_exp(",\"exp\":1700000001.0"), PJWT_OK);
        assert_int_equal(check_with(",\"nbf\":1700000000.1"), PJWT_NOT_YET_VALID);
        assert_int_equal(check_with(",\"nbf\":1699999999.1"), PJWT_OK);
        assert_int_equal(check_with(",\"iat\":1700000000.9"), PJWT_OK);
}

/* CLM-03, CLM-04, CLM-06 */
static void times_that_are_none_are_refused(void **state)
{
        static const char *const bad[] = {
                "\"1700000100\"",      "null", "true",  "[]",           "{}",
                "[1700000100]",        "-1",   "1e300", "253402300800", "9223372036854775807",
                "-9223372036854775808"};
        char claim[128];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                (void)snprintf(claim, sizeof(claim), ",\"exp\":%s", bad[i]);
                assert_int_equal(check_exp(claim), PJWT_CLAIM_TYPE);
                (void)snprintf(claim, sizeof(claim), ",\"nbf\":%s", bad[i]);
                assert_int_equal(check_with(claim), PJWT_CLAIM_TYPE);
                (void)snprintf(claim, sizeof(claim), ",\"iat\":%s", bad[i]);
                assert_int_equal(check_with(claim), PJWT_CLAIM_TYPE);
        }
}

/* CLM-06, CLM-09 */
static void no_sum_overflows(void **state)
{
        static const char claims[] = "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":2534023"
                                     "00799,\"nbf\":0,\"iat\":0}";
        struct pjwt_claims_policy policy = login;

        (void)state;
        policy.leeway = INT64_MAX;
        assert_int_equal(check(claims, &policy, NOW), PJWT_OK);
        assert_int_equal(check(claims, &policy, INT64_MAX), PJWT_EXPIRED);
        policy.leeway = INT64_MIN;
        assert_int_equal(check(claims, &policy, INT64_MIN), PJWT_NOT_YET_VALID);
        policy = login;
        policy.max_lifetime = 1;
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":253402300799}",
                               &policy, INT64_MIN),
                         PJWT_LIFETIME);
}

/* RVW-07: a token without exp would be accepted for ever; an iat far ahead would hide a far exp. */
static void a_limit_of_the_lifetime_needs_an_end(void **state)
{
        static const char no_exp[] =
                "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"iat\":1699999990}";
        static const char ahead[] = "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\","
                                    "\"iat\":1900000000,\"exp\":1900000050}";
        struct pjwt_claims_policy policy = login;

        (void)state;
        policy.flags = PJWT_IF_PRESENT;
        assert_int_equal(check(no_exp, &policy, NOW), PJWT_OK);
        policy.max_lifetime = 100;
        assert_int_equal(check(no_exp, &policy, NOW), PJWT_CLAIM_MISSING);
        policy.flags = PJWT_IF_PRESENT | PJWT_SKIP_EXP;
        assert_int_equal(check(no_exp, &policy, NOW), PJWT_OK);
        policy.flags = PJWT_SKIP_IAT;
        assert_int_equal(check(ahead, &policy, NOW), PJWT_LIFETIME);
        assert_int_equal(check(ahead, &policy, 1900000000), PJWT_OK);
        policy.max_lifetime = 0;
        assert_int_equal(check(ahead, &policy, NOW), PJWT_OK);
}

/* CLM-05 */
static void the_lifetime_is_limited(void **state)
{
        struct pjwt_claims_policy policy = login;

        (void)state;
        policy.max_lifetime = 100;
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100}",
                               &policy, NOW),
                         PJWT_OK);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000101}",
                               &policy, NOW),
                         PJWT_LIFETIME);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000050,\""
                               "iat\":1699999950}",
                               &policy, NOW),
                         PJWT_OK);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000050,\""
                               "iat\":1699999949}",
                               &policy, NOW),
                         PJWT_LIFETIME);
        assert_int_equal(
                check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100000}",
                      &policy, NOW),
                PJWT_CLAIM_TYPE);
        policy.flags = PJWT_SKIP_EXP;
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000101}",
                               &policy, NOW),
                         PJWT_OK);
}

/* CLM-10, CLM-15 */
static void iss_is_compared_whole(void **state)
{
        static const char *const bad[] = {
                "https://idp.example/", "https://idp.exampl", "https://idp.example.evil",
                "HTTPS://idp.example",  "idp.example",        " https://idp.example"};
        char claim[128];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                (void)snprintf(claim, sizeof(claim), ",\"iss\":\"%s\"", bad[i]);
                assert_int_equal(check_iss(claim), PJWT_BAD_ISSUER);
        }
        assert_int_equal(check_iss(""), PJWT_CLAIM_MISSING);
        assert_int_equal(check_iss(",\"iss\":\"\""), PJWT_CLAIM_TYPE);
        assert_int_equal(check_iss(",\"iss\":[\"https://idp.example\"]"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_iss(",\"iss\":1"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_iss(",\"iss\":null"), PJWT_CLAIM_TYPE);
}

/* CLM-11, CLM-12, CLM-13, CLM-14 */
static void aud_holds_one_of_ours(void **state)
{
        (void)state;
        assert_int_equal(check_aud(",\"aud\":\"ssh://db2\""), PJWT_OK);
        assert_int_equal(check_aud(",\"aud\":[\"x\",\"ssh://db2\",\"y\"]"), PJWT_OK);
        assert_int_equal(check_aud(",\"aud\":\"ssh://db\""), PJWT_BAD_AUDIENCE);
        assert_int_equal(check_aud(",\"aud\":\"ssh://db11\""), PJWT_BAD_AUDIENCE);
        assert_int_equal(check_aud(",\"aud\":\"SSH://db1\""), PJWT_BAD_AUDIENCE);
        assert_int_equal(check_aud(",\"aud\":[\"a\",\"b\"]"), PJWT_BAD_AUDIENCE);
        assert_int_equal(check_aud(""), PJWT_CLAIM_MISSING);
        assert_int_equal(check_aud(",\"aud\":\"\""), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":[]"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":{}"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":0"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":null"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":[\"ssh://db1\",1]"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":[\"ssh://db1\",\"\"]"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":[[\"ssh://db1\"]]"), PJWT_CLAIM_TYPE);
        assert_int_equal(check_aud(",\"aud\":{\"ssh://db1\":1}"), PJWT_CLAIM_TYPE);
}

/* CLM-15: a check omitted from the policy does not accept anything. */
static void an_empty_policy_refuses(void **state)
{
        static const struct pjwt_claims_policy empty = {0};
        static const char *const none[] = {NULL};
        struct pjwt_claims_policy policy = login;

        (void)state;
        assert_int_equal(check("{\"iss\":\"a\",\"aud\":\"b\",\"exp\":1700000100}", &empty, NOW),
                         PJWT_BAD_ISSUER);
        policy.audience = NULL;
        assert_int_equal(
                check("{\"iss\":\"https://idp.example\",\"aud\":\"b\",\"exp\":1700000100}", &policy, NOW),
                PJWT_BAD_AUDIENCE);
        policy.audience = none;
        assert_int_equal(
                check("{\"iss\":\"https://idp.example\",\"aud\":\"b\",\"exp\":1700000100}", &policy, NOW),
                PJWT_BAD_AUDIENCE);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"exp\":1700000100}", &policy, NOW),
                         PJWT_CLAIM_MISSING);
}

/* CLM-16 */
static void sub_and_jti_are_strings_with_something_in_them(void **state)
{
        static const char *const bad[] = {"0", "1000", "true", "null", "[\"alice\"]", "{}", "\"\""};
        struct pjwt_claims_policy policy = login;
        char claim[128];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                (void)snprintf(claim, sizeof(claim), ",\"sub\":%s", bad[i]);
                assert_int_equal(check_with(claim), PJWT_CLAIM_TYPE);
                (void)snprintf(claim, sizeof(claim), ",\"jti\":%s", bad[i]);
                assert_int_equal(check_with(claim), PJWT_CLAIM_TYPE);
        }
        policy.subject = "alice";
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100,\""
                               "sub\":\"alice\"}",
                               &policy, NOW),
                         PJWT_OK);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100,\""
                               "sub\":\"alic\"}",
                               &policy, NOW),
                         PJWT_BAD_SUBJECT);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100}",
                               &policy, NOW),
                         PJWT_CLAIM_MISSING);
}

/* HDR-21, CLM-19 */
static void typ_is_compared_as_a_media_type(void **state)
{
        static const char *const typ[] = {"at+jwt", "JWT", NULL};
        static const char claims[] =
                "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100}";
        struct pjwt_claims_policy policy = login;

        (void)state;
        policy.typ = typ;
        assert_int_equal(check_header("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", claims, &policy, NOW),
                         PJWT_OK);
        assert_int_equal(check_header("{\"alg\":\"ES256\",\"typ\":\"AT+JWT\"}", claims, &policy, NOW),
                         PJWT_OK);
        assert_int_equal(
                check_header("{\"alg\":\"ES256\",\"typ\":\"application/at+jwt\"}", claims, &policy, NOW),
                PJWT_OK);
        assert_int_equal(check_header("{\"alg\":\"ES256\",\"typ\":\"jwt\"}", claims, &policy, NOW), PJWT_OK);
        assert_int_equal(check_header("{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", claims, &policy, NOW),
                         PJWT_BAD_TYP);
        assert_int_equal(check_header("{\"alg\":\"ES256\",\"typ\":\"\"}", claims, &policy, NOW),
                         PJWT_BAD_TYP);
        assert_int_equal(check_header("{\"alg\":\"ES256\"}", claims, &policy, NOW), PJWT_BAD_TYP);
}

static void required_claims_are_there(void **state)
{
        static const char *const require[] = {"jti", "azp", NULL};
        struct pjwt_claims_policy policy = login;

        (void)state;
        policy.require = require;
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100,\""
                               "jti\":\"a\",\"azp\":\"b\"}",
                               &policy, NOW),
                         PJWT_OK);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100,\""
                               "jti\":\"a\"}",
                               &policy, NOW),
                         PJWT_CLAIM_MISSING);
        assert_int_equal(check("{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100,\""
                               "jti\":\"a\",\"azp\":null}",
                               &policy, NOW),
                         PJWT_CLAIM_MISSING);
}

/* CLM-19, CLM-20 */
static void the_client_is_listed(void **state)
{
        static const char *const clients[] = {"cli", "web", NULL};
        struct pjwt_claims_policy policy = login;
#define GOOD "\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1\",\"exp\":1700000100"

        (void)state;
        policy.clients = clients;
        assert_int_equal(check("{" GOOD ",\"azp\":\"cli\"}", &policy, NOW), PJWT_OK);
        assert_int_equal(check("{" GOOD ",\"client_id\":\"web\"}", &policy, NOW), PJWT_OK);
        assert_int_equal(check("{" GOOD ",\"azp\":\"other\",\"client_id\":\"web\"}", &policy, NOW),
                         PJWT_BAD_CLIENT);
        assert_int_equal(check("{" GOOD ",\"azp\":null,\"client_id\":\"web\"}", &policy, NOW),
                         PJWT_CLAIM_TYPE);
        assert_int_equal(check("{" GOOD ",\"azp\":[\"cli\"]}", &policy, NOW), PJWT_CLAIM_TYPE);
        assert_int_equal(check("{" GOOD "}", &policy, NOW), PJWT_CLAIM_MISSING);
#undef GOOD
}

static void a_bound_token_is_refused(void **state)
{
        (void)state;
        assert_int_equal(check_with(",\"cnf\":{\"jkt\":\"x\"}"), PJWT_BOUND);
        assert_int_equal(check_with(",\"cnf\":null"), PJWT_BOUND);
        assert_int_equal(check_with(",\"cnf\":{}"), PJWT_BOUND);
}

/* PyJWT's decode: claims that are present are checked. */
static void if_present_checks_what_is_there(void **state)
{
        struct pjwt_claims_policy policy = {.flags = PJWT_IF_PRESENT};

        (void)state;
        assert_int_equal(check("{\"some\":\"payload\"}", &policy, NOW), PJWT_OK);
        assert_int_equal(check("{\"exp\":1700000000}", &policy, NOW), PJWT_EXPIRED);
        assert_int_equal(check("{\"iss\":\"a\"}", &policy, NOW), PJWT_OK);
        assert_int_equal(check("{\"iss\":1}", &policy, NOW), PJWT_CLAIM_TYPE);
        assert_int_equal(check("{\"aud\":\"a\"}", &policy, NOW), PJWT_BAD_AUDIENCE);
        policy.audience = audience;
        assert_int_equal(check("{\"some\":\"payload\"}", &policy, NOW), PJWT_CLAIM_MISSING);
        assert_int_equal(check("{\"aud\":\"ssh://db1\"}", &policy, NOW), PJWT_OK);
        policy.issuer = "urn:foo";
        assert_int_equal(check("{\"aud\":\"ssh://db1\"}", &policy, NOW), PJWT_CLAIM_MISSING);
        assert_int_equal(check("{\"aud\":\"ssh://db1\",\"iss\":\"urn:foo\"}", &policy, NOW), PJWT_OK);
}

static void what_is_skipped_is_not_judged(void **state)
{
        struct pjwt_claims_policy policy = login;

        (void)state;
        policy.flags = PJWT_SKIP_EXP | PJWT_SKIP_AUD | PJWT_SKIP_ISS;
        assert_int_equal(check("{}", &policy, NOW), PJWT_OK);
        assert_int_equal(check("{\"iss\":\"x\",\"aud\":\"y\",\"exp\":1}", &policy, NOW), PJWT_OK);
        assert_int_equal(check("{\"exp\":\"x\"}", &policy, NOW), PJWT_CLAIM_TYPE);
        assert_int_equal(check("{\"aud\":[1]}", &policy, NOW), PJWT_CLAIM_TYPE);
}

static void a_payload_without_claims_is_refused(void **state)
{
        struct pjwt_token token = {0};

        (void)state;
        assert_int_equal(pjwt_claims_check(&token, &login, NOW, NULL, NULL), PJWT_CLAIM_TYPE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_claims_are_accepted),
                cmocka_unit_test(exp_is_required),
                cmocka_unit_test(exp_and_leeway_to_the_second),
                cmocka_unit_test(nbf_and_leeway_to_the_second),
                cmocka_unit_test(iat_and_leeway_to_the_second),
                cmocka_unit_test(fractions_are_rounded_against_the_token),
                cmocka_unit_test(times_that_are_none_are_refused),
                cmocka_unit_test(no_sum_overflows),
                cmocka_unit_test(the_lifetime_is_limited),
                cmocka_unit_test(a_limit_of_the_lifetime_needs_an_end),
                cmocka_unit_test(iss_is_compared_whole),
                cmocka_unit_test(aud_holds_one_of_ours),
                cmocka_unit_test(an_empty_policy_refuses),
                cmocka_unit_test(sub_and_jti_are_strings_with_something_in_them),
                cmocka_unit_test(typ_is_compared_as_a_media_type),
                cmocka_unit_test(required_claims_are_there),
                cmocka_unit_test(the_client_is_listed),
                cmocka_unit_test(a_bound_token_is_refused),
                cmocka_unit_test(if_present_checks_what_is_there),
                cmocka_unit_test(what_is_skipped_is_not_judged),
                cmocka_unit_test(a_payload_without_claims_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
