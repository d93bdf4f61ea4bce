/* The rules of libpam by which people are surprised, each in a few lines. compare.py has the others. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <security/_pam_types.h>

#include "made.h"
#include "stackeval.h"

static int auth_of(struct pjwt_stack *stack)
{
        int code = made_call(stack, PJWT_STACK_AUTHENTICATE);

        pjwt_stack_free(stack);
        return code;
}

static void a_missing_module_with_a_dash_fails_all_the_same(void **state)
{
        (void)state;
        assert_int_equal(auth_of(made("-auth required pam_missing.so\nauth required p.so\n")),
                         PAM_MODULE_UNKNOWN);
        assert_int_equal(auth_of(made("auth required pam_missing.so\nauth required p.so\n")),
                         PAM_MODULE_UNKNOWN);
}

static void a_comment_after_a_backslash_swallows_the_next_line(void **state)
{
        const char *text = "auth required p.so 0 a \\\n# not now\nauth required p.so 7 b\n";
        struct pjwt_stack *stack = made(text);

        (void)state;
        assert_true(made_note(stack, PJWT_STACK_NOTE_SWALLOWED));
        assert_string_equal(stack->notes[0].what, "3");
        assert_int_equal(stack->notes[0].line, 1);
        assert_int_equal(auth_of(stack), PAM_SUCCESS);
        assert_string_equal(made_ran, "a");
        stack = made_stack("debian-13", ETC "svc", text, NULL);
        assert_false(made_note(stack, PJWT_STACK_NOTE_SWALLOWED));
        assert_int_equal(auth_of(stack), PAM_AUTH_ERR);
}

static void the_rest_of_a_long_comment_becomes_a_line(void **state)
{
        char text[2048] = "auth required p.so 7\n#";
        struct pjwt_stack *stack;

        (void)state;
        memset(text + strlen(text), 'x', 1022);
        strcat(text, "auth sufficient p.so 0\n");
        memmove(text + 21 + 1022 + 1, text + 21 + 1022 + 1, 1);
        stack = made(text);
        assert_true(made_note(stack, PJWT_STACK_NOTE_SPLIT));
        assert_int_equal(pjwt_stack_chain(stack, PJWT_STACK_AUTH)->count, 2);
        pjwt_stack_free(stack);
        stack = made_stack("debian-13", ETC "svc", text, NULL);
        assert_int_equal(pjwt_stack_chain(stack, PJWT_STACK_AUTH)->count, 1);
        pjwt_stack_free(stack);
}

static void a_backslash_as_the_last_byte_of_the_buffer_never_ends(void **state)
{
        char text[2048] = "auth required p.so ";
        struct pjwt_stack *stack;

        (void)state;
        memset(text + strlen(text), 'x', 1022 - strlen(text));
        strcat(text, "\\\n");
        stack = made(text);
        assert_int_equal(stack->start, PJWT_STACK_HANGS);
        assert_true(made_note(stack, PJWT_STACK_NOTE_ENDLESS));
        assert_int_equal(auth_of(stack), PAM_ABORT);
}

static void service_names_are_lower_case_and_have_no_directory(void **state)
{
        const struct pjwt_stack_draft_file file = {ETC "svc", "auth required p.so\n", 19};
        struct pjwt_stack_drafts drafts = {.files = &file, .count = 1};
        const struct pjwt_stack_files files = {pjwt_stack_open_drafts, &drafts};
        struct pjwt_stack *stack = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(
                pjwt_stack_read(pjwt_stack_rules_of_build("debian-12"), &files, "x/SvC", &stack, &err),
                PJWT_OK);
        assert_string_equal(stack->service, "svc");
        assert_int_equal(auth_of(stack), PAM_SUCCESS);
}

static void a_relative_include_is_read_from_etc_only_on_debian(void **state)
{
        struct pjwt_stack *stack;

        (void)state;
        stack = made_stack("debian-12", ETC "svc", "auth include common\n", "/usr/lib/pam.d/common",
                           "auth required p.so\n", NULL);
        assert_true(made_note(stack, PJWT_STACK_NOTE_INCLUDE));
        assert_int_equal(auth_of(stack), PAM_PERM_DENIED);
        stack = made_stack("linux-pam-1.5", ETC "svc", "auth include common\n", "/usr/lib/pam.d/common",
                           "auth required p.so\n", NULL);
        assert_int_equal(auth_of(stack), PAM_SUCCESS);
}

static void a_service_of_usr_lib_is_read_where_etc_has_none(void **state)
{
        (void)state;
        assert_int_equal(auth_of(made_stack("debian-12", "/usr/lib/pam.d/svc", "auth required p.so\n", NULL)),
                         PAM_SUCCESS);
        assert_int_equal(auth_of(made_stack("debian-12", "/usr/lib/pam.d/svc", "auth required p.so\n",
                                            ETC "svc", "auth required p.so 7\n", NULL)),
                         PAM_AUTH_ERR);
}

static void pam_conf_counts_only_without_the_directories(void **state)
{
        const char *conf = "svc auth required p.so\nOTHER account required p.so 6\n";

        (void)state;
        assert_int_equal(auth_of(made_stack("debian-12", "/etc/pam.conf", conf, NULL)), PAM_SUCCESS);
        assert_int_equal(auth_of(made_stack("debian-12", "/etc/pam.conf", conf, ETC "other",
                                            "auth required p.so 7\n", NULL)),
                         PAM_AUTH_ERR);
}

static void a_type_without_lines_is_run_from_other(void **state)
{
        struct pjwt_stack *stack = made_stack("debian-12", ETC "svc", "auth required p.so\n", ETC "other",
                                              "account required p.so 6\n", NULL);

        (void)state;
        assert_int_equal(made_call(stack, PJWT_STACK_ACCT_MGMT), PAM_PERM_DENIED);
        assert_int_equal(made_call(stack, PJWT_STACK_AUTHENTICATE), PAM_SUCCESS);
        assert_int_equal(made_call(stack, PJWT_STACK_OPEN_SESSION), PAM_PERM_DENIED);
        pjwt_stack_free(stack);
}

static void a_broken_other_ends_every_service(void **state)
{
        struct pjwt_stack *stack = made_stack("debian-12", ETC "svc", "auth required p.so\n", ETC "other",
                                              "auth required p.so \\", NULL);

        (void)state;
        assert_int_equal(stack->start, PJWT_STACK_ABORTS);
        assert_true(made_note(stack, PJWT_STACK_NOTE_BROKEN));
        assert_int_equal(auth_of(stack), PAM_ABORT);
}

static void an_include_without_a_name_crashes_on_debian(void **state)
{
        struct pjwt_stack *stack = made("auth required p.so\n@include\n");

        (void)state;
        assert_int_equal(stack->start, PJWT_STACK_CRASHES);
        pjwt_stack_free(stack);
}

static void a_file_that_includes_itself_ends(void **state)
{
        struct pjwt_stack *stack = made("auth include svc\nauth include svc\n");

        (void)state;
        assert_true(stack->unknown);
        pjwt_stack_free(stack);
        stack = made("auth required p.so\nauth substack svc\n");
        assert_false(stack->unknown);
        assert_true(made_note(stack, PJWT_STACK_NOTE_LEVELS));
        assert_int_equal(auth_of(stack), PAM_PERM_DENIED);
}

static void an_unknown_type_with_a_lenient_control_is_passed_over(void **state)
{
        struct pjwt_stack *stack = made("athu optional p.so\nauth required p.so 0 a\n");

        (void)state;
        assert_true(made_note(stack, PJWT_STACK_NOTE_TYPE));
        assert_int_equal(auth_of(stack), PAM_SUCCESS);
        assert_string_equal(made_ran, "a");
        assert_int_equal(auth_of(made("athu required p.so\nauth required p.so 0 a\n")), PAM_PERM_DENIED);
}

static void controls_mean_what_libpam_takes_them_for(void **state)
{
        const struct pjwt_stack_rules *old = pjwt_stack_rules_of_build("debian-12");
        const struct pjwt_stack_rules *new = pjwt_stack_rules_of_build("debian-13");
        int does[PJWT_STACK_CODES];

        (void)state;
        assert_true(pjwt_stack_control(old, "success=1 success=done default=ignore", does));
        assert_int_equal(does[PAM_SUCCESS], PJWT_STACK_DONE);
        assert_int_equal(does[PAM_AUTH_ERR], PJWT_STACK_IGNORE);
        assert_true(pjwt_stack_control(old, "default=die success=ok default=bad", does));
        assert_int_equal(does[PAM_SUCCESS], PJWT_STACK_OK);
        assert_int_equal(does[PAM_AUTH_ERR], PJWT_STACK_DIE);
        assert_true(pjwt_stack_control(old, "success=okdefault=3", does));
        assert_int_equal(does[PAM_ABORT], 3);
        assert_false(pjwt_stack_control(old, "success=ok failure=die", does));
        assert_int_equal(does[PAM_SUCCESS], PJWT_STACK_BAD);
        assert_false(pjwt_stack_control(old, "success=0", does));
        assert_true(pjwt_stack_control(old, "auth_err=4294967295", does));
        assert_int_equal(does[PAM_AUTH_ERR], PJWT_STACK_OK);
        assert_false(pjwt_stack_control(new, "auth_err=4294967295", does));
        assert_true(pjwt_stack_control(old, "Sufficient", does));
        assert_int_equal(does[PAM_NEW_AUTHTOK_REQD], PJWT_STACK_DONE);
}

#define SAME(name) assert_int_equal(PJWT_PAM_##name, PAM_##name)

static void the_codes_are_those_of_the_system(void **state)
{
        (void)state;
        SAME(SUCCESS);
        SAME(OPEN_ERR);
        SAME(SYMBOL_ERR);
        SAME(SERVICE_ERR);
        SAME(SYSTEM_ERR);
        SAME(BUF_ERR);
        SAME(PERM_DENIED);
        SAME(AUTH_ERR);
        SAME(CRED_INSUFFICIENT);
        SAME(AUTHINFO_UNAVAIL);
        SAME(USER_UNKNOWN);
        SAME(MAXTRIES);
        SAME(NEW_AUTHTOK_REQD);
        SAME(ACCT_EXPIRED);
        SAME(SESSION_ERR);
        SAME(CRED_UNAVAIL);
        SAME(CRED_EXPIRED);
        SAME(CRED_ERR);
        SAME(NO_MODULE_DATA);
        SAME(CONV_ERR);
        SAME(AUTHTOK_ERR);
        SAME(AUTHTOK_RECOVERY_ERR);
        SAME(AUTHTOK_LOCK_BUSY);
        SAME(AUTHTOK_DISABLE_AGING);
        SAME(TRY_AGAIN);
        SAME(IGNORE);
        SAME(ABORT);
        SAME(AUTHTOK_EXPIRED);
        SAME(MODULE_UNKNOWN);
        SAME(BAD_ITEM);
        SAME(CONV_AGAIN);
        SAME(INCOMPLETE);
}

static void setcred_follows_the_way_of_authenticate(void **state)
{
        struct pjwt_stack *stack = made("auth [success=1 default=ignore] p.so 0 a\nauth requisite p.so 7 b\n"
                                        "auth required p.so 0 c\n");
        struct pjwt_stack_run *run;

        (void)state;
        assert_int_equal(auth_of(stack), PAM_SUCCESS);
        assert_string_equal(made_ran, "ac");
        stack = made("auth sufficient p.so 15 a\nauth required p.so 0 b\n");
        run = pjwt_stack_run_new(stack);
        assert_non_null(run);
        pjwt_stack_run_free(run);
        assert_int_equal(made_call(stack, PJWT_STACK_SETCRED), PAM_SUCCESS);
        pjwt_stack_free(stack);
}

static void the_rules_of_a_library_are_seen_in_its_bytes(void **state)
{
        static const char old[] =
                "\0pam_start\0/etc/pam.d/%s\0/usr/lib/pam.d/%s\0@include\0fgets\0expecting jump number";
        static const char new[] = "\0pam_start\0/etc/pam.d/%s\0/usr/lib/pam.d/%s\0/usr/etc/pam.d/%s\0"
                                  "maximum level of inclusions reached\0expecting smaller jump number";
        struct pjwt_stack_rules rules;

        (void)state;
        assert_true(pjwt_stack_rules_of_library(old, sizeof(old), &rules));
        assert_true(rules.at_include && rules.frozen_jumps && !rules.long_lines && !rules.jump_limit);
        assert_string_equal(rules.vendor_dir, "");
        assert_true(pjwt_stack_rules_of_library(new, sizeof(new), &rules));
        assert_true(!rules.at_include && rules.long_lines && rules.include_limit && rules.jump_limit);
        assert_string_equal(rules.vendor_dir, "/usr/etc/pam.d");
        assert_false(pjwt_stack_rules_of_library("\x7f"
                                                 "ELF",
                                                 4, &rules));
}

/* --- files --- */

