/*
 * OpenSSL's library context (lib/keys/libctx.h) lives as long as the process: in threads, in children that
 * were forked before and after it was made, after pam_end() and dlclose(), and beside the application's own
 * OpenSSL. A fork while it is made: tests/unit/test_libctx.c, since the dynamic linker, which libpam calls at
 * each login, does not support that. Under ASan, LeakSanitizer looks at this process when it ends.
 *
 * test_context MODULE
 */
#include "cm.h"
#include "tokens.h"
#include "world.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS  8
#define LOGINS   12 /* of each thread: the log has room for two lines of each */
#define PATIENCE 60 /* seconds, for a child that waits for a lock that nothing releases */

static const char *module;
static char good[4096], bad[4096];

/* A child makes the tokens: this process uses OpenSSL through the module alone. */
static void make_tokens(void)
{
        static const char *const specs[] = {"len=600", "len=600 sig=bad"};
        char *const outs[] = {good, bad};

        for (int i = 0; i < 2; i++) {
                int ends[2];

                assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
                if (fork() == 0) {
                        char *token = tokens_make(specs[i]);
                        size_t len = strlen(token);

                        _exit(write(ends[1], token, len) == (ssize_t)len ? 0 : 1);
                }
                close(ends[1]);
                assert_true(read(ends[0], outs[i], sizeof(good) - 1) > 0);
                close(ends[0]);
                assert_true(wait(NULL) > 0);
        }
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *token)
{
        *ret = calloc((size_t)count, sizeof(**ret));
        for (int i = 0; i < count && *ret; i++)
                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
                        (*ret)[i].resp = strdup(token);
        return *ret ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void no_delay(int status, unsigned usec, void *appdata)
{
        (void)status;
        (void)usec;
        (void)appdata;
}

static const union {
        void (*fn)(int status, unsigned usec, void *appdata);
        const void *object;
} delay_item = {no_delay};

static int login(char *token)
{
        const struct pam_conv conv = {converse, token};
        pam_handle_t *pamh = world_start("sshd", "alice", &conv);
        int result;

        (void)pam_set_item(pamh, PAM_FAIL_DELAY, delay_item.object);
        result = pam_authenticate(pamh, 0);
        (void)pam_end(pamh, result);
        return result;
}

/* A token that is accepted and one that is not. */
static bool logins_hold(void)
{
        return login(good) == PAM_SUCCESS && login(bad) == PAM_AUTH_ERR;
}

/* Runs fn in a child, where nothing has used OpenSSL unless this process has. */
static pid_t start_child(bool (*fn)(void))
{
        pid_t child = fork();

        if (child == 0) {
                world_after_fork();
                (void)alarm(PATIENCE);
                _exit(fn() ? 0 : 1);
        }
        return child;
}

static bool child_held(pid_t child)
{
        int status = -1;

        return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool in_child(bool (*fn)(void))
{
        return child_held(start_child(fn));
}

static int set_up(void **state)
{
        char stack[4096];

        (void)state;
        (void)world_folder(NULL);
        (void)snprintf(stack, sizeof(stack), "auth required %s config=%%d/pam_jwt.conf cache=%%d\n", module);
        world_stack("sshd", stack);
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        world_forget();
        world_remove();
        return 0;
}

/* ----------------------------------------------------------------------------- beside the application */

/* Does OpenSSL's default context have what our openssl.cnf sets? */
static bool application_has_its_settings(void)
{
        EVP_MD *md;

        if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1 ||
            EVP_default_properties_is_fips_enabled(NULL) != 1)
                return false;
        md = EVP_MD_fetch(NULL, "SHA256", NULL); /* the provider `default` is not the one of FIPS */
        EVP_MD_free(md);
        return !md;
}

static bool settings_after_login(void)
{
        return logins_hold() && application_has_its_settings() && logins_hold();
}

static bool settings_before_login(void)
{
        return application_has_its_settings() && logins_hold() && application_has_its_settings();
}

static void application_keeps_its_openssl_cnf(void **state)
{
        char path[] = "/tmp/pam_jwt-openssl-XXXXXX";
        int fd = mkstemp(path);
        static const char text[] = "openssl_conf = init\n[init]\nalg_section = algorithms\n[algorithms]\n"
                                   "default_properties = fips=yes\n";

        (void)state;
        assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        close(fd);
        assert_int_equal(setenv("OPENSSL_CONF", path, 1), 0);
        assert_true(in_child(application_has_its_settings));
        assert_true(in_child(settings_after_login));
        assert_true(in_child(settings_before_login));
        assert_int_equal(unsetenv("OPENSSL_CONF"), 0);
        assert_int_equal(unlink(path), 0);
        assert_false(in_child(application_has_its_settings));
}

/* ------------------------------------------------------------------------------------------- threads */

static void *log_in_often(void *retfailed)
{
        for (int i = 0; i < LOGINS; i++)
                if (i % 4 == 3 ? login(bad) != PAM_AUTH_ERR : login(good) != PAM_SUCCESS)
                        *(bool *)retfailed = true;
        return NULL;
}

static bool threads_hold(void)
{
        pthread_t threads[THREADS];
        bool failed[THREADS] = {false};
        bool any = false;

        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&threads[i], NULL, log_in_often, &failed[i]) != 0)
                        return false;
        for (int i = 0; i < THREADS; i++) {
                (void)pthread_join(threads[i], NULL);
                any |= failed[i];
        }
        return !any;
}

static void threads_share_it(void **state)
{
        (void)state;
        assert_true(in_child(threads_hold));
}

/* -------------------------------------------------------------------------------------------- forks */

static bool parent_then_child(void)
{
        return logins_hold() && in_child(logins_hold) && logins_hold();
}

static bool child_then_parent(void)
{
        pid_t child = start_child(parent_then_child); /* which forks once more */
        bool held = logins_hold();

        return child_held(child) && held;
}

static void children_make_their_own(void **state)
{
        (void)state;
        assert_true(in_child(parent_then_child));
        assert_true(in_child(child_then_parent));
}

/* ------------------------------------------------------------------------------------------ unloaded */

/* pam_end() unloads; an application that unloads once more than it loads changes nothing either. */
static void it_outlives_dlclose(void **state)
{
        (void)state;
        for (int i = 0; i < 3; i++) {
                void *handle;

                assert_true(logins_hold());
                handle = dlopen(module, RTLD_NOW);
                assert_non_null(handle);
                assert_int_equal(dlclose(handle), 0);
                (void)dlclose(handle);
        }
        assert_true(logins_hold());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
        /* The last uses OpenSSL in this process; the others only in children of it. */
        const struct CMUnitTest tests[] = {
                CASE(application_keeps_its_openssl_cnf),
                CASE(threads_share_it),
                CASE(children_make_their_own),
                CASE(it_outlives_dlclose),
        };
        int failed;

        module = argc > 1 ? realpath(argv[1], NULL) : NULL;
        if (!module)
                return 99;
        make_tokens();
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        free((void *)(uintptr_t)module);
        return failed;
}
