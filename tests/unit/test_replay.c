#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay.h"

#define NOW  1700000000
#define BOOT 1699990000

static int make_dir(void **state)
{
        char *dir = strdup("/tmp/pjwt-replay-XXXXXX");

        assert_non_null(mkdtemp(dir));
        *state = dir;
        return 0;
}

static int drop_dir(void **state)
{
        char command[128];

        (void)snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
        assert_int_equal(system(command), 0);
        free(*state);
        return 0;
}

/* A directory inside the test's own one, so that the code must create it. */
static struct pjwt_replay store_in(const char *dir, char path[128])
{
        (void)snprintf(path, 128, "%s/pam_jwt", dir);
        return (struct pjwt_replay){.run_dir = path, .boot = BOOT};
}

static enum pjwt_reason use(const struct pjwt_replay *replay, const char *name, int64_t until, int64_t now)
{
        struct pjwt_error err = {0};
        enum pjwt_reason reason = pjwt_replay_use(replay, name, now - 10, until, 30, now, &err);

        assert_int_equal(err.reason, reason == PJWT_OK ? PJWT_UNDECIDED : reason);
        return reason;
}

#define A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

static void a_token_counts_once(void **state) /* CLM-17 */
{
        char path[128];
        struct pjwt_replay store = store_in(*state, path);

        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_REPLAYED);
        assert_int_equal(use(&store, A, NOW + 300, NOW + 299), PJWT_REPLAYED);
        assert_int_equal(use(&store, B, NOW + 300, NOW), PJWT_OK);
}

static void looking_records_nothing(void **state)
{
        char path[128];
        struct pjwt_replay store = store_in(*state, path);
        struct stat st;

        store.look_only = true;
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        assert_int_not_equal(stat(path, &st), 0);
        store.look_only = false;
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        store.look_only = true;
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_REPLAYED);
}

static void of_many_processes_one_gets_through(void **state)
{
        char path[128];
        struct pjwt_replay store = store_in(*state, path);
        pid_t pids[20];
        int through = 0;

        for (int i = 0; i < 20; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        struct pjwt_error err = {0};

                        _exit(pjwt_replay_use(&store, A, NOW - 10, NOW + 300, 30, NOW, &err) == PJWT_OK ? 1
                              : err.reason == PJWT_REPLAYED                                             ? 0
                                                                                                        : 2);
                }
        }
        for (int i = 0; i < 20; i++) {
                int status = 0;

                assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
                assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
                through += WEXITSTATUS(status);
        }
        assert_int_equal(through, 1);
}

static int records(const char *path)
{
        char used[160];
        DIR *dir;
        int count = 0;

        (void)snprintf(used, sizeof(used), "%s/used", path);
        dir = opendir(used);
        assert_non_null(dir);
        for (struct dirent *entry; (entry = readdir(dir));)
                count += entry->d_name[0] != '.';
        (void)closedir(dir);
        return count;
}

static void records_are_swept_when_their_tokens_are_long_over(void **state)
{
        char path[128];
        struct pjwt_replay store = store_in(*state, path);

        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        assert_int_equal(use(&store, B, NOW + 90000, NOW + 3000), PJWT_OK);
        assert_int_equal(records(path), 2);
        assert_int_equal(use(&store, "CCC", NOW + 90000, NOW + 300 + 3601), PJWT_OK);
        assert_int_equal(records(path), 2); /* A has been removed, B and C exist */
        assert_int_equal(use(&store, B, NOW + 90000, NOW + 300 + 3700), PJWT_REPLAYED);
}

static void a_token_from_before_the_boot_does_not_count(void **state) /* REV-12 */
{
        char path[128];
        struct pjwt_replay store = store_in(*state, path);
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_replay_use(&store, A, BOOT - 1, NOW + 300, 30, NOW, &err), PJWT_REPLAYED);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_replay_use(&store, A, BOOT + 29, NOW + 300, 30, NOW, &err), PJWT_REPLAYED);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_replay_use(&store, A, BOOT + 30, NOW + 300, 30, NOW, &err), PJWT_OK);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_replay_use(&store, B, 0, NOW + 300, 30, NOW, &err), PJWT_CLAIM_MISSING);
        store.boot = 0;
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_replay_use(&store, B, NOW, NOW + 300, 30, NOW, &err), PJWT_NO_STORE);
}