static char place[64];

static int make_place(void **state)
{
        char path[128];

        (void)state;
        (void)strcpy(place, "/tmp/pjwt-test-XXXXXX");
        if (!mkdtemp(place))
                return -1;
        (void)snprintf(path, sizeof(path), "%s/etc", place);
        return mkdir(path, 0700);
}

static int remove_place(void **state)
{
        char command[128];

        (void)state;
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", place);
        return system(command);
}

static enum pjwt_stack_file look_at(const char *path, char **ret, size_t *retlen)
{
        int root = open(place, O_PATH | O_CLOEXEC);
        enum pjwt_stack_file kind = pjwt_stack_open_in_root(&root, path, ret, retlen);

        close(root);
        return kind;
}

static void no_path_leaves_the_root_and_none_is_waited_for(void **state)
{
        char path[128];
        char target[128];
        char *text = NULL;
        size_t len = 0;
        FILE *f;

        (void)state;
        (void)snprintf(path, sizeof(path), "%s/etc/file", place);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs("hello", f);
        fclose(f);
        assert_int_equal(look_at("/etc/file", &text, &len), PJWT_STACK_FILE_TEXT);
        assert_int_equal(len, 5);
        assert_memory_equal(text, "hello", 5);
        free(text);
        (void)snprintf(target, sizeof(target), "%s/etc/away", place);
        assert_int_equal(symlink("/etc/passwd", target), 0);
        assert_int_equal(look_at("/etc/away", NULL, NULL), PJWT_STACK_FILE_ABSENT);
        assert_int_equal(look_at("/../../../../etc/passwd", NULL, NULL), PJWT_STACK_FILE_ABSENT);
        (void)snprintf(target, sizeof(target), "%s/etc/link", place);
        assert_int_equal(symlink("/etc/file", target), 0);
        assert_int_equal(look_at("/etc/link", NULL, NULL), PJWT_STACK_FILE_TEXT);
        (void)snprintf(target, sizeof(target), "%s/etc/fifo", place);
        assert_int_equal(mkfifo(target, 0600), 0);
        text = NULL;
        assert_int_equal(look_at("/etc/fifo", &text, &len), PJWT_STACK_FILE_UNREADABLE);
        assert_null(text);
        assert_int_equal(look_at("/etc", &text, &len), PJWT_STACK_FILE_DIRECTORY);
        assert_int_equal(look_at("/etc/file/x", &text, &len), PJWT_STACK_FILE_ABSENT);
}

