/*
 * Key files, the messages between the caller and the helper, and when a noted response is shared. See also
 * tests/fetch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetchnote.h"
#include "keycache.h"
#include "secret.h"
#include "tempdir.h"

#define EC_KEY                                                                                               \
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"x\":"                                            \
        "\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","                                                   \
        "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}" /* RFC 7517 appendix A.1 */
#define OCT_KEY                                                                                              \
        "{\"kty\":\"oct\",\"kid\":\"h\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"               \
        "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}" /* RFC 7515 appendix A.1 */

static char path[128], url[160];

static int set_up(void **state)
{
        if (make_tempdir(state) != 0)
                return -1;
        (void)snprintf(path, sizeof(path), "%s/keys", tempdir);
        (void)snprintf(url, sizeof(url), "file://%s", path);
        return 0;
}

static void put(const char *text, mode_t mode)
{
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(path, mode), 0);
}

/* The reason, and the number of usable keys. */
static enum pjwt_reason get(size_t *retcount)
{
        static char name[] = "acme", iss[] = "https://idp.example";
        const struct pjwt_issuer issuer = {.name = name, .issuer = iss, .jwks = url, .timeout = 1};
        const struct pjwt_keycache cache = {.cache_dir = tempdir, .now = 1000};
        struct pjwt_keycache_info info = {0};
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_keycache_get(&cache, &issuer, PJWT_KEYS_REFRESH, &set, &info, &err);

        assert_true(info.from_file);
        assert_false(info.fetched);
        assert_string_equal(info.source, path);
        assert_int_equal(r == PJWT_OK, set != NULL);
        if (r != PJWT_OK)
                assert_non_null(strstr(err.detail, path));
        if (retcount)
                *retcount = set ? set->usable : 0;
        pjwt_keyset_free(set);
        return r;
}

static void a_file_may_hold_a_jwk_a_jwks_or_pem(void **state)
{
        size_t count = 0;

        (void)state;
        put(EC_KEY, 0644);
        assert_int_equal(get(&count), PJWT_OK);
        assert_int_equal(count, 1);
        put("{\"keys\":[" EC_KEY "]}", 0644);
        assert_int_equal(get(&count), PJWT_OK);
        assert_int_equal(count, 1);
        put("-----BEGIN PUBLIC KEY-----\n"
            "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
            "-----END PUBLIC KEY-----\n",
            0644); /* the key of RFC 8037 appendix A.1 */
        assert_int_equal(get(&count), PJWT_OK);
        assert_int_equal(count, 1);
}

static void an_hmac_key_comes_only_from_a_file_that_nobody_else_can_read(void **state)
{
        (void)state;
        put(OCT_KEY, 0600);
        assert_int_equal(get(NULL), PJWT_OK);
        put(OCT_KEY, 0640);
        assert_int_equal(get(NULL), PJWT_FILE_MODE);
        put(OCT_KEY, 0604);
        assert_int_equal(get(NULL), PJWT_FILE_MODE);
        put(EC_KEY, 0644);
        assert_int_equal(get(NULL), PJWT_OK);
}

static void a_set_that_mixes_hmac_and_public_keys_is_refused(void **state)
{
        (void)state;
        put("{\"keys\":[" EC_KEY "," OCT_KEY "]}", 0600);
        assert_int_equal(get(NULL), PJWT_BAD_KEYSET);
}

static void a_key_file_that_others_can_change_is_refused(void **state)
{
        (void)state; /* KEY-29 */
        put(EC_KEY, 0666);
        assert_int_equal(get(NULL), PJWT_FILE_MODE);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(get(NULL), PJWT_FILE_OPEN);
        put("rubbish", 0644);
        assert_int_not_equal(get(NULL), PJWT_OK);
}

