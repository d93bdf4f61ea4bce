/*
 * The two files of the module (docs/ARCHITECTURE.md): the judge is loaded for a token and for nothing else,
 * and one of another build, or none, refuses the token and leaves passwords alone.
 *
 * test_judge MODULE: its judge, pam_jwt-BUILDID.so, is beside it
 */
#include "cm.h"
#include "tokens.h"
#include "world.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *directory;         /* of the module */
static char judge_name[NAME_MAX + 1]; /* of its judge there */
static char here[PATH_MAX];           /* the test's own copy of both */

static void in(char path[PATH_MAX], const char *dir, const char *name)
{
        assert_true(snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX);
}

static char *read_all(const char *path, size_t *retlen)
{
        FILE *f = fopen(path, "re");
        size_t room = 16 << 20;
        char *bytes = malloc(room);

        assert_non_null(f);
        assert_non_null(bytes);
        *retlen = fread(bytes, 1, room, f);
        assert_true(*retlen > 0 && *retlen < room);
        (void)fclose(f);
        return bytes;
}

static void write_all(const char *path, const char *bytes, size_t len)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_int_equal(fwrite(bytes, 1, len, f), len);
        assert_int_equal(fclose(f), 0);
}

static void copy(const char *name)
{
        char from[PATH_MAX], to[PATH_MAX];
        size_t len = 0;
        char *bytes;

        in(from, directory, name);
        in(to, here, name);
        bytes = read_all(from, &len);
        write_all(to, bytes, len);
        free(bytes);
}

static void remove_judge(void)
{
        char path[PATH_MAX];

        in(path, here, judge_name);
        assert_int_equal(unlink(path), 0);
}

/* As if the sources had been others: the build id within the file is another one, its name is not. */
static void judge_of_another_build(void)
{
        char path[PATH_MAX], id[NAME_MAX + 1];
        size_t len = 0, found = 0, id_len;
        char *bytes;

        (void)snprintf(id, sizeof(id), "%s", judge_name + strlen("pam_jwt-"));
        *strrchr(id, '.') = '\0';
        id_len = strlen(id);
        in(path, here, judge_name);
        bytes = read_all(path, &len);
        for (char *at = bytes; (at = memmem(at, len - (size_t)(at - bytes), id, id_len)); at++, found++)
                *at = *at == '0' ? '1' : '0';
        assert_true(found > 0);
        assert_int_equal(unlink(path), 0);
        write_all(path, bytes, len);
        free(bytes);
}

static bool judge_is_mapped(void)
{
        FILE *maps = fopen("/proc/self/maps", "re");
        char line[PATH_MAX + 128];
        bool found = false;

        assert_non_null(maps);
        while (fgets(line, sizeof(line), maps))
                found |= strstr(line, here) && strstr(line, judge_name);
        (void)fclose(maps);
        return found;
}

static char said[256];          /* the last message to the user */
static void (*at_prompt)(void); /* what happens while the user types */

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *reply)
{
        *ret = calloc((size_t)count, sizeof(**ret));
        assert_non_null(*ret);
        for (int i = 0; i < count; i++) {
                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
                        (*ret)[i].resp = strdup(reply);
                        if (at_prompt)
                                at_prompt();
                        at_prompt = NULL;
                } else {
                        (void)snprintf(said, sizeof(said), "%s", messages[i]->msg);
                }
        }
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

static pam_handle_t *start(char *reply, struct pam_conv *conv)
{
        pam_handle_t *pamh;

        *conv = (struct pam_conv){converse, reply};
        pamh = world_start("sshd", "alice", conv);
        (void)pam_set_item(pamh, PAM_FAIL_DELAY, delay_item.object);
        said[0] = '\0';
        world_forget();
        return pamh;
}

static int authenticate(char *reply)
{
        struct pam_conv conv;
        pam_handle_t *pamh = start(reply, &conv);
        int result = pam_authenticate(pamh, 0);

        (void)pam_end(pamh, result);
        return result;
}

static int authenticate_by_token(const char *spec)
{
        char *token = tokens_make(spec);
        int result = authenticate(token);

        free(token);
        return result;
}

static int set_up(void **state)
{
        char stack[3 * PATH_MAX];

        (void)state;
        (void)snprintf(here, sizeof(here), "%s", world_folder(NULL));
        copy("pam_jwt.so");
        copy(judge_name);
        (void)snprintf(stack, sizeof(stack),
                       "auth required %%d/pam_jwt.so config=%%d/pam_jwt.conf cache=%%d\n"
                       "account required %%d/pam_jwt.so\nsession required %%d/pam_jwt.so\n");
        world_stack("sshd", stack);
        at_prompt = NULL;
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        world_forget();
        world_remove();
        return 0;
}

