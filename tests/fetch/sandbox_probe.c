/*
 * Drops its privileges as pamjwt-fetch does, then tries what must not work any more.
 *
 *   sandbox_probe LOCK CACHE        one line `NAME yes|no` per attempt
 *   sandbox_probe LOCK CACHE CALL   makes that one system call and prints `CALL ERRNO` ("works" for none),
 *                                   unless the call kills the process
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

static void *nothing(void *arg)
{
        return arg;
}

static bool can_start_a_thread(void)
{
        pthread_t thread;

        return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
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

/* Calls with arguments that do no harm if they are allowed. */
static const struct {
        const char *name;
        long number;
        long args[5];
} calls[] = {
        {"execve", SYS_execve, {(long)"/bin/true"}},
        {"execveat", SYS_execveat, {AT_FDCWD, (long)"/bin/true"}},
        {"ptrace", SYS_ptrace, {0}},
        {"process_vm_readv", SYS_process_vm_readv, {1}},
        {"process_vm_writev", SYS_process_vm_writev, {1}},
        {"bpf", SYS_bpf, {0}},
        {"mount", SYS_mount, {(long)"none", (long)"/tmp", (long)"tmpfs"}},
        {"unshare", SYS_unshare, {CLONE_NEWUSER}},
        {"setns", SYS_setns, {-1}},
        {"io_uring_setup", SYS_io_uring_setup, {1}},
        {"memfd_create", SYS_memfd_create, {(long)"probe"}},
        {"keyctl", SYS_keyctl, {0}},
        {"userfaultfd", SYS_userfaultfd, {0}},
        {"setresuid", SYS_setresuid, {0, 0, 0}},
#ifdef __x86_64__
        {"x32", SYS_getpid | 0x40000000, {0}},
#endif
        {"clone3", SYS_clone3, {0}},
        {"clone", SYS_clone, {SIGCHLD}},
        {"kill", SYS_kill, {1, 0}},
        {"tgkill", SYS_tgkill, {1, 1, 0}},
        {"prlimit64", SYS_prlimit64, {1}},
        {"fcntl owner", SYS_fcntl, {0, F_SETOWN, 1}},
        {"fcntl signal", SYS_fcntl, {0, F_SETSIG, SIGKILL}},
        {"fcntl async", SYS_fcntl, {0, F_SETFL, O_ASYNC}},
        {"listen", SYS_listen, {0}},
        {"unix socket", SYS_socket, {AF_UNIX, SOCK_STREAM}},
        {"unix datagram pair", SYS_socketpair, {AF_UNIX, SOCK_DGRAM}},
        {"netlink audit", SYS_socket, {AF_NETLINK, SOCK_RAW, NETLINK_AUDIT}},
        {"packet socket", SYS_socket, {AF_PACKET, SOCK_RAW}},
};

static int make_call(const char *name)
{
        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
                if (strcmp(calls[i].name, name) == 0) {
                        const long *a = calls[i].args;
                        long r = syscall(calls[i].number, a[0], a[1], a[2], a[3], a[4]);

                        (void)printf("%s %s\n", name, r < 0 ? strerrorname_np(errno) : "works");
                        return 0;
                }
        return 2;
}

int main(int argc, char **argv)
{
        struct pjwt_error err = {0};

        if (argc != 3 && argc != 4)
                return 2;
        report("descriptor 9", fcntl(9, F_GETFD) >= 0);
        if (fetch_sandbox(&err) != PJWT_OK) {
                (void)printf("failed %s: %s\n", pjwt_reason_name(err.reason), err.detail);
                return 1;
        }
        if (argc == 4)
                return make_call(argv[3]);
        report("descriptor 9", fcntl(9, F_GETFD) >= 0);
        report("be dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0);
        report("gain privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
        report("read hosts", can_open("/etc/hosts", O_RDONLY));
        report("read certificates", can_open("/etc/ssl/certs", O_RDONLY | O_DIRECTORY));
        report("read passwd", can_open("/etc/passwd", O_RDONLY));
        report("read proc", can_open("/proc/self/status", O_RDONLY));
        report("read cache", can_open(argv[2], O_RDONLY));
        report("write lock", can_write_in(argv[1], "probe"));
        report("write the open lock", ftruncate(5, 0) == 0 && pwrite(5, "x", 1, 0) == 1);
        report("write tmp", can_write_in("/tmp", "pjwt-probe"));
        report("start a thread", can_start_a_thread());
        report("start a process", fork() > 0);
        report("listen", can_listen());
        report("signal the parent", kill(getppid(), 0) == 0);
        (void)printf("uid %u\n", (unsigned)getuid());
        return 0;
}
