/*
 * The module must not leave any changes in the process that has loaded it (attacks PAM-01, PAM-03, PAM-18,
 * PAM-19, PAM-21, PAM-24).
 *
 * test_host MODULE
 */
#include "cm.h"
#include "tokens.h"
#include "world.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/*
 * The reply is never in clear text in our own memory, so that the search below finds only what others left.
 */
#define MASK 0x5a
static unsigned char masked[4096];
static size_t masked_len;
static bool unterminated;
static const char *module;

/*
 * Another process creates the reply, since creating it would leave traces in memory that hide what we look
 * for.
 */
static void mask_answer(const char *spec)
{
        int ends[2];
        pid_t child;
        ssize_t got;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        child = fork();
        if (child == 0) {
                char *answer = tokens_answer(spec);
                size_t len = strlen(answer);

                for (size_t i = 0; i < len; i++)
                        answer[i] = (char)(answer[i] ^ MASK);
                _exit(write(ends[1], answer, len) == (ssize_t)len ? 0 : 1);
        }
        close(ends[1]);
        got = read(ends[0], masked, sizeof(masked));
        close(ends[0]);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_true(got > 0);
        masked_len = (size_t)got;
}

static char *unmasked(void)
{
        char *answer = unterminated ? malloc(100000) : calloc(1, masked_len + 1);

        assert_non_null(answer);
        if (unterminated) {
                memset(answer, 'A', 100000);
                return answer;
        }
        for (size_t i = 0; i < masked_len; i++)
                answer[i] = (char)(masked[i] ^ MASK);
        return answer;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *appdata)
{
        (void)appdata;
        *ret = calloc((size_t)count, sizeof(**ret));
        assert_non_null(*ret);
        for (int i = 0; i < count; i++)
                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
                        (*ret)[i].resp = unmasked();
        return PAM_SUCCESS;
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

/* authenticate and account; the handle stays open, as in a running session. */
static int login(pam_handle_t **ret)
{
        static const struct pam_conv conv = {converse, NULL};
        int result;

        *ret = world_start("sshd", "alice", &conv);
        (void)pam_set_item(*ret, PAM_FAIL_DELAY, delay_item.object);
        result = pam_authenticate(*ret, 0);
        return result == PAM_SUCCESS ? pam_acct_mgmt(*ret, 0) : result;
}

static int whole_login(void)
{
        pam_handle_t *pamh;
        int result = login(&pamh);

        (void)pam_end(pamh, result);
        world_forget();
        return result;
}

static int set_up(void **state)
{
        char stack[4096];

        (void)state;
        (void)world_folder(NULL);
        (void)snprintf(stack, sizeof(stack),
                       "auth required %s config=%%d/pam_jwt.conf cache=%%d debug\naccount required %s\n",
                       module, module);
        world_stack("sshd", stack);
        unterminated = false;
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        world_remove();
        return 0;
}

#define PIECE 24

/* Whether these bytes contain the piece of the reply at `at`. */
static bool holds_piece(const unsigned char *bytes, size_t len, size_t at)
{
        for (size_t i = 0; i + PIECE <= len; i++) {
                size_t n = 0;

                while (n < PIECE && (unsigned char)(bytes[i + n] ^ MASK) == masked[at + n])
                        n++;
                if (n == PIECE)
                        return true;
        }
        return false;
}

/* Searches all of our writable memory; reads it through the kernel, in overlapping pieces. */
static bool memory_holds(size_t at)
{
        static unsigned char window[1 << 16];
        FILE *maps = fopen("/proc/self/maps", "re");
        int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        char line[512];
        bool found = false;

        assert_non_null(maps);
        assert_true(mem >= 0);
        while (!found && fgets(line, sizeof(line), maps)) {
                unsigned long from = 0;
                unsigned long to = 0;
                char rights[5] = "";

                if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 || rights[1] != 'w' ||
                    to - from > 1UL << 30) /* ASan's shadow */
                        continue;
                for (unsigned long p = from; !found && p < to; p += sizeof(window) - PIECE) {
                        size_t want = to - p < sizeof(window) ? to - p : sizeof(window);
                        ssize_t got = pread(mem, window, want, (off_t)p);

                        if (p <= (unsigned long)window && (unsigned long)window < p + want)
                                continue; /* the window itself contains what was read last */
                        found = got > 0 && holds_piece(window, (size_t)got, at);
                }
                explicit_bzero(window, sizeof(window));
        }
        (void)fclose(maps);
        close(mem);
        return found;
}

/* The search must find a token that is present, or the tests below would prove nothing. */
static void search_sees_what_is_there(void **state)
{
        char *answer;

        (void)state;
        mask_answer("@token len=600");
        answer = unmasked();
        assert_true(memory_holds(masked_len - PIECE));
        explicit_bzero(answer, masked_len);
        free(answer);
        assert_false(memory_holds(masked_len - PIECE));
}

static void assert_gone(const char *spec, int expected)
{
        pam_handle_t *pamh;

        mask_answer(spec);
        assert_int_equal(login(&pamh), expected);
        assert_false(memory_holds(masked_len - PIECE)); /* the signature */
        assert_false(memory_holds(masked_len / 2));     /* the claims as sent */
        (void)pam_end(pamh, PAM_SUCCESS);
        assert_false(memory_holds(masked_len - PIECE));
        world_forget();
}

/* PAM-18: nothing of a token is left in memory, even while the session that it opened continues. */
static void no_token_stays_in_memory(void **state)
{
        (void)state;
        assert_gone("@token len=900", PAM_SUCCESS);
        assert_gone("@token len=900 sig=bad", PAM_AUTH_ERR);
        assert_gone("@token len=900 exp=-300", PAM_AUTH_ERR);
        assert_gone("  \"Bearer {len=900}\" ", PAM_SUCCESS);
        assert_gone("@token len=900 keep=700", PAM_AUTH_ERR);
        assert_gone("@part 1/1 len=450", PAM_SUCCESS);
        assert_gone("@part 2/3 len=700", PAM_AUTH_ERR);
}

