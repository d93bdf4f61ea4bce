/*
 * The login record (design section 7; attacks REV-05, REV-06, REV-08): who can use it, who cannot, and what
 * remains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recordstore.h"
#include "recordsweep.h"
#include "secret.h"
#include "tempdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW 1700000000

static struct pjwt_error err;

/* The record's strings are writable, since it owns them; these are only borrowed. */
static char *lent(const char *text)
{
        return (char *)(uintptr_t)text;
}

static struct pjwt_record sample(void)
{
        return (struct pjwt_record){
                .user = lent("alice"),
                .uid = 1500,
                .service = lent("sshd"),
                .rhost = lent("192.0.2.7"),
                .issuer = lent("acme"),
                .grant = lent("staff"),
                .iss = lent("https://idp.test/\"quoted\""),
                .sub = lent("f3\xc3\xa9"),
                .alg = lent("ES256"),
                .claims = lent("{\"sub\":\"f3\xc3\xa9\",\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"),
                .since = NOW,
                .exp = NOW + 300,
                .until = NOW + 330,
                .session_until_exp = true,
                .session_before = 4,
        };
}

static int make_run_dir(void **state)
{
        err = (struct pjwt_error){0};
        return make_tempdir(state);
}

static struct pjwt_process self(void)
{
        struct pjwt_process process = {0};

        assert_true(pjwt_process_of(getpid(), &process));
        return process;
}

static void put(struct pjwt_process process, int64_t now)
{
        struct pjwt_record record = sample();

        assert_int_equal(pjwt_record_put(tempdir, process, &record, now, &err), PJWT_OK);
}

static bool exists(const char *name)
{
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/%s", tempdir, name);
        return access(path, F_OK) == 0;
}

static bool pending_exists(struct pjwt_process process)
{
        char name[64];

        (void)snprintf(name, sizeof(name), "pending/%ld.%llu", (long)process.pid,
                       (unsigned long long)process.start);
        return exists(name);
}

static void assert_same(const struct pjwt_record *a, const struct pjwt_record *b)
{
        char *left = pjwt_record_text(a);
        char *right = pjwt_record_text(b);

        assert_string_equal(left, right);
        free(left);
        free(right);
}

static void text_and_back(void **state)
{
        struct pjwt_record record = sample();
        struct pjwt_record *again = NULL;
        char *text = pjwt_record_text(&record);

        (void)state;
        assert_non_null(text);
        assert_int_equal(pjwt_record_parse(text, strlen(text), &again, &err), PJWT_OK);
        assert_same(&record, again);
        assert_string_equal(again->claims, record.claims);
        assert_int_equal(again->uid, 1500);
        assert_null(again->jti);
        assert_true(again->session_until_exp);
        pjwt_record_free(again);
        free(text);
}

/* Replaces the first `from` of a valid text and expects a refusal that leaves the output unchanged. */
static void assert_refused(const char *from, const char *to)
{
        struct pjwt_record record = sample();
        struct pjwt_record *again = NULL;
        char *text = pjwt_record_text(&record);
        char *at = strstr(text, from);
        char *changed = NULL;

        assert_non_null(at);
        assert_true(asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_record_parse(changed, strlen(changed), &again, &err), PJWT_BAD_JSON);
        assert_null(again);
        free(changed);
        free(text);
}

static void anything_else_is_refused(void **state)
{
        (void)state;
        assert_refused("\"user\"", "\"usre\"");
        assert_refused("\"alice\"", "5");
        assert_refused("\"alice\"", "null");
        assert_refused("1500", "-1");
        assert_refused("1500", "4294967295");
        assert_refused("1500", "\"1500\"");
        assert_refused("\"session_before\":4,", "");
        assert_refused("\"session_before\":4", "\"session_before\":-1");
        assert_refused("\"version\":1", "\"version\":2");
        assert_refused("true", "1");
        assert_refused("\"exp\":1700000300", "\"exp\":\"1700000300\"");
        assert_refused("\"exp\":1700000300", "\"exp\":99999999999999999999");
        assert_refused("{", "{\"extra\":1,");
        assert_refused("{", "{\"user\":\"root\",");
        assert_refused("alice", "al\\u0000ice");
        assert_refused("true}", "true");
}

