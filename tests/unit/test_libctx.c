/* OpenSSL's library context: one for a process, whatever its threads and forks do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libctx.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS   20
#define FORKS    8
#define THREADS  8
#define PATIENCE 10 /* seconds, for a child that waits for a lock that nothing releases */

/* Takes the locks of the context that a verification takes, among them those for writing. */
static bool works(void)
{
        static const char *const digests[] = {"SHA256", "SHA384", "SHA512", "SHA3-256", "SHAKE256"};
        OSSL_LIB_CTX *libctx = pjwt_libctx();
        bool ok = libctx != NULL;

        for (size_t i = 0; ok && i < sizeof(digests) / sizeof(digests[0]); i++) {
                EVP_MD *md = EVP_MD_fetch(libctx, digests[i], NULL);

                ok = md != NULL;
                EVP_MD_free(md);
        }
        return ok;
}

static pid_t start_child(bool (*fn)(void))
{
        pid_t child = fork();

        if (child == 0) {
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

static void *give_context(void *ret)
{
        *(OSSL_LIB_CTX **)ret = works() ? pjwt_libctx() : NULL;
        return NULL;
}

static bool threads_get_the_same(void)
{
        pthread_t threads[THREADS];
        OSSL_LIB_CTX *got[THREADS] = {NULL};
        bool same = true;

        for (int i = 0; i < THREADS; i++)
                if (pthread_create(&threads[i], NULL, give_context, &got[i]) != 0)
                        return false;
        for (int i = 0; i < THREADS; i++) {
                (void)pthread_join(threads[i], NULL);
                same &= got[i] != NULL && got[i] == pjwt_libctx();
        }
        return same;
}

static void one_for_the_process(void **state)
{
        (void)state;
        for (int i = 0; i < ROUNDS; i++)
                assert_true(in_child(threads_get_the_same)); /* in a process that has none yet */
}

static OSSL_LIB_CTX *of_parent;

static bool differs_from_parent(void)
{
        return works() && pjwt_libctx() != of_parent && pjwt_libctx() == pjwt_libctx();
}

static bool parent_and_child(void)
{
        of_parent = works() ? pjwt_libctx() : NULL;
        return of_parent && in_child(differs_from_parent) && pjwt_libctx() == of_parent && works();
}

static void a_child_makes_its_own(void **state)
{
        (void)state;
        assert_true(in_child(parent_and_child));
}

static void *work_on(void *retfailed)
{
        for (int i = 0; i < 200; i++)
                if (!works())
                        *(bool *)retfailed = true;
        return NULL;
}

/*
 * Forks while another thread makes the context and then uses it. What OpenSSL sets up once in a process is
 * set up before: a fork in the middle of that leaves one of OpenSSL's own locks held (OBJ_NAME_add), whatever
 * context is used.
 */
static bool forks_meanwhile(void)
{
        OSSL_LIB_CTX *other = OSSL_LIB_CTX_new();
        EVP_MD *md = EVP_MD_fetch(other, "SHA256", NULL);
        bool failed = false;
        pthread_t thread;
        pid_t children[FORKS];

        if (!md || pthread_create(&thread, NULL, work_on, &failed) != 0)
                return false;
        for (int i = 0; i < FORKS; i++) {
                children[i] = start_child(works);
                (void)usleep(300);
        }
        for (int i = 0; i < FORKS; i++)
                failed |= !child_held(children[i]);
        (void)pthread_join(thread, NULL);
        EVP_MD_free(md);
        OSSL_LIB_CTX_free(other);
        return !failed;
}

static void a_fork_meanwhile_does_no_harm(void **state)
{
        (void)state;
#ifdef __SANITIZE_ADDRESS__
        skip(); /* ASan's own allocator has locks that a fork leaves held */
#endif
        for (int i = 0; i < ROUNDS; i++)
                assert_true(in_child(forks_meanwhile));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_for_the_process),
                cmocka_unit_test(a_child_makes_its_own),
                cmocka_unit_test(a_fork_meanwhile_does_no_harm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
