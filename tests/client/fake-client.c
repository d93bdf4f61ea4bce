/*
 * Runs an askpass program as ssh and sudo do: `fake-client ASKPASS` reads prompts, each ended by a NUL byte,
 * runs `ASKPASS PROMPT` for each in turn, and prints `STATUS ANSWER` ended by a NUL byte. The answer is
 * truncated as in ssh: at 1023 bytes and at the first line end. `-V` prints FAKE_VERSION, by default a recent
 * ssh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_SIZE = 1024 };

/*
 * As in ssh, the pipe stays open after standard output: a process left running by askpass would delay the
 * login.
 */
static void become_askpass(const char *askpass, const char *prompt, int out)
{
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        dup2(null, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        execl(askpass, askpass, prompt, (char *)NULL);
        _exit(127);
}

static void read_answer(int fd, char answer[ANSWER_SIZE])
{
        size_t len = 0;
        ssize_t got;

        while (len < ANSWER_SIZE - 1 && (got = read(fd, answer + len, ANSWER_SIZE - 1 - len)) > 0)
                len += (size_t)got;
        answer[len] = '\0';
        answer[strcspn(answer, "\r\n")] = '\0';
}

static int ask(const char *askpass, const char *prompt)
{
        char answer[ANSWER_SIZE];
        int fds[2], status = 0;
        pid_t child;

        if (pipe(fds) != 0 || (child = fork()) < 0)
                return -1;
        if (child == 0) {
                close(fds[0]);
                become_askpass(askpass, prompt, fds[1]);
        }
        close(fds[1]);
        read_answer(fds[0], answer);
        close(fds[0]);
        waitpid(child, &status, 0);
        printf("%d %s%c", WIFEXITED(status) ? WEXITSTATUS(status) : 255, answer, 0);
        return fflush(stdout);
}

int main(int argc, char **argv)
{
        const char *version = getenv("FAKE_VERSION");
        char *prompt = NULL;
        size_t size = 0;

        if (argc == 2 && strcmp(argv[1], "-V") == 0) {
                fprintf(stderr, "%s\n", version ? version : "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0");
                return 0;
        }
        while (argc == 2 && getdelim(&prompt, &size, 0, stdin) > 0)
                if (ask(argv[1], prompt) != 0)
                        break;
        free(prompt);
        return argc == 2 ? 0 : 2;
}
