#include "signing.h"

static enum pjwt_reason parse(const char *text, size_t len, unsigned flags, struct pjwt_token **ret,
                              struct pjwt_error *err)
{
        char *tight = malloc(len ? len : 1);
        enum pjwt_reason r;

        assert_non_null(tight);
        memcpy(tight, text, len);
        r = pjwt_token_parse(tight, len, flags, ret, err);
        free(tight);
        return r;
}

static void assert_refused_as(const char *text, unsigned flags, enum pjwt_reason reason)
{
        struct pjwt_token *token = (struct pjwt_token *)0x1;
        struct pjwt_error err = {0};
        enum pjwt_reason r = parse(text, strlen(text), flags, &token, &err);

        if (r != reason)
                fail_msg("%.200s: %s (%s) instead of %s", text, pjwt_reason_name(r), err.detail,
                         pjwt_reason_name(reason));
        assert_ptr_equal(token, (struct pjwt_token *)0x1);
        assert_int_equal(err.reason, reason);
        assert_int_not_equal(err.detail[0], '\0');
}

static void assert_header(const char *header, enum pjwt_reason reason)
{
        char *text = unsigned_token(header, "{}", 64);
        struct pjwt_token *token = NULL;
        struct pjwt_error err = {0};
        enum pjwt_reason r = parse(text, strlen(text), 0, &token, &err);

        if (r != reason)
                fail_msg("%.200s: %s (%s) instead of %s", header, pjwt_reason_name(r), err.detail,
                         pjwt_reason_name(reason));
        pjwt_token_free(token);
        free(text);
}

static void a_token_is_taken_apart(void **state)
{
        char *text = unsigned_token("{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"JWT\"}",
                                    "{\"sub\":\"alice\",\"n\":1}", 64);
        struct pjwt_token *token = parsed_token(text);
        size_t len = 0;

        (void)state;
        assert_string_equal(token->text, text);
        assert_int_equal(token->text_len, strlen(text));
        assert_int_equal(token->signing_input_len, strrchr(text, '.') - text);
        assert_memory_equal(token->payload, "{\"sub\":\"alice\",\"n\":1}", token->payload_len);
        assert_int_equal(token->payload_len, 21);
        assert_int_equal(token->signature_len, 64);
        assert_string_equal(token->alg->name, "ES256");
        assert_string_equal(token->kid, "k1");
        assert_int_equal(token->kid_len, 2);
        assert_string_equal(token->typ, "JWT");
        assert_int_equal(token->typ_len, 3);
        assert_string_equal(pjwt_token_claim(token, "sub", &len), "alice");
        assert_int_equal(len, 5);
        assert_null(pjwt_token_claim(token, "n", &len));
        assert_null(pjwt_token_claim(token, "absent", &len));
        pjwt_token_free(token);
        pjwt_token_free(NULL);
        free(text);
}

/* PRS-01, PRS-02, HDR-19 */
static void there_are_three_parts(void **state)
{
        static const char *const bad[] = {"",
                                          ".",
                                          "..",
                                          "...",
                                          "e30",
                                          "e30.e30",
                                          "e30.e30.",
                                          ".e30.AA",
                                          "..AA",
                                          "e30.e30.AA.",
                                          "e30.e30.AA.AA",
                                          ".e30.e30.AA",
                                          "e30.e30.AA.AA.AA"};
        static char dots[PJWT_TOKEN_MAX + 1];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct pjwt_token *token = NULL;

                assert_int_not_equal(parse(bad[i], strlen(bad[i]), 0, &token, NULL), PJWT_OK);
        }
        assert_refused_as("e30.e30.AA.AA.AA", 0, PJWT_MALFORMED);
        assert_refused_as("e30.e30", 0, PJWT_MALFORMED);
        memset(dots, '.', PJWT_TOKEN_MAX);
        assert_refused_as(dots, 0, PJWT_MALFORMED);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9..AA", 0, PJWT_MALFORMED);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30.", 0, PJWT_MALFORMED);
}

/* HDR-16, HDR-24, PRS-16 */
static void the_length_is_limited(void **state)
{
        char *text = malloc(PJWT_TOKEN_MAX + 2);
        char *head = signing_input("{\"alg\":\"RS256\"}", "{}");
        size_t n = strlen(head);
        struct pjwt_token *token = NULL;

        (void)state;
        memcpy(text, head, n);
        text[n] = '.';
        memset(text + n + 1, 'A', PJWT_TOKEN_MAX + 1 - n - 1);
        text[PJWT_TOKEN_MAX + 1] = '\0';
        assert_refused_as(text, 0, PJWT_TOO_LONG);
        text[PJWT_TOKEN_MAX] = '\0';
        if ((PJWT_TOKEN_MAX - n - 1) % 4 == 1)
                text[PJWT_TOKEN_MAX - 1] = '\0';
        assert_int_equal(parse(text, strlen(text), 0, &token, NULL), PJWT_OK);
        pjwt_token_free(token);
        free(head);
        free(text);
}