static void taken_once_by_its_own_process(void **state)
{
        struct pjwt_record *record = NULL;
        struct pjwt_record good = sample();
        struct stat st;
        char path[128];

        (void)state;
        put(self(), NOW);
        assert_int_equal(pjwt_record_pending(tempdir, self(), &record, &err), PJWT_OK);
        assert_same(&good, record);
        pjwt_record_free(record);
        assert_int_equal(pjwt_record_move(tempdir, self(), 7, &err), PJWT_OK);
        assert_false(pending_exists(self()));
        assert_int_equal(pjwt_record_pending(tempdir, self(), &record, &err), PJWT_NO_RECORD);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_record_session(tempdir, 7, &record, &err), PJWT_OK);
        assert_same(&good, record);
        pjwt_record_free(record);
        (void)snprintf(path, sizeof(path), "%s/session/7", tempdir);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        (void)snprintf(path, sizeof(path), "%s/session", tempdir);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        pjwt_record_drop_session(tempdir, 7);
        assert_int_equal(pjwt_record_session(tempdir, 7, &record, &err), PJWT_NO_RECORD);
}

/* If a pid is reused, the start time differs. */
static void another_process_takes_nothing(void **state)
{
        struct pjwt_process other = self();
        struct pjwt_record *record = NULL;

        (void)state;
        put(self(), NOW);
        other.start++;
        assert_int_equal(pjwt_record_pending(tempdir, other, &record, &err), PJWT_NO_RECORD);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_record_move(tempdir, other, 7, &err), PJWT_FILE_WRITE);
        assert_true(pending_exists(self()));
}

/* RVW-02 */
static void two_logins_in_one_session_have_no_record(void **state)
{
        struct pjwt_record second = sample();
        struct pjwt_record *record = NULL;

        (void)state;
        put(self(), NOW);
        assert_int_equal(pjwt_record_move(tempdir, self(), 7, &err), PJWT_OK);
        second.user = lent("bob");
        assert_int_equal(pjwt_record_put(tempdir, self(), &second, NOW, &err), PJWT_OK);
        assert_int_equal(pjwt_record_move(tempdir, self(), 7, &err), PJWT_FILE_WRITE);
        assert_false(pending_exists(self()));
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_record_session(tempdir, 7, &record, &err), PJWT_NO_RECORD);
}

/* A file that other users can change or read, or that is not a regular file, is ignored. */
static void foreign_files_are_refused(void **state)
{
        char path[128];
        struct pjwt_record *record = NULL;

        (void)state;
        put(self(), NOW);
        assert_int_equal(pjwt_record_move(tempdir, self(), 7, &err), PJWT_OK);
        (void)snprintf(path, sizeof(path), "%s/session/7", tempdir);
        assert_int_equal(chmod(path, 0640), 0);
        assert_int_equal(pjwt_record_session(tempdir, 7, &record, &err), PJWT_FILE_MODE);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(symlink("/etc/passwd", path), 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_record_session(tempdir, 7, &record, &err), PJWT_FILE_KIND);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_record_session(tempdir, 7, &record, &err), PJWT_FILE_KIND);
        assert_null(record);
}

static void sweep_takes_what_is_over(void **state)
{
        struct pjwt_process gone = self();
        pid_t child = fork();

        (void)state;
        if (child == 0)
                _exit(0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        gone.pid = child;
        put(gone, NOW);
        put(self(), NOW);
        assert_false(pending_exists(gone));
        assert_true(pending_exists(self()));
        pjwt_record_sweep(tempdir, NOW + 329);
        assert_true(pending_exists(self()));
        pjwt_record_sweep(tempdir, NOW + 330);
        assert_false(pending_exists(self()));
        put(self(), NOW);
        assert_int_equal(pjwt_record_move(tempdir, self(), 8, &err), PJWT_OK);
        pjwt_record_sweep(tempdir, NOW + 329);
        assert_true(exists("session/8"));
        pjwt_record_sweep(tempdir, NOW + 330);
        assert_false(exists("session/8"));
}

static void touch(const char *name)
{
        char path[256];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", tempdir, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fclose(f), 0);
}

/* A login that was killed while writing leaves a temporary file; its name is never used again. */
static void sweep_takes_half_written_files_of_the_dead(void **state)
{
        char mine[96];
        struct pjwt_process me = self();

        (void)state;
        put(me, NOW);
        (void)snprintf(mine, sizeof(mine), "pending/.%ld.%llu.new", (long)me.pid,
                       (unsigned long long)me.start);
        touch(mine);
        touch("pending/.1073741823.5.new");
        touch("pending/.1073741823.5.old");
        touch("pending/1073741823.5x");
        touch("session/4294967295");
        pjwt_record_sweep(tempdir, NOW);
        assert_true(exists(mine));
        assert_false(exists("pending/.1073741823.5.new"));
        assert_true(exists("pending/.1073741823.5.old") && exists("pending/1073741823.5x"));
        assert_true(exists("session/4294967295"));
}

/* A process that lists or sweeps at the same time never sees a record without its final date. */
static void a_record_is_dated_from_the_start(void **state)
{
        char path[256];
        struct stat st;
        struct pjwt_process me = self();

        (void)state;
        put(me, NOW);
        (void)snprintf(path, sizeof(path), "%s/pending/%ld.%llu", tempdir, (long)me.pid,
                       (unsigned long long)me.start);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mtime, NOW + 330);
}