/* sudo, su and login without a token, from the prompt to the end of the session. */
static void a_password_loads_no_judge(void **state)
{
        struct pam_conv conv;
        char password[] = "correct horse 7";
        pam_handle_t *pamh = start(password, &conv);

        (void)state;
        assert_int_equal(pam_authenticate(pamh, 0), PAM_CRED_UNAVAIL);
        assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED); /* libpam: every line was ignored */
        assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_CRED_UNAVAIL);
        assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
        assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
        (void)pam_end(pamh, PAM_SUCCESS);
        assert_false(judge_is_mapped());
        assert_int_equal(world_log_count, 0);
}

/* sshd's stand-in for a user who may not log in: the line in the log needs no judge either. */
static void a_failure_before_the_token_loads_no_judge(void **state)
{
        char *junk = tokens_answer("@junk 300");

        (void)state;
        assert_int_equal(authenticate(junk), PAM_AUTH_ERR);
        free(junk);
        assert_int_equal(world_log_count, 1);
        assert_non_null(strstr(world_log[0], "reason=stand-in"));
        assert_false(judge_is_mapped());
}

static void a_token_loads_it_for_good(void **state)
{
        (void)state;
        assert_int_equal(authenticate_by_token("len=400"), PAM_SUCCESS);
        assert_true(judge_is_mapped()); /* also after pam_end() */
        remove_judge();
        assert_int_equal(authenticate_by_token("len=400"), PAM_SUCCESS);
        assert_int_equal(authenticate_by_token("len=400 sig=bad"), PAM_AUTH_ERR);
}

static void assert_upgraded(const char *why)
{
        assert_int_equal(authenticate_by_token("len=400"), PAM_AUTHINFO_UNAVAIL);
        assert_int_equal(world_log_count, 1);
        assert_non_null(strstr(world_log[0], "ERR pam_jwt(sshd:auth): result=deny reason=upgraded"));
        assert_non_null(strstr(world_log[0], "user='alice' service='sshd'"));
        assert_non_null(strstr(world_log[0], why));
        assert_non_null(strstr(said, "The token was not accepted")); /* as for every user (RVW-08) */
}

static void assert_password_is_left_alone(void)
{
        char password[] = "correct horse 7";

        assert_int_equal(authenticate(password), PAM_CRED_UNAVAIL);
        assert_int_equal(world_log_count, 0);
}

static void a_missing_judge_refuses_tokens_only(void **state)
{
        (void)state;
        remove_judge();
        assert_upgraded("upgraded during this login, try again");
        assert_password_is_left_alone();
        copy(judge_name);
        assert_int_equal(authenticate_by_token("len=400"), PAM_SUCCESS);
}

static void a_judge_of_another_build_is_not_called(void **state)
{
        (void)state;
        judge_of_another_build();
        assert_upgraded("of another build");
        assert_password_is_left_alone();
}

static void a_judge_that_is_no_library_refuses_tokens_only(void **state)
{
        char path[PATH_MAX];

        (void)state;
        remove_judge();
        in(path, here, judge_name);
        write_all(path, "text\n", 5);
        assert_upgraded("cannot be loaded");
        assert_password_is_left_alone();
}

/* What a package manager does while the user types: the old judge goes, another is there. */
static void upgrade(void)
{
        char from[PATH_MAX], to[PATH_MAX];

        judge_of_another_build();
        in(from, here, judge_name);
        in(to, here, "pam_jwt-of-the-next-release.so");
        assert_int_equal(rename(from, to), 0);
}

static void an_upgrade_at_the_prompt(void **state)
{
        (void)state;
        at_prompt = upgrade;
        assert_upgraded("upgraded during this login, try again");
        assert_false(judge_is_mapped());
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void find_judge(void)
{
        DIR *dir = opendir(directory);

        for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
                if (strncmp(entry->d_name, "pam_jwt-", strlen("pam_jwt-")) == 0)
                        (void)snprintf(judge_name, sizeof(judge_name), "%s", entry->d_name);
        if (dir)
                (void)closedir(dir);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                CASE(a_password_loads_no_judge),
                CASE(a_failure_before_the_token_loads_no_judge),
                CASE(a_token_loads_it_for_good),
                CASE(a_missing_judge_refuses_tokens_only),
                CASE(a_judge_of_another_build_is_not_called),
                CASE(a_judge_that_is_no_library_refuses_tokens_only),
                CASE(an_upgrade_at_the_prompt),
        };
        static char module[PATH_MAX];

        if (argc < 2 || !realpath(argv[1], module))
                return 99;
        *strrchr(module, '/') = '\0';
        directory = module;
        find_judge();
        return judge_name[0] ? cmocka_run_group_tests(tests, NULL, NULL) : 99;
}
