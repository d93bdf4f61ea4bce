/*
 * Key files, the messages between the caller and the helper, and what the note of a request means to others.
 * See tests/fetch too.
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

#include "fetchlock.h"
#include "fetchwire.h"
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
                                               .note_fd = 3,
                                               .ca_fd = 4,
                                               .bearer_fd = 5};
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
        assert_int_equal(in.note_fd, 3);
        assert_int_equal(in.ca_fd, 4);
        assert_int_equal(in.bearer_fd, 5);
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
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":1,\"ca_fd\":6}",
                "{\"name\":\"x\",\"issuer\":\"https://x\",\"timeout_ms\":1,\"note_fd\":-1}",
                "{\"name\":\"x\",\"timeout_ms\":1}",
                "[]",
        };
        struct pjwt_fetch_request in = {0};

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_not_equal(pjwt_fetch_request_read(bad[i], strlen(bad[i]), &in, NULL), PJWT_OK);
}

static const struct pjwt_fetch_request request = {.name = "acme", .issuer = "https://a", .etag = "e"};

/* A login without keys that began a minute after the request of the note. */
static const struct pjwt_note_question question = {
        .issuer = "https://a", .cool_down_ms = 60000, .started = 1059000};

/* The note of a request that was sent at 1,000,000 ms and ended half a second later. */
static struct pjwt_note note_of(enum pjwt_note_end end)
{
        return (struct pjwt_note){.end = end,
                                  .issuer = "https://a",
                                  .asked_boot_ms = 1000000,
                                  .ends_boot_ms = 1000500,
                                  .reason = PJWT_FETCH_FAILED,
                                  .detail = "no"};
}

static enum pjwt_note_verdict judge(const struct pjwt_note_question *q, enum pjwt_note_end end, int64_t now)
{
        const struct pjwt_note note = note_of(end);

        return pjwt_note_judge(q, &note, now);
}

static void a_failure_counts_for_all_until_the_cool_down_has_elapsed(void **state)
{
        (void)state;
        assert_int_equal(judge(&question, PJWT_NOTE_FAILED, 1059999), PJWT_NOTE_WAIT);
        assert_int_equal(judge(&question, PJWT_NOTE_FAILED, 1060000), PJWT_NOTE_ASK);
}

static void a_request_that_was_cut_short_counts_for_logins_with_keys_only(void **state)
{
        struct pjwt_note_question with_keys = question;

        (void)state; /* RVW-34 */
        with_keys.has_keys = true;
        assert_int_equal(judge(&question, PJWT_NOTE_STARTED, 1059000), PJWT_NOTE_ASK);
        assert_int_equal(judge(&with_keys, PJWT_NOTE_STARTED, 1059999), PJWT_NOTE_WAIT);
        assert_int_equal(judge(&with_keys, PJWT_NOTE_STARTED, 1060000), PJWT_NOTE_ASK);
}

static void keys_count_once_the_cache_holds_them(void **state)
{
        struct pjwt_note_question stored = question, older = question, later_boot = question;

        (void)state;
        stored.cached_boot_ms = 1000000;
        older.cached_boot_ms = 999999;
        later_boot.cached_boot_ms = 9000000;
        assert_int_equal(judge(&stored, PJWT_NOTE_KEYS, 1000600), PJWT_NOTE_WAIT);
        assert_int_equal(judge(&stored, PJWT_NOTE_KEYS, 1060000), PJWT_NOTE_ASK);
        assert_int_equal(judge(&older, PJWT_NOTE_KEYS, 1001499), PJWT_NOTE_BUSY);
        assert_int_equal(judge(&older, PJWT_NOTE_KEYS, 1001500), PJWT_NOTE_ASK);
        assert_int_equal(judge(&question, PJWT_NOTE_KEYS, 1001499), PJWT_NOTE_BUSY);
        assert_int_equal(judge(&later_boot, PJWT_NOTE_KEYS, 1001500), PJWT_NOTE_ASK);
        older.has_keys = true;
        assert_int_equal(judge(&older, PJWT_NOTE_KEYS, 1059999), PJWT_NOTE_WAIT);
}

static void force_counts_only_what_was_asked_for_while_it_waited(void **state)
{
        struct pjwt_note_question force = question;

        (void)state;
        force.force = true;
        assert_int_equal(judge(&force, PJWT_NOTE_FAILED, 1000600), PJWT_NOTE_ASK);
        force.started = 999999;
        assert_int_equal(judge(&force, PJWT_NOTE_FAILED, 1000600), PJWT_NOTE_WAIT);
}