struct host {
        mode_t mask;
        char directory[4096];
        char locale[256];
        size_t variables;
        size_t descriptors;
        struct sigaction actions[32];
        sigset_t blocked;
};

static size_t count_descriptors(void)
{
        DIR *dir = opendir("/proc/self/fd");
        size_t count = 0;

        assert_non_null(dir);
        while (readdir(dir))
                count++;
        (void)closedir(dir);
        return count;
}

static void look_at_host(struct host *ret)
{
        memset(ret, 0, sizeof(*ret));
        ret->mask = umask(0);
        umask(ret->mask);
        assert_non_null(getcwd(ret->directory, sizeof(ret->directory)));
        (void)snprintf(ret->locale, sizeof(ret->locale), "%s", setlocale(LC_ALL, NULL));
        while (environ[ret->variables])
                ret->variables++;
        ret->descriptors = count_descriptors();
        for (int i = 1; i < 32; i++)
                (void)sigaction(i, NULL, &ret->actions[i]);
        (void)sigprocmask(SIG_BLOCK, NULL, &ret->blocked);
}

/*
 * PAM-03, PAM-19: umask, current directory, locale, environment, descriptors and signals belong to the
 * application.
 */
static void host_process_is_left_as_it_was(void **state)
{
        struct host before;
        struct host after;

        (void)state;
        mask_answer("@token len=600");
        assert_int_equal(whole_login(),
                         PAM_SUCCESS); /* what the libraries initialise once has been initialised */
        look_at_host(&before);
        assert_int_equal(whole_login(), PAM_SUCCESS);
        mask_answer("@token sig=bad");
        assert_int_equal(whole_login(), PAM_AUTH_ERR);
        look_at_host(&after);
        assert_int_equal(before.mask, after.mask);
        assert_string_equal(before.directory, after.directory);
        assert_string_equal(before.locale, after.locale);
        assert_int_equal(before.variables, after.variables);
        assert_int_equal(before.descriptors, after.descriptors);
        for (int i = 1; i < 32; i++)
                assert_true(before.actions[i].sa_handler == after.actions[i].sa_handler);
        assert_memory_equal(&before.blocked, &after.blocked, sizeof(before.blocked));
}

/* PAM-01: the user who calls sudo controls the environment; nothing in it has any effect. */
static void environment_does_not_matter(void **state)
{
        static const char *const hostile[] = {"OPENSSL_CONF",    "OPENSSL_MODULES", "OPENSSL_ENGINES",
                                              "SSL_CERT_FILE",   "SSL_CERT_DIR",    "HTTPS_PROXY",
                                              "https_proxy",     "CURL_CA_BUNDLE",  "TZ",
                                              "LC_ALL",          "LOCPATH",         "HOME",
                                              "XDG_RUNTIME_DIR", "TMPDIR"};

        (void)state;
        for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
                assert_int_equal(setenv(hostile[i], "/nonexistent/../../tmp/evil", 1), 0);
        assert_int_equal(setenv("PAMJWT_EXP", "99999999999", 1), 0);
        mask_answer("@token len=600");
        assert_int_equal(whole_login(), PAM_SUCCESS);
        mask_answer("@token exp=-300");
        assert_int_equal(whole_login(), PAM_AUTH_ERR);
        for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
                assert_int_equal(unsetenv(hostile[i]), 0);
        assert_int_equal(unsetenv("PAMJWT_EXP"), 0);
}

/* PAM-24: an application that omits the terminating NUL. The module does not read beyond its limit. */
static void answer_without_an_end(void **state)
{
        (void)state;
        unterminated = true;
        assert_int_equal(whole_login(), PAM_AUTH_ERR);
}

/* PAM-21: jansson exports names that json-c also has; another module may have loaded it in the process. */
static void another_json_library_in_the_process(void **state)
{
        void *jansson = dlopen("libjansson.so.4", RTLD_NOW | RTLD_GLOBAL);

        (void)state;
        if (!jansson)
                skip();
        mask_answer("@token len=600");
        assert_int_equal(whole_login(), PAM_SUCCESS);
        mask_answer("@token sub=bob");
        assert_int_equal(whole_login(), PAM_AUTH_ERR);
        (void)dlclose(jansson);
}

/* PAM-03: descriptors that are open while the conversation runs a program are not inherited. */
static void every_descriptor_is_closed_on_exec(void **state)
{
        DIR *dir;

        (void)state;
        mask_answer("@token len=600");
        assert_int_equal(whole_login(), PAM_SUCCESS);
        dir = opendir("/proc/self/fd");
        assert_non_null(dir);
        for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
                char target[256] = "";
                char path[300];

                (void)snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
                /* 0 to 2 belong to the harness, and may be files in a checkout of that name */
                if (atoi(entry->d_name) > 2 && readlink(path, target, sizeof(target) - 1) > 0 &&
                    strstr(target, "pam_jwt"))
                        assert_true(fcntl(atoi(entry->d_name), F_GETFD) & FD_CLOEXEC);
        }
        (void)closedir(dir);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                CASE(search_sees_what_is_there),
                CASE(no_token_stays_in_memory),
                CASE(host_process_is_left_as_it_was),
                CASE(environment_does_not_matter),
                CASE(answer_without_an_end),
                CASE(another_json_library_in_the_process),
                CASE(every_descriptor_is_closed_on_exec),
        };

        module = argc > 1 ? realpath(argv[1], NULL) : NULL;
        return module ? cmocka_run_group_tests(tests, NULL, NULL) : 99;
}