struct seen {
        unsigned ids[8];
        size_t count;
        size_t broken;
};

static void see(void *arg, unsigned id, const struct pjwt_record *record, const struct pjwt_error *error)
{
        struct seen *seen = arg;

        seen->ids[seen->count++] = id;
        seen->broken += record == NULL;
        assert_true((record == NULL) == (error->reason != PJWT_UNDECIDED));
}

static void list_is_in_order_and_shows_the_broken(void **state)
{
        static const unsigned ids[] = {100, 9, 10};
        struct seen seen = {0};
        char path[128];
        FILE *f;

        (void)state;
        assert_int_equal(pjwt_record_list(tempdir, see, &seen, &err), PJWT_OK);
        assert_int_equal(seen.count, 0);
        for (size_t i = 0; i < 3; i++) {
                put(self(), NOW);
                assert_int_equal(pjwt_record_move(tempdir, self(), ids[i], &err), PJWT_OK);
        }
        (void)snprintf(path, sizeof(path), "%s/session/11", tempdir);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fputs("{}", f) < 0, 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(path, 0600), 0);
        (void)snprintf(path, sizeof(path), "%s/session/.12.new", tempdir);
        assert_int_equal(mkfifo(path, 0600), 0);
        assert_int_equal(pjwt_record_list(tempdir, see, &seen, &err), PJWT_OK);
        assert_int_equal(seen.count, 4);
        assert_int_equal(seen.ids[0], 9);
        assert_int_equal(seen.ids[3], 100);
        assert_int_equal(seen.broken, 1);
}

/*
 * REV-08: the caller's umask does not restrict the directory further, and a file size limit does not kill
 * the process.
 */
static void callers_umask_and_limit(void **state)
{
        struct pjwt_record record = sample();
        struct rlimit tiny = {0, RLIM_INFINITY};
        struct stat st;
        pid_t child;
        int status = 0;

        (void)state;
        assert_int_equal(rmdir(tempdir), 0);
        umask(0777);
        put(self(), NOW);
        umask(022);
        assert_int_equal(stat(tempdir, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0755);
        child = fork();
        if (child == 0) {
                (void)setrlimit(RLIMIT_FSIZE, &tiny);
                _exit(pjwt_record_put(tempdir, self(), &record, NOW, &err) == PJWT_FILE_WRITE ? 0 : 1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void processes(void **state)
{
        struct pjwt_process parent = {0};
        struct pjwt_process nobody = {0};

        (void)state;
        assert_true(self().start > 0);
        assert_true(pjwt_process_parent(&parent));
        assert_int_equal(parent.pid, getppid());
        assert_false(pjwt_process_of(0, &nobody));
        assert_false(pjwt_process_of(-1, &nobody));
        assert_false(pjwt_process_of(0x3fffffff, &nobody));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_and_back),
                cmocka_unit_test(anything_else_is_refused),
                cmocka_unit_test(processes),
                cmocka_unit_test_setup_teardown(taken_once_by_its_own_process, make_run_dir, remove_tempdir),
                cmocka_unit_test_setup_teardown(another_process_takes_nothing, make_run_dir, remove_tempdir),
                cmocka_unit_test_setup_teardown(two_logins_in_one_session_have_no_record, make_run_dir,
                                                remove_tempdir),
                cmocka_unit_test_setup_teardown(foreign_files_are_refused, make_run_dir, remove_tempdir),
                cmocka_unit_test_setup_teardown(sweep_takes_what_is_over, make_run_dir, remove_tempdir),
                cmocka_unit_test_setup_teardown(sweep_takes_half_written_files_of_the_dead, make_run_dir,
                                                remove_tempdir),
                cmocka_unit_test_setup_teardown(a_record_is_dated_from_the_start, make_run_dir,
                                                remove_tempdir),
                cmocka_unit_test_setup_teardown(list_is_in_order_and_shows_the_broken, make_run_dir,
                                                remove_tempdir),
                cmocka_unit_test_setup_teardown(callers_umask_and_limit, make_run_dir, remove_tempdir),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
