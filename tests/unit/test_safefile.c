/* KEY-29, NET-13, NET-14, NET-17, REV-07, REV-08 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "safefile.h"
#include "tempdir.h"

static char path[128];

static int set_up(void **state)
{
        if (make_tempdir(state) != 0)
                return -1;
        (void)snprintf(path, sizeof(path), "%s/f", tempdir);
        return 0;
}

static void put(const char *at, const char *text, mode_t mode)
{
        FILE *f = fopen(at, "w");

        assert_non_null(f);
        assert_int_equal(fputs(text, f) >= 0, 1);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(at, mode), 0);
}

static enum pjwt_reason read_with(unsigned flags, size_t max)
{
        struct pjwt_error err = {0};
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, flags, max, &text, &len, NULL, &err);

        assert_int_equal(r == PJWT_OK, text != NULL);
        if (r != PJWT_OK) {
                assert_int_equal(err.reason, r);
                assert_non_null(strstr(err.detail, path));
        }
        free(text);
        return r;
}

static void a_file_is_read_whole(void **state)
{
        char *text = NULL;
        size_t len = 0;
        struct stat st;

        (void)state;
        put(path, "hello", 0644);
        assert_int_equal(pjwt_file_read(path, 0, 5, &text, &len, &st, NULL), PJWT_OK);
        assert_int_equal(len, 5);
        assert_string_equal(text, "hello");
        assert_int_equal(st.st_size, 5);
        free(text);
}

static void an_empty_file_is_empty(void **state)
{
        (void)state;
        put(path, "", 0644);
        assert_int_equal(read_with(0, 0), PJWT_OK);
}

static void one_byte_over_the_limit_is_refused(void **state)
{
        (void)state;
        put(path, "hello!", 0644);
        assert_int_equal(read_with(0, 6), PJWT_OK);
        assert_int_equal(read_with(0, 5), PJWT_FILE_SIZE);
}

static void what_is_not_there_is_named_and_errno_says_so(void **state)
{
        (void)state;
        (void)unlink(path);
        assert_int_equal(read_with(0, 5), PJWT_FILE_OPEN);
        assert_int_equal(errno, ENOENT);
        assert_int_equal(read_with(PJWT_FILE_ANY_OWNER, 5), PJWT_FILE_OPEN);
        assert_int_equal(errno, ENOENT);
}

static void a_file_that_others_may_change_is_refused(void **state)
{
        (void)state;
        put(path, "x", 0664);
        assert_int_equal(read_with(0, 5), PJWT_FILE_MODE);
        assert_int_equal(chmod(path, 0646), 0);
        assert_int_equal(read_with(0, 5), PJWT_FILE_MODE);
        assert_int_equal(read_with(PJWT_FILE_ANY_OWNER, 5), PJWT_OK);
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
        (void)state;
        put(path, "x", 0640);
        assert_int_equal(read_with(0, 5), PJWT_OK);
        assert_int_equal(read_with(PJWT_FILE_SECRET, 5), PJWT_FILE_MODE);
        assert_int_equal(chmod(path, 0604), 0);
        assert_int_equal(read_with(PJWT_FILE_SECRET, 5), PJWT_FILE_MODE);
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(read_with(PJWT_FILE_SECRET, 5), PJWT_OK);
}

static void a_stranger_s_file_is_refused(void **state)
{
        (void)state;
        if (geteuid() != 0)
                skip();
        put(path, "x", 0644);
        assert_int_equal(chown(path, 65533, 0), 0);
        assert_int_equal(read_with(0, 5), PJWT_FILE_OWNER);
        assert_int_equal(read_with(PJWT_FILE_ANY_OWNER, 5), PJWT_OK);
}

static void a_file_in_a_folder_of_others_is_refused(void **state)
{
        (void)state;
        put(path, "x", 0644);
        assert_int_equal(chmod(tempdir, 0777), 0);
        assert_int_equal(read_with(0, 5), PJWT_FILE_MODE);
        assert_int_equal(chmod(tempdir, 01777), 0);
        assert_int_equal(read_with(0, 5), PJWT_OK);
        assert_int_equal(chmod(tempdir, 0755), 0);
        if (geteuid() != 0)
                return;
        assert_int_equal(chown(tempdir, 65533, 0), 0);
        assert_int_equal(read_with(0, 5), PJWT_FILE_OWNER);
        assert_int_equal(chown(tempdir, 0, 0), 0);
}

static void a_link_is_refused(void **state)
{
        char target[140];

        (void)state;
        (void)snprintf(target, sizeof(target), "%s.target", path);
        put(target, "x", 0644);
        assert_int_equal(symlink(target, path), 0);
        assert_int_equal(read_with(0, 5), PJWT_FILE_KIND);
        assert_int_equal(read_with(PJWT_FILE_ANY_OWNER, 5), PJWT_OK);
}

static void a_fifo_a_device_and_a_folder_are_refused_at_once(void **state)
{
        (void)state;
        assert_int_equal(mkfifo(path, 0644), 0);
        (void)alarm(5);
        assert_int_equal(read_with(0, 5), PJWT_FILE_KIND);
        assert_int_equal(read_with(PJWT_FILE_ANY_OWNER, 5), PJWT_FILE_KIND);
        (void)alarm(0);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(read_with(0, 5), PJWT_FILE_KIND);
        assert_int_equal(pjwt_file_read("/dev/zero", 0, 5, &(char *){NULL}, &(size_t){0}, NULL, NULL),
                         PJWT_FILE_KIND);
}

static void a_descriptor_for_the_helper_is_above_2_and_close_on_exec(void **state)
{
        struct pjwt_error err = {0};
        int fd;

        (void)state;
        put(path, "x", 0600);
        int saved = fcntl(0, F_DUPFD_CLOEXEC, 10);

        assert_int_equal(close(0), 0);
        fd = pjwt_file_open(path, PJWT_FILE_SECRET, &err);
        assert_true(fd >= 3);
        assert_int_equal(fcntl(0, F_GETFD), -1);
        assert_int_equal(dup2(saved, 0), 0);
        close(saved);
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        close(fd);
        assert_int_equal(chmod(path, 0644), 0);
        assert_int_equal(pjwt_file_open(path, PJWT_FILE_SECRET, &err), -1);
        assert_int_equal(err.reason, PJWT_FILE_MODE);
}

static void assert_content(const char *want, mode_t mode)
{
        char *text = NULL;
        size_t len = 0;
        struct stat st;

        assert_int_equal(pjwt_file_read(path, 0, 100, &text, &len, &st, NULL), PJWT_OK);
        assert_string_equal(text, want);
        assert_int_equal(st.st_mode & 07777, mode);
        free(text);
}

static int files_in_folder(void)
{
        char cmd[128], line[32] = "";
        FILE *p;

        (void)snprintf(cmd, sizeof(cmd), "ls -A %s | wc -l", tempdir);
        p = popen(cmd, "r");
        assert_non_null(p);
        assert_non_null(fgets(line, sizeof(line), p));
        assert_int_equal(pclose(p), 0);
        return atoi(line);
}

static void a_replaced_file_is_whole_and_has_its_mode_under_any_umask(void **state)
{
        mode_t old = umask(0777);

        (void)state;
        assert_int_equal(pjwt_file_replace(tempdir, "f", "one", 3, 0644, NULL), PJWT_OK);
        assert_content("one", 0644);
        assert_int_equal(pjwt_file_replace(tempdir, "f", "second", 6, 0600, NULL), PJWT_OK);
        assert_content("second", 0600);
        (void)umask(old);
        assert_int_equal(files_in_folder(), 1);
}

static void a_left_over_temporary_file_or_link_does_no_harm(void **state)
{
        char temporary[128];

        (void)state;
        (void)snprintf(temporary, sizeof(temporary), "%s/.f.new", tempdir);
        put(temporary, "half", 0600);
        assert_int_equal(pjwt_file_replace(tempdir, "f", "whole", 5, 0644, NULL), PJWT_OK);
        assert_content("whole", 0644);
        assert_int_equal(symlink("/etc/passwd", temporary), 0);
        assert_int_equal(pjwt_file_replace(tempdir, "f", "again", 5, 0644, NULL), PJWT_OK);
        assert_content("again", 0644);
        assert_int_equal(files_in_folder(), 1);
}

static void a_folder_of_others_is_not_written_to(void **state)
{
        struct pjwt_error err = {0};
        char none[PATH_MAX];

        (void)state;
        assert_int_equal(chmod(tempdir, 01777), 0);
        assert_int_equal(pjwt_file_replace(tempdir, "f", "x", 1, 0644, &err), PJWT_FILE_MODE);
        assert_int_equal(chmod(tempdir, 0755), 0);
        if (geteuid() == 0) {
                assert_int_equal(chown(tempdir, 65533, 0), 0);
                assert_int_equal(pjwt_file_replace(tempdir, "f", "x", 1, 0644, NULL), PJWT_FILE_OWNER);
                assert_int_equal(chown(tempdir, 0, 0), 0);
        }
        (void)snprintf(none, sizeof(none), "%s/none", tempdir);
        assert_int_equal(pjwt_file_replace(none, "f", "x", 1, 0644, NULL), PJWT_FILE_OPEN);
        assert_int_equal(pjwt_file_replace(tempdir, "../f", "x", 1, 0644, NULL), PJWT_FILE_WRITE);
        assert_int_equal(files_in_folder(), 0);
}

static void a_finite_file_size_limit_means_no_write_and_no_signal(void **state)
{
        pid_t pid = fork();
        int status;

        (void)state;
        if (pid == 0) {
                const struct rlimit tiny = {2, 2};

                (void)setrlimit(RLIMIT_FSIZE, &tiny);
                _exit(pjwt_file_replace(tempdir, "f", "12345", 5, 0644, NULL) == PJWT_FILE_WRITE ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(files_in_folder(), 0);
}

static bool another_writes_meanwhile(void *arg)
{
        (void)arg;
        assert_int_equal(pjwt_file_replace(tempdir, "f", "new", 3, 0644, NULL), PJWT_OK);
        return true; /* the check was before that, and the process was stopped since */
}

