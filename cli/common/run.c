#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUT_MAX (1024UL * 1024)

extern char **environ;

const char *const cli_plain_env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", NULL};

pid_t cli_spawn(const char *const *argv, const char *const *env, int in, int out)
{
        int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        posix_spawn_file_actions_t actions;
        pid_t pid = -1;

        if (null_fd < 0 || posix_spawn_file_actions_init(&actions) != 0) {
                if (null_fd >= 0)
                        close(null_fd);
                return -1;
        }
        posix_spawn_file_actions_adddup2(&actions, in >= 0 ? in : null_fd, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out >= 0 ? out : null_fd, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out >= 0 ? out : null_fd, STDERR_FILENO);
        /* posix_spawn takes char *const[] and changes nothing in it. */
        if (posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
                        env ? (char *const *)(uintptr_t)env : environ) != 0)
                pid = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(null_fd);
        return pid;
}

static int status_of(int status)
{
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int cli_wait(pid_t pid, int seconds)
{
        const struct timespec nap = {.tv_nsec = 20000000};
        int status = -1;
        pid_t done = 0;

        if (pid <= 0)
                return -1;
        for (int i = 0; i < seconds * 50 && done == 0; i++) {
                done = waitpid(pid, &status, WNOHANG);
                if (done == 0)
                        nanosleep(&nap, NULL);
        }
        if (done == 0) {
                kill(pid, SIGKILL);
                (void)waitpid(pid, &status, 0);
                return -1;
        }
        return done == pid ? status_of(status) : -1;
}

int cli_run_within(const char *const *argv, const char *const *env, struct cli_buf *out, int seconds)
{
        char block[4096];
        int pipefd[2];
        int status;
        ssize_t n;

        cli_buf_str(out, "");
        if (pipe2(pipefd, O_CLOEXEC | O_NONBLOCK) != 0)
                return -1;
        status = cli_wait(cli_spawn(argv, env, -1, pipefd[1]), seconds);
        close(pipefd[1]);
        while ((n = read(pipefd[0], block, sizeof(block))) > 0)
                cli_buf_add(out, block, (size_t)n);
        close(pipefd[0]);
        return status;
}

int cli_run(const char *const *argv, const char *const *env, struct cli_buf *out)
{
        char block[4096];
        int status = -1;
        int pipefd[2];
        ssize_t n;
        pid_t pid;

        cli_buf_str(out, "");
        if (pipe2(pipefd, O_CLOEXEC) != 0)
                return -1;
        pid = cli_spawn(argv, env, -1, pipefd[1]);
        close(pipefd[1]);
        while ((n = read(pipefd[0], block, sizeof(block))) > 0 || (n < 0 && errno == EINTR))
                if (n > 0 && out->len < OUT_MAX)
                        cli_buf_add(out, block, (size_t)n);
        close(pipefd[0]);
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        return pid > 0 ? status_of(status) : -1;
}
