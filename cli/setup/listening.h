/*
 * The processes of sshd, as /proc shows them. Those of a container with its own /etc/ssh are not among them.
 */
#ifndef CLI_LISTENING_H
#define CLI_LISTENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CLI_LISTENERS_MAX = 16, CLI_LISTENER_USERS = 2 };

/* A process that accepts connections for the sshd_config of this host. */
struct cli_listener {
        pid_t pid;
        unsigned long socket; /* the inode of one it listens on */
        char address[64];     /* where to connect to it */
        unsigned port;
        bool asks[CLI_LISTENER_USERS]; /* it offers keyboard-interactive to a user, see listener.c */
};

struct cli_listener_watch {
        struct cli_listener all[CLI_LISTENERS_MAX];
        size_t count;
};

/* Adds each process that accepts connections. */
void cli_listening_find(struct cli_listener_watch *watch);

/* Does this process still listen on the socket with this inode? */
bool cli_listening_has(pid_t pid, unsigned long socket);

/* Ends the connections that began before this moment (CLOCK_BOOTTIME, ms) and are not logged in. */
void cli_listening_end_unfinished(int64_t before_boot_ms);

#endif
