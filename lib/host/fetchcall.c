#include "fetchcall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cachefile.h"
#include "safefile.h"

#define FIRST_FD     3   /* first descriptor after the helper's standard ones */
#define GRACE_MS     200 /* between the end of the output and SIGKILL */
#define REAP_MS      1000
#define SOCKET_REPLY 16
#define BY_PIDFD     ((idtype_t)3) /* P_PIDFD, which older headers lack */
#define PIDFD_GROUP  4U            /* PIDFD_SIGNAL_PROCESS_GROUP, likewise */

static enum pjwt_reason fail_errno(const char *what, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: %s", what, strerror(errno));
}

/* Waits until fd is ready for `events`; false at the deadline. */
static bool ready(int fd, short events, int64_t deadline)
{
        struct pollfd p = {.fd = fd, .events = events};

        for (;;) {
                int64_t left = deadline - pjwt_boot_ms();
                int n;

                if (left <= 0)
                        return false;
                n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
                if (n > 0)
                        return true;
                if (n < 0 && errno != EINTR)
                        return false;
        }
}

/*
 * MSG_NOSIGNAL: a helper that has died must not kill the application with SIGPIPE. A helper that reads
 * nothing is given up at the deadline.
 */
static enum pjwt_reason send_all(int fd, const char *bytes, size_t len, int64_t deadline,
                                 struct pjwt_error *reterr)
{
        while (len > 0) {
                ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (n > 0) {
                        bytes += n;
                        len -= (size_t)n;
                } else if (n < 0 && errno == EPIPE)
                        /* it has already ended; its output (no user, no sandbox) is read next */
                        return PJWT_OK;
                else if (n < 0 && errno != EINTR && errno != EAGAIN)
                        return fail_errno("asking", reterr);
                else if (!ready(fd, POLLOUT, deadline))
                        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "no response in time");
        }
        return PJWT_OK;
}

/* One recv: returns the number of bytes, 0 at the end, -1 with the reason. */
static ssize_t receive(int fd, char *buf, size_t room, int64_t deadline, struct pjwt_error *reterr)
{
        for (;;) {
                ssize_t n = recv(fd, buf, room, MSG_DONTWAIT);

                if (n >= 0)
                        return n;
                if (errno == ECONNRESET) /* it ended without reading everything; its output comes first */
                        return 0;
                if (errno != EINTR && errno != EAGAIN) {
                        (void)fail_errno("response", reterr);
                        return -1;
                }
                if (errno == EAGAIN && !ready(fd, POLLIN, deadline)) {
                        (void)pjwt_fail(reterr, PJWT_FETCH_FAILED, "no response in time");
                        return -1;
                }
                if (pjwt_boot_ms() >= deadline) {
                        (void)pjwt_fail(reterr, PJWT_FETCH_FAILED, "no response in time");
                        return -1;
                }
        }
}

static bool grow(char **buf, size_t *room, size_t max)
{
        size_t more = *room ? *room * 2 : 4096;
        char *bigger;

        if (more > max)
                more = max;
        bigger = realloc(*buf, more + 1);
        if (!bigger)
                return false;
        *buf = bigger;
        *room = more;
        return true;
}

static enum pjwt_reason receive_all(int fd, size_t max, int64_t deadline, char **ret, size_t *retlen,
                                    struct pjwt_error *reterr)
{
        char *buf = NULL, spare;
        size_t have = 0, room = 0;
        ssize_t n;

        do {
                if (have == room && room < max && !grow(&buf, &room, max)) {
                        free(buf);
                        return pjwt_fail_memory(reterr);
                }
                n = have < room ? receive(fd, buf + have, room - have, deadline, reterr)
                                : receive(fd, &spare, 1, deadline, reterr);
                if (n > 0 && have == room) {
                        free(buf);
                        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the response is longer than %zu bytes",
                                         max);
                }
                have += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        if (n < 0) {
                free(buf);
                return PJWT_FETCH_FAILED;
        }
        buf[have] = '\0';
        *ret = buf;
        *retlen = have;
        return PJWT_OK;
}

/*
 * All descriptors of the application are closed; the standard ones are set by us. `theirs` and the files
 * already have numbers above the targets, so that no dup2 overwrites the source of a later one.
 */