/* PRS-03 to PRS-08 */
static void parts_are_strict_base64url(void **state)
{
        (void)state;
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30=.AA", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9=.e30.AA", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30.AA==", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30.AB", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30.A", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30.+/", 0, PJWT_BAD_BASE64URL);
        assert_refused_as(" eyJhbGciOiJFUzI1NiJ9.e30.AA", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e30.AA\n", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e 30.AA", 0, PJWT_BAD_BASE64URL);
        assert_refused_as("eyJhbGciOiJFUzI1NiJ9.e\xc3\xa9.AA", 0, PJWT_BAD_BASE64URL);
}

/* PRS-09, HDR-12: the JSON serialization uses other characters. */
static void json_serialization_is_refused(void **state)
{
        (void)state;
        assert_refused_as("{\"payload\":\"e30\",\"protected\":\"e30\",\"signature\":\"AA\"}", 0,
                          PJWT_MALFORMED);
        assert_refused_as("{\"a.b\":1,\"protected\":\"e30.\"}", 0, PJWT_BAD_BASE64URL);
}

/* PRS-10, HDR-23 */
static void header_and_payload_are_json_objects(void **state)
{
        static const char *const others[] = {"[]", "1", "\"a\"", "null", "{", "{}x", "\xff"};

        (void)state;
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
                char *text = unsigned_token("{\"alg\":\"ES256\"}", others[i], 64);

                assert_refused_as(text, 0, PJWT_BAD_JSON);
                free(text);
                text = unsigned_token(others[i], "{}", 64);
                assert_refused_as(text, 0, PJWT_BAD_JSON);
                free(text);
        }
}

/* HDR-01 to HDR-04 */
static void an_unknown_alg_is_refused(void **state)
{
        static const char *const names[] = {"none",   "None",  "NONE",     "nOnE", "n\\u006fne",
                                            "none ",  " none", "",         "foo",  "HS1",
                                            "RS256 ", "rs256", "RSA-OAEP", "dir"};
        char header[64];

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                char *text;

                (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", names[i]);
                assert_header(header, PJWT_ALG_UNKNOWN);
                text = unsigned_token(header, "{}", 0);
                assert_refused_as(text, 0, PJWT_ALG_UNKNOWN);
                free(text);
        }
        assert_header("{\"alg\":\"none\\u0000\"}", PJWT_BAD_JSON);
}

/* HDR-05 */
static void alg_is_a_string(void **state)
{
        (void)state;
        assert_header("{}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":null}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":256}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":[\"ES256\"]}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":{\"ES256\":1}}", PJWT_BAD_HEADER);
        assert_header("{\"Alg\":\"ES256\"}", PJWT_BAD_HEADER);
}

/* HDR-11, PRS-11 */
static void alg_stands_once(void **state)
{
        (void)state;
        assert_header("{\"alg\":\"ES256\",\"alg\":\"none\"}", PJWT_BAD_JSON);
        assert_header("{\"alg\":\"ES256\",\"\\u0061lg\":\"HS256\"}", PJWT_BAD_JSON);
}

/* HDR-13, HDR-14 */
static void what_crit_demands_is_refused(void **state)
{
        (void)state;
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"unknown\"],\"unknown\":true}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"alg\"]}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[]}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":null}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":\"b64\",\"b64\":true}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":{\"b64\":1},\"b64\":true}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[1]}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[null]}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"\"],\"\":1}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"b64\",\"b64\"],\"b64\":true}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"b64\",\"x\"],\"b64\":true,\"x\":1}", PJWT_BAD_CRIT);
        assert_header("{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":true}", PJWT_OK);
}

/* HDR-15 */
static void b64_is_true_or_absent(void **state)
{
        (void)state;
        assert_header("{\"alg\":\"ES256\",\"b64\":true}", PJWT_OK);
        assert_header("{\"alg\":\"ES256\",\"b64\":false}", PJWT_BAD_B64);
        assert_header("{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}", PJWT_BAD_B64);
        assert_header("{\"alg\":\"ES256\",\"b64\":\"false\"}", PJWT_BAD_B64);
        assert_header("{\"alg\":\"ES256\",\"b64\":\"true\"}", PJWT_BAD_B64);
        assert_header("{\"alg\":\"ES256\",\"b64\":null}", PJWT_BAD_B64);
        assert_header("{\"alg\":\"ES256\",\"b64\":1}", PJWT_BAD_B64);
}

/* HDR-17, HDR-18 */
static void nothing_is_nested_or_inflated(void **state)
{
        (void)state;
        assert_header("{\"alg\":\"ES256\",\"zip\":\"DEF\"}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"zip\":null}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"cty\":\"JWT\"}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"cty\":\"jwt\"}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"cty\":\"Application/JWT\"}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"cty\":1}", PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"cty\":\"json\"}", PJWT_OK);
}

