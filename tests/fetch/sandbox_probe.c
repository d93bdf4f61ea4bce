/*
 * Gives up its rights as pamjwt-fetch does, then tries what must not work any more. One line `NAME yes|no` an
 * attempt.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

static void report(const char *name, bool works)
{
        (void)printf("%s %s\n", name, works ? "yes" : "no");
}

static bool can_open(const char *path, int flags)
{
        int fd = open(path, flags | O_CLOEXEC, 0600);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

static bool can_run(const char *path)
{
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
                execl(path, path, (char *)NULL);
                _exit(99);
        }
        return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool can_listen(void)
{
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool works = fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;

        close(fd);
        return works;
}

static bool can_write_in(const char *folder, const char *name)
{
        char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
        return can_open(path, O_WRONLY | O_CREAT);
}

int main(int argc, char **argv)
{
        struct pjwt_error err = {0};

        if (argc != 3)
                return 2;
        report("descriptor 9", fcntl(9, F_GETFD) >= 0);
        if (fetch_sandbox(argv[1], &err) != PJWT_OK) {
                (void)printf("failed %s: %s\n", pjwt_reason_name(err.reason), err.detail);
                return 1;
        }
        report("descriptor 9", fcntl(9, F_GETFD) >= 0);
        report("be root again", setuid(0) == 0 && geteuid() == 0);
        report("be dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0);
        report("gain privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
        report("read hosts", can_open("/etc/hosts", O_RDONLY));
        report("read certificates", can_open("/etc/ssl/certs", O_RDONLY | O_DIRECTORY));
        report("read passwd", can_open("/etc/passwd", O_RDONLY));
        report("read proc", can_open("/proc/self/status", O_RDONLY));
        report("read cache", can_open(argv[2], O_RDONLY));
        report("write lock", can_write_in(argv[1], "probe"));
        report("write tmp", can_write_in("/tmp", "pjwt-probe"));
        report("run", can_run("/bin/true"));
        report("listen", can_listen());
        report("signal the parent", kill(getppid(), 0) == 0);
        (void)printf("uid %u\n", (unsigned)getuid());
        return 0;
}