static void a_request_survives_the_wire(void **state)
{
        const struct pjwt_fetch_request out = {.name = "acme",
                                               .issuer = "https://idp.example/\"\n",
                                               .jwks = "https://idp.example/jwks",
                                               .etag = "\"v1\"",
                                               .timeout_ms = 4750,
                                               .cool_down_ms = 60000,
                                               .ca_fd = 3,
                                               .bearer_fd = 4,
                                               .wait = true};
        struct pjwt_fetch_request in = {0};
        char *text = NULL;

        (void)state;
        assert_int_equal(pjwt_fetch_request_write(&out, &text, NULL), PJWT_OK);
        assert_int_equal(pjwt_fetch_request_read(text, strlen(text), &in, NULL), PJWT_OK);
        assert_string_equal(in.name, out.name);
        assert_string_equal(in.issuer, out.issuer);
        assert_string_equal(in.jwks, out.jwks);
        assert_string_equal(in.etag, out.etag);
        assert_null(in.proxy);
        assert_int_equal(in.timeout_ms, 4750);
        assert_int_equal(in.cool_down_ms, 60000);
        assert_int_equal(in.ca_fd, 3);
        assert_int_equal(in.bearer_fd, 4);
        assert_true(in.wait);
        assert_false(in.force);
        pjwt_fetch_request_clear(&in);
        pjwt_wipe_free_str(text);
}

static void a_request_that_names_a_path_or_other_descriptors_is_refused(void **state)
{
        static const char *const bad[] = {
                "{\"name\":\"../x\",\"issuer\":\"https://x\",\"timeout_ms\":1}",
                "{\"name\":\".x\",\"issuer\":\"https://x\",\"timeout_ms\":1}",
                "{\"name\":\"\",\"issuer\":\"https://x\",\"timeout_ms\":1}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":0}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":120001}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":\"5\"}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":1,\"ca_fd\":2}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":1,\"ca_fd\":5}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":1,\"cool_down_ms\":-1}",
                "{\"name\":\"x\",\"timeout_ms\":1}",
                "[]",
        };
        struct pjwt_fetch_request in = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_not_equal(pjwt_fetch_request_read(bad[i], strlen(bad[i]), &in, NULL), PJWT_OK);
}

static const struct pjwt_fetch_request request = {
        .name = "acme", .issuer = "https://a", .etag = "e", .cool_down_ms = 60000};

/* The note of a response that was requested at 1,000,000 ms. */
static struct pjwt_fetch_response note_of(bool ok, bool not_modified)
{
        return (struct pjwt_fetch_response){.ok = ok,
                                            .reason = ok ? PJWT_OK : PJWT_FETCH_FAILED,
                                            .detail = "no",
                                            .issuer = "https://a",
                                            .source = "https://a/jwks",
                                            .etag = "e",
                                            .not_modified = not_modified,
                                            .asked_boot_ms = 1000000};
}

static enum pjwt_note judge(struct pjwt_fetch_response note, int64_t started, int64_t now)
{
        return pjwt_fetchnote_judge(&request, &note, started, now);
}

static void a_good_answer_is_shared_for_a_minute_and_no_longer(void **state)
{
        struct pjwt_fetch_request slow = request;
        struct pjwt_fetch_response good = note_of(true, false);

        (void)state;
        slow.cool_down_ms = 600000;
        assert_int_equal(judge(good, 1000001, 1000001), PJWT_NOTE_SHARE);
        assert_int_equal(judge(good, 1059999, 1059999), PJWT_NOTE_SHARE);
        assert_int_equal(judge(good, 1060000, 1060000), PJWT_NOTE_ASK);
        assert_int_equal(pjwt_fetchnote_judge(&slow, &good, 1060000, 1060000), PJWT_NOTE_WAIT);
        assert_int_equal(pjwt_fetchnote_judge(&slow, &good, 1600000, 1600000), PJWT_NOTE_ASK);
}

static void a_failure_waits_for_the_cool_down(void **state)
{
        (void)state;
        assert_int_equal(judge(note_of(false, false), 1000001, 1059999), PJWT_NOTE_WAIT);
        assert_int_equal(judge(note_of(false, false), 1060000, 1060000), PJWT_NOTE_ASK);
}

static void force_shares_only_what_was_asked_for_while_it_waited(void **state)
{
        struct pjwt_fetch_request force = request;
        struct pjwt_fetch_response good = note_of(true, false);

        (void)state;
        force.force = true;
        assert_int_equal(pjwt_fetchnote_judge(&force, &good, 1000001, 1000100), PJWT_NOTE_ASK);
        assert_int_equal(pjwt_fetchnote_judge(&force, &good, 999999, 1000100), PJWT_NOTE_SHARE);
}

static void an_answer_of_another_issuer_setting_or_boot_says_nothing(void **state)
{
        struct pjwt_fetch_response other = note_of(true, false), discovered = note_of(true, false);

        (void)state; /* KEY-25 */
        other.issuer = "https://b";
        discovered.jwks = "https://a/jwks";
        assert_int_equal(judge(other, 1000001, 1000001), PJWT_NOTE_ASK);
        assert_int_equal(judge(discovered, 1000001, 1000001), PJWT_NOTE_ASK);
        assert_int_equal(judge(note_of(true, false), 5000, 5000), PJWT_NOTE_ASK);
}

