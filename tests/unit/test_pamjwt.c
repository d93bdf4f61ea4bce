#include "signing.h"

#include <sys/stat.h>
#include <unistd.h>

#include "pamjwt.h"

#define NOW INT64_C(1700000000)
#define CLAIMS                                                                                               \
        "{\"iss\":\"https://idp.example\",\"aud\":[\"ssh://"                                                 \
        "db1\"],\"exp\":1700000100.5,\"sub\":\"alice\",\"n\":7,"                                             \
        "\"yes\":true,\"groups\":[\"a\",1,\"b\"],\"nothing\":null}"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}"

static EVP_PKEY *pkey;
static char *pem;
static struct pjwt_keyset *keys;

static int make_keys(void **state)
{
        (void)state;
        pkey = new_key("EC", "P-256");
        pem = public_pem(pkey);
        return pjwt_keys_load(pem, strlen(pem), 0, &keys, NULL) == PJWT_OK ? 0 : -1;
}

static int free_keys(void **state)
{
        (void)state;
        pjwt_keys_free(keys);
        free(pem);
        EVP_PKEY_free(pkey);
        return 0;
}

static struct pjwt_checks *login_checks(void)
{
        struct pjwt_checks *checks = pjwt_checks_new();

        assert_non_null(checks);
        assert_int_equal(pjwt_checks_issuer(checks, "https://idp.example"), PJWT_OK);
        assert_int_equal(pjwt_checks_audience(checks, "ssh://db0"), PJWT_OK);
        assert_int_equal(pjwt_checks_audience(checks, "ssh://db1"), PJWT_OK);
        return checks;
}

static enum pjwt_reason decode_at(const struct pjwt_checks *checks, const char *text, int64_t now)
{
        struct pjwt_claims *claims = NULL;
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_decode(keys, checks, text, strlen(text), now, &claims, &err);

        assert_int_equal(r == PJWT_OK, claims != NULL);
        assert_int_equal(err.reason, r == PJWT_OK ? PJWT_UNDECIDED : r);
        pjwt_claims_free(claims);
        return r;
}

static void a_good_token_gives_its_claims(void **state)
{
        struct pjwt_checks *checks = login_checks();
        char *text = signed_token(pkey, "ES256", HEADER, CLAIMS);
        struct pjwt_claims *claims = NULL;
        int64_t n = 0;
        bool yes = false;
        size_t len = 0;

        (void)state;
        assert_int_equal(pjwt_decode(keys, checks, text, strlen(text), NOW, &claims, NULL), PJWT_OK);
        assert_string_equal(pjwt_claims_string(claims, "sub", &len), "alice");
        assert_int_equal(len, 5);
        assert_null(pjwt_claims_string(claims, "n", NULL));
        assert_null(pjwt_claims_string(claims, "absent", NULL));
        assert_true(pjwt_claims_integer(claims, "n", &n));
        assert_int_equal(n, 7);
        assert_false(pjwt_claims_integer(claims, "sub", &n));
        assert_true(pjwt_claims_time(claims, "exp", &n));
        assert_true(n == NOW + 100);
        assert_false(pjwt_claims_time(claims, "sub", &n));
        assert_true(pjwt_claims_boolean(claims, "yes", &yes));
        assert_true(yes);
        assert_false(pjwt_claims_boolean(claims, "n", &yes));
        assert_true(pjwt_claims_has(claims, "yes"));
        assert_false(pjwt_claims_has(claims, "nothing"));
        assert_int_equal(pjwt_claims_list_length(claims, "groups"), 3);
        assert_int_equal(pjwt_claims_list_length(claims, "sub"), 0);
        assert_string_equal(pjwt_claims_list_string(claims, "groups", 2, &len), "b");
        assert_null(pjwt_claims_list_string(claims, "groups", 1, NULL));
        assert_null(pjwt_claims_list_string(claims, "groups", 3, NULL));
        assert_string_equal(pjwt_claims_json(claims, &len), CLAIMS);
        assert_int_equal(len, strlen(CLAIMS));
        assert_string_equal(pjwt_claims_json(claims, NULL), CLAIMS);
        assert_string_equal(pjwt_claims_algorithm(claims), "ES256");
        assert_null(pjwt_claims_key_id(claims));
        assert_string_equal(pjwt_claims_header_string(claims, "typ", NULL), "at+jwt");
        pjwt_claims_free(claims);
        pjwt_claims_free(NULL);
        pjwt_checks_free(checks);
        pjwt_checks_free(NULL);
        free(text);
}

