/*
 * Schedules the rollback of an unconfirmed set-up. With systemd it is a transient timer of process 1: a child
 * of this process would be killed with the session it was started in (KillUserProcesses=yes), and the end of
 * that session is the very case it is for. Without systemd it is a process with its own session and no
 * terminal. `at` would be another package, and its daemon is often not running.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "out.h"
#include "run.h"
#include "scratch.h"
#include "setup.h"

#define RETRY_SECONDS 10

/* --- undo --- */

/* The host was rebooted in time: the timer of the boot before is gone, so a new one takes its place. */
static int begin_again(const char *root, const struct cli_journal *j)
{
        int64_t left = j->until - (int64_t)time(NULL);

        return cli_setup_timer(root, pjwt_boot_ms() + left * 1000) ? CLI_YES : CLI_NO;
}

int cli_setup_expire(const char *root)
{
        struct pjwt_error err = {0};
        struct cli_journal j;
        char boot[64];
        bool expired;

        cli_scratch_sweep();
        if (cli_setup_state(root, &expired) != CLI_SETUP_UNCONFIRMED)
                return CLI_YES;
        cli_journal_boot(boot);
        if (!expired && cli_journal_read(root, &j, &err))
                return strcmp(boot, j.boot) == 0 ? CLI_YES : begin_again(root, &j);
        openlog("pamjwt", LOG_PID, LOG_AUTHPRIV);
        if (cli_setup_undo(root, &err) != PJWT_OK) {
                syslog(LOG_ERR,
                       "setup was not confirmed and could not be rolled back, which will be tried again: %s",
                       err.detail);
                cli_complain("setup", "%s: %s", pjwt_reason_name(err.reason), err.detail);
                return CLI_NO;
        }
        syslog(LOG_NOTICE, "setup was not confirmed in time and has been rolled back");
        return CLI_YES;
}

/* --- systemd --- */

static bool systemd_timer(int64_t seconds)
{
        char self[PATH_MAX];
        char when[64];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        const char *const argv[] = {"/usr/bin/systemd-run",
                                    "--quiet",
                                    "--collect",
                                    when,
                                    "--timer-property=AccuracySec=1s",
                                    "--property=Restart=on-failure", /* until it has succeeded */
                                    "--property=RestartSec=30",
                                    "--property=StartLimitIntervalSec=0",
                                    self,
                                    "setup",
                                    "--undo",
                                    "--expired",
                                    NULL};
        struct cli_buf out = {0};
        bool good;

        if (n < 0 || access("/run/systemd/system", F_OK) != 0)
                return false;
        self[n] = '\0';
        snprintf(when, sizeof(when), "--on-active=%" PRId64, seconds + 1);
        good = cli_run(argv, cli_plain_env, &out) == 0;
        cli_buf_clear(&out);
        return good;
}

/* --- a process of its own --- */

static void leave_everything(void)
{
        int fd = open("/dev/null", O_RDWR);

        for (int i = 0; fd >= 0 && i < 3; i++)
                (void)dup2(fd, i);
        (void)close_range(3, UINT_MAX, 0);
        (void)signal(SIGHUP, SIG_IGN);
        (void)signal(SIGINT, SIG_IGN);
        if (chdir("/") != 0) /* a mount that stays busy is harmless */
                return;
}

static void __attribute__((noreturn)) watch(const char *root, int64_t deadline_boot_ms)
{
        int64_t at = deadline_boot_ms / 1000 + 1;

        leave_everything();
        for (;;) { /* until it has succeeded */
                const struct timespec until = {.tv_sec = at};

                while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL) == EINTR)
                        ;
                if (cli_setup_expire(root) == CLI_YES)
                        _exit(0);
                at = pjwt_boot_ms() / 1000 + RETRY_SECONDS;
        }
}

/* Forked twice, so that its parent is process 1 and no one else has to wait for it. */
static bool process_timer(const char *root, int64_t deadline_boot_ms)
{
        int status = -1;
        pid_t pid;

        fflush(NULL);
        pid = fork();
        if (pid == 0) {
                pid_t second = setsid() >= 0 ? fork() : -1;

                if (second == 0)
                        watch(root, deadline_boot_ms);
                _exit(second > 0 ? 0 : 1);
        }
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool cli_setup_timer(const char *root, int64_t deadline_boot_ms)
{
        int64_t left = (deadline_boot_ms - pjwt_boot_ms()) / 1000;

        return (!*root && systemd_timer(left)) || process_timer(root, deadline_boot_ms);
}