/* HDR-22, KEY-08 */
static void kid_and_typ_are_strings(void **state)
{
        static const char *const bad[] = {"1", "null", "true", "[\"a\"]", "{\"a\":1}"};
        char header[2048], kid[1100];

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                (void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":%s}", bad[i]);
                assert_header(header, PJWT_BAD_HEADER);
                (void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"typ\":%s}", bad[i]);
                assert_header(header, PJWT_BAD_HEADER);
        }
        assert_header("{\"alg\":\"ES256\",\"kid\":\"\"}", PJWT_BAD_HEADER);
        memset(kid, 'k', sizeof(kid));
        (void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%.1024s\"}", kid);
        assert_header(header, PJWT_OK);
        (void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%.1025s\"}", kid);
        assert_header(header, PJWT_BAD_HEADER);
        assert_header("{\"alg\":\"ES256\",\"kid\":\"a\\u0000b\"}", PJWT_BAD_JSON);
}

/* KEY-01 to KEY-04: they have no effect, whatever their value. */
static void keys_in_the_header_are_not_looked_at(void **state)
{
        (void)state;
        assert_header("{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"\"},\"jku\":\"http://x\",\"x5u\":"
                      "1,\"x5c\":[],\"x5t\":null}",
                      PJWT_OK);
}

/* There is room for the NUL after the payload, whatever the payload's length. */
static void a_nul_stands_behind_the_payload(void **state)
{
        unsigned char signature[64];
        char payload[32];

        (void)state;
        memset(signature, 0x5a, sizeof(signature));
        for (int n = 0; n < 12; n++) {
                struct pjwt_token *token;
                char *text;

                (void)snprintf(payload, sizeof(payload), "{\"a\":%.*s1}", n, "            ");
                text = with_signature(signing_input("{\"alg\":\"ES256\"}", payload), signature,
                                      sizeof(signature));
                token = parsed_token(text);
                assert_string_equal((const char *)token->payload, payload);
                assert_int_equal(token->signature_len, sizeof(signature));
                assert_memory_equal(token->signature, signature, sizeof(signature));
                pjwt_token_free(token);
                free(text);
        }
}

static void any_payload_when_asked(void **state)
{
        char *text = unsigned_token("{\"alg\":\"ES256\",\"cty\":\"JWT\"}", "It's a dangerous business", 64);
        struct pjwt_token *token = NULL;

        (void)state;
        assert_int_equal(parse(text, strlen(text), PJWT_TOKEN_ANY_PAYLOAD, &token, NULL), PJWT_OK);
        assert_null(token->claims);
        assert_int_equal(token->payload_len, 25);
        assert_null(pjwt_token_claim(token, "sub", NULL));
        pjwt_token_free(token);
        free(text);
        text = unsigned_token("{\"alg\":\"ES256\"}", "", 64);
        assert_int_equal(parse(text, strlen(text), PJWT_TOKEN_ANY_PAYLOAD, &token, NULL), PJWT_OK);
        assert_int_equal(token->payload_len, 0);
        pjwt_token_free(token);
        free(text);
}

static void any_alg_when_asked(void **state)
{
        char *text = unsigned_token("{\"alg\":\"none\"}", "{\"a\":1}", 0);
        struct pjwt_token *token = NULL;

        (void)state;
        assert_int_equal(parse(text, strlen(text), PJWT_TOKEN_ANY_ALG, &token, NULL), PJWT_OK);
        assert_null(token->alg);
        pjwt_token_free(token);
        free(text);
}

/* PRS-21 */
static void tokens_of_every_length_around_the_borders(void **state)
{
        static const size_t borders[] = {511, 512, 1023, 1024, 4095, 4096, 8191, 8192};
        char payload[8192];

        (void)state;
        for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++) {
                size_t room = borders[i] * 3 / 4 - 100;

                for (size_t n = room; n < room + 100; n++) {
                        char *text;

                        (void)snprintf(payload, sizeof(payload), "{\"a\":\"%*s\"}", (int)n, "x");
                        text = unsigned_token("{\"alg\":\"ES256\"}", payload, 64);
                        pjwt_token_free(parsed_token(text));
                        free(text);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_token_is_taken_apart),
                cmocka_unit_test(there_are_three_parts),
                cmocka_unit_test(the_length_is_limited),
                cmocka_unit_test(parts_are_strict_base64url),
                cmocka_unit_test(json_serialization_is_refused),
                cmocka_unit_test(header_and_payload_are_json_objects),
                cmocka_unit_test(an_unknown_alg_is_refused),
                cmocka_unit_test(alg_is_a_string),
                cmocka_unit_test(alg_stands_once),
                cmocka_unit_test(what_crit_demands_is_refused),
                cmocka_unit_test(b64_is_true_or_absent),
                cmocka_unit_test(nothing_is_nested_or_inflated),
                cmocka_unit_test(kid_and_typ_are_strings),
                cmocka_unit_test(keys_in_the_header_are_not_looked_at),
                cmocka_unit_test(a_nul_stands_behind_the_payload),
                cmocka_unit_test(any_payload_when_asked),
                cmocka_unit_test(any_alg_when_asked),
                cmocka_unit_test(tokens_of_every_length_around_the_borders),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