static void not_modified_says_something_only_to_who_has_the_keys(void **state)
{
        struct pjwt_fetch_request without = request, with_other = request;
        struct pjwt_fetch_response note = note_of(true, true);

        (void)state; /* NET-26 */
        without.etag = NULL;
        with_other.etag = "f";
        assert_int_equal(judge(note, 1000001, 1000001), PJWT_NOTE_SHARE);
        assert_int_equal(pjwt_fetchnote_judge(&without, &note, 1000001, 1000001), PJWT_NOTE_ASK);
        assert_int_equal(pjwt_fetchnote_judge(&with_other, &note, 1000001, 1000001), PJWT_NOTE_ASK);
}

static void an_answer_survives_the_wire(void **state)
{
        const char keys[] = "{\"keys\":[" EC_KEY "]}";
        struct pjwt_fetch_response out = note_of(true, false), in = {0};
        char *text = NULL;
        size_t len = 0;

        (void)state;
        out.keys = keys;
        out.keys_len = sizeof(keys) - 1;
        out.max_age = 600;
        assert_int_equal(pjwt_fetch_response_write(&out, &text, &len, NULL), PJWT_OK);
        assert_int_equal(pjwt_fetch_response_read(text, len, &request, &in, NULL), PJWT_OK);
        assert_int_equal(in.keys_len, sizeof(keys) - 1);
        assert_memory_equal(in.keys, keys, in.keys_len);
        assert_int_equal(in.max_age, 600);
        assert_int_equal(in.asked_boot_ms, 1000000);
        pjwt_fetch_response_clear(&in);
        for (size_t cut = 0; cut < len; cut++) /* a truncated response is invalid */
                assert_int_equal(pjwt_fetch_response_read(text, cut, &request, &in, NULL), PJWT_FETCH_FAILED);
        free(text);
}

static void a_helper_fails_by_the_reasons_that_are_its_own(void **state)
{
        const char lie[] = "{\"ok\":false,\"reason\":\"ok\",\"detail\":\"x\"}\n\n";
        const char other[] = "{\"ok\":false,\"reason\":\"expired\",\"detail\":\"x\"}\n\n";
        const char user[] = "{\"ok\":false,\"reason\":\"no-fetch-user\",\"detail\":\"x\"}\n\n";
        struct pjwt_fetch_response in = {0};

        (void)state; /* PAM-28 */
        assert_int_equal(pjwt_fetch_response_read(lie, sizeof(lie) - 1, &request, &in, NULL),
                         PJWT_FETCH_FAILED);
        assert_int_equal(pjwt_fetch_response_read(other, sizeof(other) - 1, &request, &in, NULL),
                         PJWT_FETCH_FAILED);
        assert_int_equal(pjwt_fetch_response_read(user, sizeof(user) - 1, &request, &in, NULL),
                         PJWT_NO_FETCH_USER);
}

#define FILES(f) cmocka_unit_test_setup_teardown(f, set_up, remove_tempdir)

int main(void)
{
        const struct CMUnitTest tests[] = {
                FILES(a_file_may_hold_a_jwk_a_jwks_or_pem),
                FILES(an_hmac_key_comes_only_from_a_file_that_nobody_else_can_read),
                FILES(a_set_that_mixes_hmac_and_public_keys_is_refused),
                FILES(a_key_file_that_others_can_change_is_refused),
                cmocka_unit_test(a_request_survives_the_wire),
                cmocka_unit_test(a_request_that_names_a_path_or_other_descriptors_is_refused),
                cmocka_unit_test(a_good_answer_is_shared_for_a_minute_and_no_longer),
                cmocka_unit_test(a_failure_waits_for_the_cool_down),
                cmocka_unit_test(force_shares_only_what_was_asked_for_while_it_waited),
                cmocka_unit_test(an_answer_of_another_issuer_setting_or_boot_says_nothing),
                cmocka_unit_test(not_modified_says_something_only_to_who_has_the_keys),
                cmocka_unit_test(an_answer_survives_the_wire),
                cmocka_unit_test(a_helper_fails_by_the_reasons_that_are_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
