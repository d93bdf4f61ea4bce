#include "listener.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "run.h"
#include "sshdconf.h"

#define SETTLE_MS 15000

/*
 * Two accounts of every host. One is enough; the other is for hosts whose Match blocks treat one of them
 * differently.
 */
static const char *const users[CLI_LISTENER_USERS] = {"nobody", "root"};

/* --- what it offers --- */

enum offer { SILENT, OFFERED, NOT_OFFERED };

/*
 * The stock client asks with the method "none", and repeats the answer: "USER@HOST: Permission denied
 * (METHOD,...)."
 */
static enum offer ask(const struct cli_listener *l, const char *user)
{
        char port[16];
        const char *const argv[] = {"/usr/bin/ssh",
                                    "-F",
                                    "none",
                                    "-p",
                                    port,
                                    "-l",
                                    user,
                                    "-o",
                                    "BatchMode=yes",
                                    "-o",
                                    "ConnectTimeout=5",
                                    "-o",
                                    "ConnectionAttempts=1",
                                    "-o",
                                    "StrictHostKeyChecking=no",
                                    "-o",
                                    "UserKnownHostsFile=/dev/null",
                                    "-o",
                                    "GlobalKnownHostsFile=/dev/null",
                                    "-o",
                                    "PreferredAuthentications=none",
                                    "-o",
                                    "LogLevel=ERROR",
                                    l->address,
                                    "exit",
                                    NULL};
        struct cli_buf out = {0};
        enum offer offer = SILENT;
        const char *methods;

        snprintf(port, sizeof(port), "%u", l->port);
        (void)cli_run_within(argv, cli_plain_env, &out, 10);
        methods = out.failed ? NULL : strstr(out.bytes, "Permission denied (");
        if (methods)
                offer = strstr(methods, "keyboard-interactive") ? OFFERED : NOT_OFFERED;
        cli_buf_clear(&out);
        return offer;
}

/* By the files as they are now, must this user not be offered it? */
static bool must_not_ask(const struct cli_listener *l, const char *user)
{
        char whom[256];
        struct cli_buf out = {0};
        bool no;

        snprintf(whom, sizeof(whom), "user=%s,host=localhost,addr=%s,laddr=%s,lport=%u", user, l->address,
                 l->address, l->port);
        no = cli_sshd_ask(CLI_SSHD, whom, &out) && !cli_sshd_kbdint(out.bytes);
        cli_buf_clear(&out);
        return no;
}

enum pjwt_reason cli_listener_ready(struct cli_listener_watch *ret, struct pjwt_error *reterr)
{
        struct cli_buf out = {0};
        enum pjwt_reason r = PJWT_OK;

        *ret = (struct cli_listener_watch){0};
        cli_listening_find(ret);
        if (ret->count > 0 && !cli_sshd_ask(CLI_SSHD, NULL, &out))
                r = pjwt_fail(reterr, PJWT_FILE_WRITE,
                              "nothing was changed: sshd would not reload, because it rejects its "
                              "configuration: %s",
                              out.bytes ? out.bytes : "");
        cli_buf_clear(&out);
        for (size_t i = 0; r == PJWT_OK && i < ret->count; i++)
                for (size_t k = 0; k < CLI_LISTENER_USERS; k++)
                        ret->all[i].asks[k] = ask(&ret->all[i], users[k]) == OFFERED;
        return r;
}

/* --- has it read the new configuration? --- */

/*
 * sshd closes its sockets and starts itself again to reload. One that inherited its socket from systemd
 * keeps it, and is known by what it offers.
 */
static bool has_settled(const struct cli_listener *l)
{
        bool reopened = !cli_listening_has(l->pid, l->socket);
        bool changed = false;

        for (size_t k = 0; k < CLI_LISTENER_USERS; k++) {
                enum offer offer;

                if (!l->asks[k] || !must_not_ask(l, users[k]))
                        continue;
                offer = ask(l, users[k]);
                if (offer == OFFERED || (offer == SILENT && !reopened))
                        return false;
                changed = true;
        }
        return reopened || changed;
}

static bool wait_for(const struct cli_listener *l)
{
        const struct timespec nap = {.tv_nsec = 200000000};
        int64_t until = pjwt_boot_ms() + SETTLE_MS;
        bool settled = has_settled(l);

        for (; !settled && pjwt_boot_ms() < until; settled = has_settled(l))
                nanosleep(&nap, NULL);
        return settled;
}

enum pjwt_reason cli_listener_settle(const struct cli_listener_watch *watch, struct pjwt_error *reterr)
{
        struct cli_buf out = {0};
        bool good = watch->count == 0 || cli_sshd_ask(CLI_SSHD, NULL, &out);

        if (!good)
                pjwt_fail(reterr, PJWT_FILE_WRITE,
                          "sshd is not reloaded, because it rejects its configuration: %s",
                          out.bytes ? out.bytes : "");
        cli_buf_clear(&out);
        for (size_t i = 0; good && i < watch->count; i++) { /* all of them, before one is waited for */
                if (cli_listening_has(watch->all[i].pid, watch->all[i].socket))
                        (void)kill(watch->all[i].pid, SIGHUP);
        }
        for (size_t i = 0; good && i < watch->count; i++) {
                good = wait_for(&watch->all[i]);
                if (!good)
                        pjwt_fail(
                                reterr, PJWT_FILE_WRITE,
                                "sshd (process %d, port %u) still goes by its old configuration: restart it",
                                (int)watch->all[i].pid, watch->all[i].port);
        }
        if (good)
                cli_listening_end_unfinished(pjwt_boot_ms());
        return good ? PJWT_OK : reterr->reason;
}