static void a_writer_that_was_stopped_before_its_rename_cannot_bring_the_old_back(void **state)
{
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(
                pjwt_file_replace_if(tempdir, "f", "old", 3, 0644, another_writes_meanwhile, NULL, &err),
                PJWT_FILE_WRITE);
        assert_content("new", 0644);
        assert_int_equal(files_in_folder(), 1);
}

static bool no(void *arg)
{
        (void)arg;
        return false;
}

static void a_no_leaves_everything_as_it_was(void **state)
{
        (void)state;
        put(path, "before", 0644);
        assert_int_equal(pjwt_file_replace_if(tempdir, "f", "x", 1, 0644, no, NULL, NULL), PJWT_FILE_WRITE);
        assert_content("before", 0644);
        assert_int_equal(files_in_folder(), 1);
}

static void four_writers_at_once_leave_one_whole_file(void **state)
{
        pid_t pids[4];
        char text[4096];

        (void)state;
        for (int i = 0; i < 4; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        memset(text, 'a' + i, sizeof(text));
                        for (int n = 0; n < 200; n++)
                                (void)pjwt_file_replace(tempdir, "f", text, sizeof(text), 0644, NULL);
                        _exit(0);
                }
        }
        for (int n = 0; n < 500; n++) {
                char *got = NULL;
                size_t len = 0;

                if (pjwt_file_read(path, 0, 8192, &got, &len, NULL, NULL) != PJWT_OK)
                        continue;
                assert_int_equal(len, sizeof(text));
                memset(text, got[0], sizeof(text));
                assert_memory_equal(got, text, sizeof(text));
                free(got);
        }
        for (int i = 0; i < 4; i++)
                assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, remove_tempdir)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_file_is_read_whole),
                TEST(an_empty_file_is_empty),
                TEST(one_byte_over_the_limit_is_refused),
                TEST(what_is_not_there_is_named_and_errno_says_so),
                TEST(a_file_that_others_may_change_is_refused),
                TEST(a_secret_that_others_may_read_is_refused),
                TEST(a_stranger_s_file_is_refused),
                TEST(a_file_in_a_folder_of_others_is_refused),
                TEST(a_link_is_refused),
                TEST(a_fifo_a_device_and_a_folder_are_refused_at_once),
                TEST(a_descriptor_for_the_helper_is_above_2_and_close_on_exec),
                TEST(a_replaced_file_is_whole_and_has_its_mode_under_any_umask),
                TEST(a_left_over_temporary_file_or_link_does_no_harm),
                TEST(a_folder_of_others_is_not_written_to),
                TEST(a_finite_file_size_limit_means_no_write_and_no_signal),
                TEST(a_writer_that_was_stopped_before_its_rename_cannot_bring_the_old_back),
                TEST(a_no_leaves_everything_as_it_was),
                TEST(four_writers_at_once_leave_one_whole_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