static void new_checks_refuse_every_token(void **state)
{
        struct pjwt_checks *checks = pjwt_checks_new();
        char *text = signed_token(pkey, "ES256", HEADER, CLAIMS);

        (void)state;
        assert_int_equal(decode_at(checks, text, NOW), PJWT_BAD_ISSUER);
        assert_int_equal(pjwt_checks_issuer(checks, "https://idp.example"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_BAD_AUDIENCE);
        assert_int_equal(pjwt_checks_skip(checks, PJWT_NO_AUD), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_OK);
        pjwt_checks_free(checks);
        free(text);
}

static void each_check_is_made(void **state)
{
        struct pjwt_checks *checks = login_checks();
        char *text = signed_token(pkey, "ES256", HEADER, CLAIMS);

        (void)state;
        assert_int_equal(decode_at(checks, text, NOW + 100), PJWT_EXPIRED);
        assert_int_equal(pjwt_checks_leeway(checks, 1), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW + 100), PJWT_OK);
        assert_int_equal(pjwt_checks_max_lifetime(checks, 50), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_LIFETIME);
        assert_int_equal(pjwt_checks_max_lifetime(checks, 5000), PJWT_OK);
        assert_int_equal(pjwt_checks_type(checks, "JWT"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_BAD_TYP);
        assert_int_equal(pjwt_checks_type(checks, "at+jwt"), PJWT_OK);
        assert_int_equal(pjwt_checks_subject(checks, "bob"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_BAD_SUBJECT);
        assert_int_equal(pjwt_checks_subject(checks, "alice"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_OK);
        assert_int_equal(pjwt_checks_algorithm(checks, "RS256"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_ALG_NOT_ALLOWED);
        assert_int_equal(pjwt_checks_algorithm(checks, "ES256"), PJWT_OK);
        assert_int_equal(pjwt_checks_require(checks, "jti"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_CLAIM_MISSING);
        pjwt_checks_free(checks);
        checks = login_checks();
        assert_int_equal(pjwt_checks_client(checks, "cli"), PJWT_OK);
        assert_int_equal(decode_at(checks, text, NOW), PJWT_CLAIM_MISSING);
        pjwt_checks_free(checks);
        text[strlen(text) - 4] ^= 1;
        checks = login_checks();
        assert_int_not_equal(decode_at(checks, text, NOW), PJWT_OK);
        pjwt_checks_free(checks);
        free(text);
}

/* CLM-15, PAM-11 */
static void values_that_make_no_sense_are_refused(void **state)
{
        struct pjwt_checks *checks = pjwt_checks_new();

        (void)state;
        assert_int_equal(pjwt_checks_issuer(checks, ""), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_issuer(checks, NULL), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_audience(checks, ""), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_algorithm(checks, "none"), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_algorithm(checks, NULL), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_leeway(checks, -1), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_max_lifetime(checks, 0), PJWT_CONFIG);
        assert_int_equal(pjwt_checks_skip(checks, 64), PJWT_CONFIG);
        pjwt_checks_free(checks);
}

static void hmac_only_when_named(void **state)
{
        struct pjwt_checks *checks = pjwt_checks_new();
        struct pjwt_keyset *secret = NULL;
        struct pjwt_claims *claims = NULL;
        char *text = hmac_token("SHA256", "0123456789abcdef0123456789abcdef", 32, "{\"alg\":\"HS256\"}",
                                "{\"a\":1}");

        (void)state;
        assert_int_equal(pjwt_keys_load_secret("short", 5, 0, &secret, NULL), PJWT_BAD_KEYSET);
        assert_int_equal(pjwt_keys_load_secret("short", 5, PJWT_LOAD_WEAK, &secret, NULL), PJWT_OK);
        pjwt_keys_free(secret);
        assert_int_equal(pjwt_keys_load_secret("0123456789abcdef0123456789abcdef", 32, 0, &secret, NULL),
                         PJWT_OK);
        assert_int_equal(pjwt_checks_skip(checks, PJWT_OPTIONAL), PJWT_OK);
        assert_int_equal(pjwt_decode(secret, checks, text, strlen(text), NOW, &claims, NULL),
                         PJWT_ALG_NOT_ALLOWED);
        assert_int_equal(pjwt_checks_algorithm(checks, "HS256"), PJWT_OK);
        assert_int_equal(pjwt_decode(secret, checks, text, strlen(text), NOW, &claims, NULL), PJWT_OK);
        pjwt_claims_free(claims);
        pjwt_checks_free(checks);
        pjwt_keys_free(secret);
        free(text);
}

static void keys_say_what_is_wrong_with_them(void **state)
{
        static const char jwks[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"f83OJ"
                                   "3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LN"
                                   "pXW6pCyStikYjKIWI5a0\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"b\","
                                   "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"f83OJ3D2xF"
                                   "1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}]}";
        struct pjwt_keyset *set = NULL;
        const char *note = NULL;

        (void)state;
        assert_int_equal(pjwt_keys_load(jwks, strlen(jwks), PJWT_LOAD_PUBLIC, &set, NULL), PJWT_OK);
        assert_int_equal(pjwt_keys_count(set), 2);
        assert_int_equal(pjwt_keys_fault(set, 0, &note), PJWT_OK);
        assert_string_equal(note, "");
        assert_int_equal(pjwt_keys_fault(set, 1, &note), PJWT_BAD_KEY);
        assert_non_null(strstr(note, "not on the curve"));
        assert_int_equal(pjwt_keys_fault(set, 1, NULL), PJWT_BAD_KEY);
        assert_int_equal(pjwt_keys_fault(set, 2, &note), PJWT_UNDECIDED);
        pjwt_keys_free(set);
        pjwt_keys_free(NULL);
        assert_int_equal(pjwt_keys_load("{}", 2, 0, &set, NULL), PJWT_BAD_KEYSET);
}

static void the_kid_of_the_key_is_told(void **state)
{
        static const char secret[] = "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k1\",\"k\":\"MDEyMzQ1Njc4OWFiY2R"
                                     "lZjAxMjM0NTY3ODlhYmNkZWY\"}]}";
        struct pjwt_checks *checks = pjwt_checks_new();
        struct pjwt_keyset *set = NULL;
        struct pjwt_claims *claims = NULL;
        char *text = hmac_token("SHA256", "0123456789abcdef0123456789abcdef", 32,
                                "{\"alg\":\"HS256\",\"kid\":\"k1\"}", "{}");

        (void)state;
        assert_int_equal(pjwt_keys_load(secret, strlen(secret), 0, &set, NULL), PJWT_OK);
        assert_int_equal(pjwt_checks_skip(checks, PJWT_OPTIONAL), PJWT_OK);
        assert_int_equal(pjwt_checks_algorithm(checks, "HS256"), PJWT_OK);
        assert_int_equal(pjwt_decode(set, checks, text, strlen(text), NOW, &claims, NULL), PJWT_OK);
        assert_string_equal(pjwt_claims_key_id(claims), "k1");
        pjwt_claims_free(claims);
        assert_int_equal(pjwt_checks_max_lifetime(checks, 100), PJWT_OK); /* RVW-07 */
        assert_int_equal(pjwt_decode(set, checks, text, strlen(text), NOW, &claims, NULL),
                         PJWT_CLAIM_MISSING);
        pjwt_checks_free(checks);
        pjwt_keys_free(set);
        free(text);
}

static void key_files_belong_to_us(void **state)
{
        char directory[] = "/tmp/pjwt-test-XXXXXX", path[64];
        struct pjwt_keyset *set = NULL;
        FILE *f;

        (void)state;
        assert_non_null(mkdtemp(directory));
        (void)snprintf(path, sizeof(path), "%s/key.pem", directory);
        assert_int_equal(pjwt_keys_load_file(path, 0, &set, NULL), PJWT_FILE_OPEN);
        f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(pem, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(path, 0644), 0);
        assert_int_equal(pjwt_keys_load_file(path, 0, &set, NULL), PJWT_OK);
        pjwt_keys_free(set);
        assert_int_equal(chmod(path, 0666), 0);
        assert_int_equal(pjwt_keys_load_file(path, 0, &set, NULL), PJWT_FILE_MODE);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(directory), 0);
}

static void an_unverified_token_shows_what_it_claims(void **state)
{
        char *text = unsigned_token("{\"alg\":\"none\",\"kid\":\"k\"}", "{\"iss\":\"x\",\"n\":1}", 0);
        struct pjwt_unverified *u = NULL;
        size_t len = 0;

        (void)state;
        assert_int_equal(pjwt_unverified_parse(text, strlen(text), &u, NULL), PJWT_OK);
        assert_string_equal(pjwt_unverified_claim(u, "iss", &len), "x");
        assert_int_equal(len, 1);
        assert_null(pjwt_unverified_claim(u, "n", NULL));
        assert_string_equal(pjwt_unverified_header(u, "alg", NULL), "none");
        pjwt_unverified_free(u);
        pjwt_unverified_free(NULL);
        assert_int_equal(pjwt_unverified_parse("abc", 3, &u, NULL), PJWT_MALFORMED);
        free(text);
}

static void header_and_library_are_of_one_version(void **state)
{
        (void)state;
        assert_string_equal(pjwt_version(), PJWT_VERSION);
        assert_true(PJWT_VERSION[0] >= '0' && PJWT_VERSION[0] <= '9');
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_good_token_gives_its_claims),
                cmocka_unit_test(new_checks_refuse_every_token),
                cmocka_unit_test(each_check_is_made),
                cmocka_unit_test(values_that_make_no_sense_are_refused),
                cmocka_unit_test(hmac_only_when_named),
                cmocka_unit_test(keys_say_what_is_wrong_with_them),
                cmocka_unit_test(the_kid_of_the_key_is_told),
                cmocka_unit_test(key_files_belong_to_us),
                cmocka_unit_test(an_unverified_token_shows_what_it_claims),
                cmocka_unit_test(header_and_library_are_of_one_version),
        };

        return cmocka_run_group_tests(tests, make_keys, free_keys);
}