static void without_a_store_nothing_counts(void **state)
{
        char path[128], used[160], elsewhere[160];
        struct pjwt_replay store = store_in(*state, path), none = {.boot = BOOT};

        assert_int_equal(use(&none, A, NOW + 300, NOW), PJWT_NO_STORE);
        (void)snprintf(used, sizeof(used), "%s/used", path);
        (void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", (char *)*state);
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(mkdir(elsewhere, 0755), 0);
        assert_int_equal(symlink(elsewhere, used), 0); /* a symbolic link is not followed */
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_NO_STORE);
        assert_int_equal(unlink(used), 0);
        assert_int_equal(mkdir(used, 0777), 0);
        assert_int_equal(chmod(used, 0777), 0);
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_NO_STORE);
        assert_int_equal(chmod(used, 0700), 0);
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        store.run_dir = "/proc/pam_jwt";
        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_NO_STORE);
}

/* REV-08: the umask of the user who runs sudo. */
static void the_callers_umask_does_not_matter(void **state)
{
        char path[128], used[160];
        struct pjwt_replay store = store_in(*state, path);
        mode_t old = umask(0);
        struct stat st;

        assert_int_equal(use(&store, A, NOW + 300, NOW), PJWT_OK);
        (void)umask(old);
        (void)snprintf(used, sizeof(used), "%s/used", path);
        assert_int_equal(stat(used, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
}

static void name_of(const char *issuer, const char *claims, const char *text, size_t input,
                    char ret[PJWT_REPLAY_NAME])
{
        char copy[64];
        struct pjwt_token token = {.text = strcpy(copy, text), .signing_input_len = input};
        struct pjwt_error err = {0};

        assert_int_equal(pjwt_json_parse_object(claims, strlen(claims), "claims", &token.claims, &err),
                         PJWT_OK);
        assert_int_equal(pjwt_replay_name(NULL, issuer, &token, ret, &err), PJWT_OK);
        assert_int_equal(strlen(ret), PJWT_REPLAY_NAME - 1);
        json_object_put(token.claims);
}

static void a_name_is_of_the_issuer_and_jti_or_of_the_signing_input(void **state) /* SIG-07, CLM-25, REV-12 */
{
        char one[PJWT_REPLAY_NAME], two[PJWT_REPLAY_NAME];

        (void)state;
        name_of("a", "{\"jti\":\"x\"}", "h.p.s", 3, one);
        name_of("a", "{\"jti\":\"x\"}", "i.q.t", 3, two);
        assert_string_equal(one, two);
        name_of("b", "{\"jti\":\"x\"}", "h.p.s", 3, two);
        assert_string_not_equal(one, two);
        name_of("a", "{\"jti\":\"y\"}", "h.p.s", 3, two);
        assert_string_not_equal(one, two);
        name_of("a", "{}", "h.p.s", 3, one);
        name_of("a", "{}", "h.p.twin", 3, two); /* the same words under the other valid ECDSA signature */
        assert_string_equal(one, two);
        name_of("a", "{}", "h.q.s", 3, two);
        assert_string_not_equal(one, two);
        name_of("a", "{\"jti\":\"h.p\"}", "x.y.z", 3, two); /* a jti that looks like a signing input */
        assert_string_not_equal(one, two);
        name_of("a", "{\"jti\":\"\"}", "h.p.s", 3, two);
        assert_string_equal(one, two);
}

static void the_boot_is_in_the_past(void **state)
{
        int64_t now = time(NULL), boot = pjwt_replay_boot(now);

        (void)state;
        assert_true(boot > 0);
        assert_true(boot <= now);
        /* The clock may have advanced between the two. */
        assert_in_range(pjwt_replay_boot(now + 1000) - boot, 999, 1000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_token_counts_once, make_dir, drop_dir),
                cmocka_unit_test_setup_teardown(looking_records_nothing, make_dir, drop_dir),
                cmocka_unit_test_setup_teardown(of_many_processes_one_gets_through, make_dir, drop_dir),
                cmocka_unit_test_setup_teardown(records_are_swept_when_their_tokens_are_long_over, make_dir,
                                                drop_dir),
                cmocka_unit_test_setup_teardown(a_token_from_before_the_boot_does_not_count, make_dir,
                                                drop_dir),
                cmocka_unit_test_setup_teardown(without_a_store_nothing_counts, make_dir, drop_dir),
                cmocka_unit_test_setup_teardown(the_callers_umask_does_not_matter, make_dir, drop_dir),
                cmocka_unit_test(a_name_is_of_the_issuer_and_jti_or_of_the_signing_input),
                cmocka_unit_test(the_boot_is_in_the_past),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