static int describe_descriptors(posix_spawn_file_actions_t *actions, int theirs,
                                const struct pjwt_fetchcall *call)
{
        int r = posix_spawn_file_actions_adddup2(actions, theirs, 0);

        if (r == 0)
                r = posix_spawn_file_actions_adddup2(actions, theirs, 1);
        if (r == 0)
                r = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
        for (size_t i = 0; r == 0 && i < call->fd_count; i++)
                r = posix_spawn_file_actions_adddup2(actions, call->fds[i], FIRST_FD + (int)i);
        if (r == 0)
                r = posix_spawn_file_actions_addclosefrom_np(actions, FIRST_FD + (int)call->fd_count);
        return r;
}

/*
 * Default signal dispositions, whatever the application or its user has set; a separate session, detached
 * from the terminal.
 */
static int describe_signals(posix_spawnattr_t *attr)
{
        sigset_t none, all;
        int r;

        (void)sigemptyset(&none);
        (void)sigfillset(&all);
        r = posix_spawnattr_setsigmask(attr, &none);
        if (r == 0)
                r = posix_spawnattr_setsigdefault(attr, &all);
        if (r == 0)
                r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                           POSIX_SPAWN_SETSID);
        return r;
}

static int spawn(const struct pjwt_fetchcall *call, int theirs, pid_t *retpid)
{
        char name[] = "pamjwt-fetch";
        char *argv[] = {name, NULL}, *envp[] = {NULL};
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attr;
        int r = posix_spawn_file_actions_init(&actions);

        if (r != 0)
                return r;
        r = posix_spawnattr_init(&attr);
        if (r == 0) {
                r = describe_descriptors(&actions, theirs, call);
                if (r == 0)
                        r = describe_signals(&attr);
                if (r == 0)
                        r = posix_spawn(retpid, call->program, &actions, &attr, argv, envp);
                (void)posix_spawnattr_destroy(&attr);
        }
        (void)posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* A child process, with a descriptor: if SIGCHLD is ignored, its pid could be reused at any time. */
struct child {
        pid_t pid;
        int pidfd; /* -1: the kernel or a sandbox does not support pidfd */
};

static bool is_gone(const struct child *child)
{
        const bool held = child->pidfd >= 0;
        siginfo_t info = {0};
        int r;

        do
                r = waitid(held ? BY_PIDFD : P_PID, held ? (id_t)child->pidfd : (id_t)child->pid, &info,
                           WEXITED | WNOHANG);
        while (r < 0 && errno == EINTR);
        return r < 0 ||
               info.si_pid ==
                       child->pid; /* ECHILD: the application's handler, or the kernel, has reaped it */
}

/* True if it ends in time. */
static bool wait_for(const struct child *child, int64_t deadline)
{
        const struct timespec nap = {.tv_nsec = 5000000};

        if (child->pidfd >= 0) {
                (void)ready(child->pidfd, POLLIN, deadline);
                return is_gone(child);
        }
        while (!is_gone(child)) {
                if (pjwt_boot_ms() >= deadline)
                        return false;
                (void)nanosleep(&nap, NULL);
        }
        return true;
}

/*
 * Kills the child with its process group, which it leads (POSIX_SPAWN_SETSID); if the kernel does not
 * support that (before Linux 6.9), only the child through the pidfd. Without a pidfd: is_gone() has just
 * confirmed that it is still our child, so the pid has not been reused.
 */
static void kill_child(const struct child *child)
{
        if (child->pidfd < 0) {
                if (!is_gone(child) && kill(-child->pid, SIGKILL) != 0)
                        (void)kill(child->pid, SIGKILL);
        } else if (syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, PIDFD_GROUP) != 0) {
                (void)syscall(SYS_pidfd_send_signal, child->pidfd, SIGKILL, NULL, 0);
        }
}

static void end_child(struct child *child, bool answered)
{
        if (!answered || !wait_for(child, pjwt_boot_ms() + GRACE_MS)) {
                kill_child(child);
                (void)wait_for(child, pjwt_boot_ms() + REAP_MS);
        }
        if (child->pidfd >= 0)
                close(child->pidfd);
}