static void a_fifo_makes_the_result_unknown(void **state)
{
        struct pjwt_error err = {0};
        struct pjwt_stack *stack = NULL;
        char path[128];
        int root;

        (void)state;
        (void)snprintf(path, sizeof(path), "%s/etc/pam.d", place);
        assert_int_equal(mkdir(path, 0700), 0);
        (void)snprintf(path, sizeof(path), "%s/etc/pam.d/svc", place);
        assert_int_equal(mkfifo(path, 0600), 0);
        root = open(place, O_PATH | O_CLOEXEC);
        assert_int_equal(pjwt_stack_read(pjwt_stack_rules_of_build("debian-12"),
                                         &(struct pjwt_stack_files){pjwt_stack_open_in_root, &root}, "svc",
                                         &stack, &err),
                         PJWT_OK);
        close(root);
        assert_true(stack->unknown);
        assert_true(made_note(stack, PJWT_STACK_NOTE_UNREADABLE));
        pjwt_stack_free(stack);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_missing_module_with_a_dash_fails_all_the_same),
                cmocka_unit_test(a_comment_after_a_backslash_swallows_the_next_line),
                cmocka_unit_test(the_rest_of_a_long_comment_becomes_a_line),
                cmocka_unit_test(a_backslash_as_the_last_byte_of_the_buffer_never_ends),
                cmocka_unit_test(service_names_are_lower_case_and_have_no_directory),
                cmocka_unit_test(a_relative_include_is_read_from_etc_only_on_debian),
                cmocka_unit_test(a_service_of_usr_lib_is_read_where_etc_has_none),
                cmocka_unit_test(pam_conf_counts_only_without_the_directories),
                cmocka_unit_test(a_type_without_lines_is_run_from_other),
                cmocka_unit_test(a_broken_other_ends_every_service),
                cmocka_unit_test(an_include_without_a_name_crashes_on_debian),
                cmocka_unit_test(a_file_that_includes_itself_ends),
                cmocka_unit_test(an_unknown_type_with_a_lenient_control_is_passed_over),
                cmocka_unit_test(controls_mean_what_libpam_takes_them_for),
                cmocka_unit_test(the_codes_are_those_of_the_system),
                cmocka_unit_test(setcred_follows_the_way_of_authenticate),
                cmocka_unit_test(the_rules_of_a_library_are_seen_in_its_bytes),
                cmocka_unit_test_setup_teardown(no_path_leaves_the_root_and_none_is_waited_for, make_place,
                                                remove_place),
                cmocka_unit_test_setup_teardown(a_fifo_makes_the_result_unknown, make_place, remove_place),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
