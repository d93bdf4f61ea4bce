/* The processes of an audit session: which of them ending the session ends, and the ending itself. */
#ifndef CLI_ENDSESSION_H
#define CLI_ENDSESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One process, as /proc shows it. */
struct cli_process {
        pid_t pid;
        pid_t sid; /* its process session (setsid) */
        char name[32];
        bool of_user;    /* one of its uids is the user's */
        bool terminal;   /* it has a controlling terminal */
        bool before;     /* it was running before the second in which the login was accepted */
        bool of_manager; /* it belongs to the user's own systemd, not to the audit session */
        bool left;       /* it is not ended */
};

/* Free with cli_processes_clear(). */
struct cli_processes {
        struct cli_process *items;
        size_t count;
};

/* A session as its login record names it. */
struct cli_session {
        unsigned id; /* of the kernel's audit session */
        uid_t uid;
        int64_t since; /* when the login was accepted, seconds since the epoch */
        bool all;      /* also end what is normally left running */
};

/*
 * The processes of the session in the order of their pids, without the calling process.
 *
 * A process session (setsid) is left running if it was started within this login, none of its processes has
 * the user's uid or a terminal, and none was running before the login: a daemon that the user restarted
 * through sudo, such as the host's sshd.
 *
 * The user's systemd instance (user@UID.service) and its processes are listed too. They are left if they were
 * running before this login, or if another session of the user continues.
 *
 * ret: for cli_processes_clear(); empty on failure.
 * Returns false when memory runs out or /proc cannot be read.
 */
bool cli_processes_find(const struct cli_session *session, struct cli_processes *ret);
void cli_processes_clear(struct cli_processes *processes);

/*
 * Ends the processes that are not left: SIGHUP and SIGTERM, then SIGKILL after two seconds. Each is checked
 * again through a descriptor before it is signalled, so a pid that is used again is safe.
 * Returns true when all of them have ended.
 */
bool cli_session_end(const struct cli_session *session);

#endif
