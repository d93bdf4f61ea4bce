/*
 * PAM-20: the module is loaded, used and unloaded again and again in one process, as cron and display
 * managers do, without leaking memory, descriptors, mappings or signal dispositions.
 *
 * test_cycles MODULE COUNT: each count is three logins, and so three cycles
 */
#include "tokens.h"
#include "world.h"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct traces {
        size_t heap;
        size_t descriptors;
        size_t mappings;
};

static size_t entries(const char *directory)
{
        DIR *dir = opendir(directory);
        size_t count = 0;

        while (dir && readdir(dir))
                count++;
        if (dir)
                (void)closedir(dir);
        return count;
}

static size_t lines(const char *file)
{
        FILE *f = fopen(file, "re");
        size_t count = 0;

        for (int c = f ? getc(f) : EOF; c != EOF; c = getc(f))
                count += c == '\n';
        if (f)
                (void)fclose(f);
        return count;
}

static struct traces traces_now(void)
{
        return (struct traces){mallinfo2().uordblks, entries("/proc/self/fd"), lines("/proc/self/maps")};
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *token)
{
        (void)messages;
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

/* A login from pam_start to pam_end. */
static int login(char *answer)
{
        const struct pam_conv conv = {converse, answer};
        pam_handle_t *pamh = world_start("sshd", "alice", &conv);
        int result;

        (void)pam_set_item(pamh, PAM_FAIL_DELAY, delay_item.object);
        result = pam_authenticate(pamh, 0);
        if (result == PAM_SUCCESS)
                result = pam_acct_mgmt(pamh, 0);
        if (result == PAM_SUCCESS)
                result = pam_setcred(pamh, PAM_ESTABLISH_CRED);
        if (result == PAM_SUCCESS)
                result = pam_open_session(pamh, 0);
        if (result == PAM_SUCCESS)
                result = pam_close_session(pamh, 0);
        (void)pam_end(pamh, result);
        world_forget();
        return result;
}

/* Runs each kind of login; 0 if all ended as expected. */
static int logins(char *good, char *bad, char *password)
{
        return login(good) != PAM_SUCCESS || login(bad) != PAM_AUTH_ERR ||
               login(password) != PAM_CRED_UNAVAIL;
}

static int compare(struct traces before, struct traces after)
{
        (void)printf("heap %zu -> %zu, descriptors %zu -> %zu, mappings %zu -> %zu\n", before.heap,
                     after.heap, before.descriptors, after.descriptors, before.mappings, after.mappings);
        return after.heap > before.heap + 1024 || after.descriptors != before.descriptors ||
               after.mappings > before.mappings + 2;
}

int main(int argc, char **argv)
{
        char stack[4096];

        char password[] = "hunter2";
        char *good = tokens_make("len=600");
        char *bad = tokens_make("sig=bad");
        char *module = argc > 2 ? realpath(argv[1], NULL) : NULL;
        int count = argc > 2 ? atoi(argv[2]) : 0;
        struct traces before = {0};
        struct sigaction child;
        int failed = 0;

        if (!module || count < 20)
                return 99;
        (void)mallopt(M_MXFAST, 0); /* with glibc.malloc.tcache_count=0: freed memory is counted as free */
        (void)world_folder(NULL);
        (void)snprintf(stack, sizeof(stack),
                       "auth required %s config=%%d/pam_jwt.conf cache=%%d\naccount required %s\nsession "
                       "required %s\n",
                       module, module, module);
        world_stack("sshd", stack);
        for (int i = 0; i < count && !failed; i++) {
                if (i == 10)
                        before = traces_now();
                failed = logins(good, bad, password);
        }
        if (failed)
                (void)puts("a login did not end as it should");
        failed |= compare(before, traces_now());
        failed |= sigaction(SIGCHLD, NULL, &child) != 0 || child.sa_handler != SIG_DFL;
        world_remove();
        free(module);
        free(good);
        free(bad);
        return failed;
}