static enum pjwt_reason talk(const struct pjwt_fetchcall *call, int ours, char **ret, size_t *retlen,
                             struct pjwt_error *reterr)
{
        enum pjwt_reason r = send_all(ours, call->request, call->request_len, call->deadline, reterr);

        (void)shutdown(ours, SHUT_WR);
        if (r == PJWT_OK)
                r = receive_all(ours, call->reply_max, call->deadline, ret, retlen, reterr);
        return r;
}

static enum pjwt_reason start(const struct pjwt_fetchcall *call, int *retfd, struct child *retchild,
                              struct pjwt_error *reterr)
{
        const int least = FIRST_FD + PJWT_FETCH_FDS_MAX;
        int pair[2], error;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
                error = errno;
                if (call->give_first)
                        close(call->fds[0]);
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "socketpair: %s", strerror(error));
        }
        pair[0] = pjwt_fd_above(pair[0], least);
        pair[1] = pjwt_fd_above(pair[1], least);
        error = pair[0] < 0 || pair[1] < 0 ? errno : spawn(call, pair[1], &retchild->pid);
        if (pair[1] >= 0)
                close(pair[1]);
        if (call->give_first)
                close(call->fds[0]);
        if (error != 0) {
                if (pair[0] >= 0)
                        close(pair[0]);
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: %s", call->program, strerror(error));
        }
        retchild->pidfd = (int)syscall(SYS_pidfd_open, retchild->pid, 0); /* always O_CLOEXEC */
        *retfd = pair[0];
        return PJWT_OK;
}

enum pjwt_reason pjwt_fetchcall(const struct pjwt_fetchcall *call, char **ret, size_t *retlen,
                                struct pjwt_error *reterr)
{
        struct child child = {0};
        struct pjwt_error err = {0};
        int ours = -1;
        enum pjwt_reason r = start(call, &ours, &child, reterr);

        if (r != PJWT_OK)
                return r;
        r = talk(call, ours, ret, retlen, &err);
        close(ours);
        end_child(&child, r == PJWT_OK);
        return r == PJWT_OK ? r : pjwt_fail(reterr, r, "pamjwt-fetch: %s", err.detail);
}

/* A full queue (EAGAIN) means that the service is busy: wait. */
static int connect_in_turn(int fd, const struct sockaddr_un *addr, int64_t deadline)
{
        const struct timespec nap = {.tv_nsec = 20000000};

        for (;;) {
                int r = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));

                if (r == 0 || errno != EAGAIN || pjwt_boot_ms() >= deadline)
                        return r;
                (void)nanosleep(&nap, NULL);
        }
}

/* Only root may listen on this socket: its answers make us wait and read the cache. */
static int connect_to(const char *path, int64_t deadline, bool *retthere, struct pjwt_error *reterr)
{
        struct sockaddr_un addr = {.sun_family = AF_UNIX};
        struct ucred peer = {.uid = (uid_t)-1};
        socklen_t len = sizeof(peer);
        int fd;

        if (strlen(path) >= sizeof(addr.sun_path)) {
                (void)pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: the path is too long for a socket", path);
                return -1;
        }
        memcpy(addr.sun_path, path, strlen(path) + 1);
        fd = pjwt_fd_above(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 3);
        if (fd < 0 || connect_in_turn(fd, &addr, deadline) != 0 ||
            getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
                *retthere = errno == EAGAIN;
                (void)fail_errno(path, reterr);
        } else if (peer.uid != 0 && peer.uid != geteuid()) {
                (void)pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: the listener has uid %u, not root's", path,
                                (unsigned)peer.uid);
        } else {
                *retthere = true;
                return fd;
        }
        if (fd >= 0)
                close(fd);
        return -1;
}

enum pjwt_reason pjwt_fetchcall_socket(const char *path, const char *line, int64_t deadline, char **ret,
                                       size_t *retlen, bool *retthere, struct pjwt_error *reterr)
{
        int fd;
        enum pjwt_reason r;

        *retthere = false;
        fd = connect_to(path, deadline, retthere, reterr);
        if (fd < 0)
                return PJWT_FETCH_FAILED;
        r = send_all(fd, line, strlen(line), deadline, reterr);
        if (r == PJWT_OK)
                r = receive_all(fd, SOCKET_REPLY, deadline, ret, retlen, reterr);
        close(fd);
        return r;
}
