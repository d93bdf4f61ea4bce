/*
 * The results of logins with a token and with every truncation of it, for tests/cli/test_same.py, which
 * compares them with those of `pamjwt check`.
 *
 * truncations MODULE USER LENGTH...: sets up a host in a directory, prints its path, then for each LENGTH a
 * token of that many bytes and the reasons of its first 1, 2, ... bytes in one line each; the directory is
 * removed when standard input ends.
 */
#include "tokens.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Answers the first prompt with the text, and every other with an empty reply, like a user who has entered
 * it all.
 */
static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *text)
{
        const char **next = text;

        *ret = calloc((size_t)count, sizeof(**ret));
        for (int i = 0; i < count && *ret; i++)
                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
                        (*ret)[i].resp = strdup(*next);
                        *next = "";
                }
        return *ret ? PAM_SUCCESS : PAM_BUF_ERR;
}

/* The reason in the audit line; there is none for a reply that is left to the next module. */
static void print_reason(void)
{
        static const char key[] = " reason=";

        for (size_t i = 0; i < world_log_count; i++) {
                const char *at = strstr(world_log[i], "result=") ? strstr(world_log[i], key) : NULL;

                if (at) {
                        at += strlen(key);
                        (void)printf("%.*s", (int)strcspn(at, " "), at);
                        return;
                }
        }
        (void)fputs("not-a-token", stdout);
}

static void log_in(const char *user, const char *reply)
{
        const char *next = reply;
        const struct pam_conv conv = {converse, &next};
        pam_handle_t *pamh = world_start("sshd", user, &conv);
        int result = pam_authenticate(pamh, 0);

        print_reason();
        (void)pam_end(pamh, result);
        world_forget();
}

static void truncate_all(const char *user, const char *length)
{
        char spec[32];
        char *token;
        char *reply;

        (void)snprintf(spec, sizeof(spec), "len=%s", length);
        token = tokens_make(spec);
        puts(token);
        for (size_t len = 1; len <= strlen(token); len++) {
                reply = strndup(token, len);
                if (!reply)
                        abort();
                log_in(user, reply);
                (void)putchar(len < strlen(token) ? ' ' : '\n');
                free(reply);
        }
        free(token);
}

int main(int argc, char **argv)
{
        char *module = argc > 3 ? realpath(argv[1], NULL) : NULL;
        char stack[4096];

        if (!module)
                return 99;
        puts(world_folder(NULL));
        (void)snprintf(stack, sizeof(stack), "auth required %s nodelay config=%%d/pam_jwt.conf cache=%%d\n",
                       module);
        world_stack("sshd", stack);
        for (int i = 3; i < argc; i++)
                truncate_all(argv[2], argv[i]);
        (void)fflush(stdout);
        while (getchar() != EOF)
                ;
        world_remove();
        free(module);
        return 0;
}
