/*
 * Logins through libpam itself, each in a process of its own, for tests that need thousands.
 *
 *   pam_logins SERVICE USER ENDING COUNT <SECRET
 *
 * Prints `STATUS COUNT` lines: how many logins ended with each exit status, or minus the signal that killed
 * them. SECRET is one line, which answers every prompt. ENDING is what a login does after authenticate:
 *
 *   close    account, setcred, open_session, close_session, pam_end
 *   end      account, setcred, pam_end: no session
 *   exit     account, setcred, and the process is gone without pam_end
 *   kill     killed by SIGKILL before its session opens
 *   crash    killed by SIGKILL in its session
 *
 * Cheap, since a login runs in its parent's memory while the parent waits, as after vfork(2). Everything else
 * is its own: pid, start time, audit session id, and its death.
 */
#include <sched.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "converse.h"

#define STATUS_MAX 256

struct login {
        const char *service;
        const char *user;
        const char *ending;
};

static char secret[1 << 16];
static _Alignas(64) char stack[1 << 20];

static void die_at(const struct login *login, const char *now)
{
        if (strcmp(login->ending, now) == 0)
                (void)kill(getpid(), SIGKILL);
}

static int with_session(pam_handle_t *pamh, const struct login *login)
{
        int r = pam_open_session(pamh, PAM_SILENT);

        die_at(login, "crash");
        return r == PAM_SUCCESS ? pam_close_session(pamh, PAM_SILENT) : r;
}

static int from_authenticate_on(pam_handle_t *pamh, const struct login *login)
{
        int r = pam_authenticate(pamh, PAM_SILENT);

        die_at(login, "kill");
        if (r == PAM_SUCCESS)
                r = pam_acct_mgmt(pamh, PAM_SILENT);
        if (r == PAM_SUCCESS)
                r = pam_setcred(pamh, PAM_ESTABLISH_CRED);
        if (strcmp(login->ending, "exit") == 0)
                _exit(r != PAM_SUCCESS);
        if (r == PAM_SUCCESS && strcmp(login->ending, "end") != 0)
                r = with_session(pamh, login);
        return r;
}

/* 0 if every call succeeded, else 1. */
static int log_in(void *arg)
{
        const struct login *login = arg;
        const struct pam_conv conv = {answer, secret};
        pam_handle_t *pamh = NULL;
        int r = pam_start(login->service, login->user, &conv, &pamh);

        if (r == PAM_SUCCESS)
                r = from_authenticate_on(pamh, login);
        (void)pam_end(pamh, r);
        return r != PAM_SUCCESS;
}

/* The exit status of a login, or minus the signal that killed it. */
static int status_of(struct login *login)
{
        int status = 0;
        pid_t pid = clone(log_in, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, login);

        if (pid < 0 || waitpid(pid, &status, 0) != pid)
                abort();
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
        unsigned long seen[2 * STATUS_MAX] = {0};
        struct login login;

        if (argc != 5 || !fgets(secret, sizeof(secret), stdin)) {
                fputs("usage: pam_logins SERVICE USER ENDING COUNT <SECRET\n", stderr);
                return 2;
        }
        login = (struct login){argv[1], argv[2], argv[3]};
        secret[strcspn(secret, "\n")] = '\0';
        for (unsigned long i = strtoul(argv[4], NULL, 10); i > 0; i--)
                seen[STATUS_MAX + status_of(&login)]++;
        for (int i = 0; i < 2 * STATUS_MAX; i++)
                if (seen[i])
                        printf("%d %lu\n", i - STATUS_MAX, seen[i]);
        return 0;
}
