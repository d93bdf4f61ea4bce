#include "endsession.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "process.h"

#define GRACE_STEPS 20 /* of 100 ms, between asking a process to end and killing it */

/* --- one process --- */

/* A file of /proc/PID as text; false if the process is gone. */
static bool read_proc(pid_t pid, const char *file, char *out, size_t size)
{
        char path[64];
        ssize_t n;
        int fd;

        (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        n = read(fd, out, size - 1);
        close(fd);
        if (n <= 0)
                return false;
        out[n] = '\0';
        return true;
}

/* The audit session id of a process, which the user cannot change. */
static bool session_of(pid_t pid, unsigned *ret)
{
        char text[32];
        char *end;

        if (!read_proc(pid, "sessionid", text, sizeof(text)))
                return false;
        errno = 0;
        *ret = (unsigned)strtoul(text, &end, 10);
        return errno == 0 && end != text;
}

/* Whether this is one of the real, effective, saved and file system uids. */
static bool has_uid(const char *status, uid_t uid)
{
        const char *line = strstr(status, "\nUid:");
        const char *p = line ? line + strlen("\nUid:") : "";

        for (int i = 0; i < 4; i++) {
                char *end;
                unsigned long id = strtoul(p, &end, 10);

                if (end == p || id == uid)
                        return true; /* unknown counts as the user's, which is ended */
                p = end;
        }
        return false;
}

/* Milliseconds since boot at the beginning of a second since the epoch. */
static int64_t boot_ms_of(int64_t since)
{
        const struct pjwt_moment now = pjwt_moment_now();

        return now.boot_ms - (now.wall_ms - since * 1000);
}

/* Name, process session, terminal and start time, from /proc/PID/stat (proc(5)). */
static bool read_stat(pid_t pid, int64_t since, struct cli_process *ret)
{
        char text[1024];
        const char *open_paren, *close_paren;
        uint64_t sid, tty, start;
        size_t len;

        if (!read_proc(pid, "stat", text, sizeof(text)))
                return false;
        open_paren = strchr(text, '(');
        close_paren = strrchr(text, ')');
        if (!open_paren || !close_paren || close_paren < open_paren ||
            !pjwt_process_stat_field(close_paren + 1, 6, &sid) ||
            !pjwt_process_stat_field(close_paren + 1, 7, &tty) ||
            !pjwt_process_stat_field(close_paren + 1, 22, &start))
                return false;
        len = (size_t)(close_paren - open_paren - 1);
        if (len >= sizeof(ret->name))
                len = sizeof(ret->name) - 1;
        memcpy(ret->name, open_paren + 1, len);
        ret->name[len] = '\0';
        ret->sid = (pid_t)sid;
        ret->terminal = tty != 0;
        ret->before = (int64_t)(start * 1000 / (uint64_t)sysconf(_SC_CLK_TCK)) < boot_ms_of(since);
        return true;
}

/* Whether the control group of a process is below this one, "/user@1000.service" for example. */
static bool in_group(pid_t pid, const char *group)
{
        char text[4096];

        return read_proc(pid, "cgroup", text, sizeof(text)) && strstr(text, group);
}

static bool in_manager(pid_t pid, uid_t uid)
{
        char unit[64];

        (void)snprintf(unit, sizeof(unit), "/user@%u.service/", (unsigned)uid);
        return in_group(pid, unit);
}

/* A session of logind, which keeps the user's systemd alive; a job of cron has none. */
static bool in_logind_session(pid_t pid, uid_t uid)
{
        char scope[64];

        (void)snprintf(scope, sizeof(scope), "/user-%u.slice/session-", (unsigned)uid);
        return in_group(pid, scope);
}

/* --- the list --- */

static bool add(struct cli_processes *list, const struct cli_process *process)
{
        struct cli_process *bigger = reallocarray(list->items, list->count + 1, sizeof(*bigger));

        if (!bigger)
                return false;
        list->items = bigger;
        list->items[list->count++] = *process;
        return true;
}

struct search {
        const struct cli_session *session;
        bool others; /* the user has a process in another session of logind */
};

/* Examines one process. False if memory runs out. */
static bool visit(struct search *search, pid_t pid, struct cli_processes *ret)
{
        struct cli_process process = {.pid = pid};
        char status[4096];
        unsigned session;

        if (!session_of(pid, &session) || !read_proc(pid, "status", status, sizeof(status)) ||
            !read_stat(pid, search->session->since, &process))
                return true;
        process.of_user = has_uid(status, search->session->uid);
        process.of_manager =
                session != search->session->id && process.of_user && in_manager(pid, search->session->uid);
        if (session != search->session->id && !process.of_manager)
                search->others |= process.of_user && in_logind_session(pid, search->session->uid);
        return session == search->session->id || process.of_manager ? add(ret, &process) : true;
}

static int by_pid(const void *a, const void *b)
{
        const struct cli_process *pa = a, *pb = b;

        return (pa->pid > pb->pid) - (pa->pid < pb->pid);
}

/* Whether the leader of this process session joined it within the audit session. */
static bool begun_here(const struct search *search, pid_t sid)
{
        unsigned session;

        return !session_of(sid, &session) || session == search->session->id;
}

static bool is_left(const struct search *search, const struct cli_processes *list, pid_t sid)
{
        if (!begun_here(search, sid))
                return false;
        for (size_t i = 0; i < list->count; i++) {
                const struct cli_process *p = &list->items[i];

                if (p->sid == sid && !p->of_manager && (p->of_user || p->terminal || p->before))
                        return false;
        }
        return true;
}

/* A manager that was running before this login belongs to another one, or lingers. */
static bool manager_is_ours(const struct search *search, const struct cli_processes *list)
{
        for (size_t i = 0; i < list->count; i++)
                if (list->items[i].of_manager && list->items[i].before)
                        return false;
        return !search->others;
}

static void choose(const struct search *search, bool all, struct cli_processes *list)
{
        bool end_manager = manager_is_ours(search, list);

        for (size_t i = 0; i < list->count; i++) {
                struct cli_process *p = &list->items[i];

                if (p->of_manager)
                        p->left = !end_manager;
                else
                        p->left = !all && is_left(search, list, p->sid);
        }
}

bool cli_processes_find(const struct cli_session *session, struct cli_processes *ret)
{
        struct search search = {.session = session};
        DIR *proc = opendir("/proc");
        const struct dirent *entry;
        bool good = proc != NULL;

        *ret = (struct cli_processes){0};
        while (good && (entry = readdir(proc))) {
                int64_t pid = 0;

                if (cli_number(entry->d_name, &pid) && pid > 0 && pid <= INT32_MAX && pid != getpid())
                        good = visit(&search, (pid_t)pid, ret);
        }
        if (proc)
                closedir(proc);
        if (!good) {
                cli_processes_clear(ret);
                return false;
        }
        if (ret->count > 0)
                qsort(ret->items, ret->count, sizeof(*ret->items), by_pid);
        choose(&search, session->all, ret);
        return true;
}

void cli_processes_clear(struct cli_processes *processes)
{
        free(processes->items);
        *processes = (struct cli_processes){0};
}

/* --- ending --- */

/* A process that has not been waited for yet is still in /proc. */
static bool has_ended(int pidfd)
{
        struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

        return poll(&poll_fd, 1, 0) > 0;
}

/*
 * Sends a signal to one process if it is still the one that was listed. The descriptor is opened before the
 * session is checked, so the process checked is the one signalled, even if its number is reused.
 */
static bool signal_process(const struct cli_process *process, unsigned id, int signum)
{
        int fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
        struct cli_process now = {0};
        unsigned session = 0;
        bool same;

        if (fd < 0)
                return false;
        same = !has_ended(fd) && session_of(process->pid, &session) &&
               (session == id || process->of_manager) && read_stat(process->pid, 0, &now) &&
               (session == id || now.sid == process->sid);
        if (same && signum != 0)
                (void)syscall(SYS_pidfd_send_signal, fd, signum, NULL, 0);
        close(fd);
        return same;
}

/* Signals every process of the session that is not left, as it is now. Returns how many there are. */
static size_t signal_all(const struct cli_session *session, int signum)
{
        struct cli_processes now;
        size_t count = 0;

        if (!cli_processes_find(session, &now))
                return 1; /* unknown: not ended */
        for (size_t i = 0; i < now.count; i++)
                if (!now.items[i].left)
                        count += signal_process(&now.items[i], session->id, signum);
        cli_processes_clear(&now);
        return count;
}

bool cli_session_end(const struct cli_session *session)
{
        const struct timespec step = {0, 100000000};

        /* Shells end on SIGHUP, sshd on SIGTERM. */
        signal_all(session, SIGHUP);
        signal_all(session, SIGTERM);
        for (int i = 0; i < GRACE_STEPS; i++) {
                if (signal_all(session, 0) == 0)
                        return true;
                nanosleep(&step, NULL);
        }
        for (int i = 0; i < GRACE_STEPS && signal_all(session, SIGKILL) > 0; i++)
                nanosleep(&step, NULL);
        return signal_all(session, 0) == 0;
}