static void a_note_of_another_issuer_setting_or_boot_says_nothing(void **state)
{
        struct pjwt_note other = note_of(PJWT_NOTE_FAILED), discovered = note_of(PJWT_NOTE_FAILED);

        (void)state; /* KEY-25 */
        other.issuer = "https://b";
        discovered.jwks = "https://a/jwks";
        assert_int_equal(pjwt_note_judge(&question, &other, 1000600), PJWT_NOTE_ASK);
        assert_int_equal(pjwt_note_judge(&question, &discovered, 1000600), PJWT_NOTE_ASK);
        assert_int_equal(judge(&question, PJWT_NOTE_FAILED, 5000), PJWT_NOTE_ASK);
}

static void a_note_survives_the_file(void **state)
{
        struct pjwt_note out = note_of(PJWT_NOTE_FAILED), in = {0};
        char *text = NULL;
        size_t len = 0;

        (void)state;
        out.jwks = "https://a/\"\n";
        assert_int_equal(pjwt_note_write(&out, &text, &len, NULL), PJWT_OK);
        assert_int_equal(pjwt_note_parse(text, len, &in, NULL), PJWT_OK);
        assert_int_equal(in.end, PJWT_NOTE_FAILED);
        assert_string_equal(in.issuer, out.issuer);
        assert_string_equal(in.jwks, out.jwks);
        assert_string_equal(in.detail, "no");
        assert_int_equal(in.reason, PJWT_FETCH_FAILED);
        assert_int_equal(in.asked_boot_ms, 1000000);
        assert_int_equal(in.ends_boot_ms, 1000500);
        pjwt_note_clear(&in);
        for (size_t n = 0; n < len; n++) /* one that is truncated anywhere is none */
                assert_int_equal(pjwt_note_parse(text, n, &in, NULL), PJWT_FETCH_FAILED);
        free(text);
}

static void a_lock_names_no_path(void **state)
{
        const struct pjwt_note started = note_of(PJWT_NOTE_STARTED);
        const struct pjwt_fetchlock up = {tempdir, "../x", 0}, hidden = {tempdir, ".x", 7};
        int fd = 7;

        (void)state;
        assert_true(pjwt_fetchlock_take(&up, &question, &started, &fd));
        assert_int_equal(fd, -1);
        assert_true(pjwt_fetchlock_take(&hidden, &question, &started, &fd));
        assert_int_equal(fd, -1);
}

static void a_lock_is_taken_once_for_each_user(void **state)
{
        const struct pjwt_note started = note_of(PJWT_NOTE_STARTED);
        const struct pjwt_fetchlock root = {tempdir, "acme", 0}, alice = {tempdir, "acme", 1000};
        struct pjwt_note note = {0};
        int first = -1, second = -1, third = -1;

        (void)state; /* RVW-33 */
        assert_true(pjwt_fetchlock_take(&alice, &question, &started, &first));
        assert_true(first >= 0);
        assert_false(pjwt_fetchlock_take(&alice, &question, &started, &third));
        assert_int_equal(pjwt_fetchlock_look(&alice, &question, false, &note), PJWT_NOTE_BUSY);
        assert_int_equal(pjwt_fetchlock_look(&root, &question, false, &note), PJWT_NOTE_ASK);
        assert_true(pjwt_fetchlock_take(&root, &question, &started, &second));
        assert_true(second >= 0);
        close(first);
        assert_int_equal(pjwt_fetchlock_look(&alice, &question, false, &note), PJWT_NOTE_BUSY);
        close(second);
}

static void an_answer_survives_the_wire(void **state)
{
        const char keys[] = "{\"keys\":[" EC_KEY "]}";
        struct pjwt_fetch_response in = {0}, out = {.ok = true,
                                                    .issuer = "https://a",
                                                    .source = "https://a/jwks",
                                                    .etag = "e",
                                                    .asked_boot_ms = 1000000};
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
                cmocka_unit_test(a_failure_counts_for_all_until_the_cool_down_has_elapsed),
                cmocka_unit_test(a_request_that_was_cut_short_counts_for_logins_with_keys_only),
                cmocka_unit_test(keys_count_once_the_cache_holds_them),
                cmocka_unit_test(force_counts_only_what_was_asked_for_while_it_waited),
                cmocka_unit_test(a_note_of_another_issuer_setting_or_boot_says_nothing),
                cmocka_unit_test(a_note_survives_the_file),
                FILES(a_lock_names_no_path),
                FILES(a_lock_is_taken_once_for_each_user),
                cmocka_unit_test(an_answer_survives_the_wire),
                cmocka_unit_test(a_helper_fails_by_the_reasons_that_are_its_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
