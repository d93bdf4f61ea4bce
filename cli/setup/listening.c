#include "listening.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"
#include "sshdconf.h"

/* --- processes --- */

/* Calls see() for each process; it returns false to end this. */
static void each_process(bool (*see)(void *arg, pid_t pid), void *arg)
{
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        bool more = dir != NULL;

        while (more && (entry = readdir(dir)))
                if (isdigit((unsigned char)*entry->d_name))
                        more = see(arg, (pid_t)strtol(entry->d_name, NULL, 10));
        if (dir)
                closedir(dir);
}

/* Does the process see our /etc/ssh? */
static bool has_our_files(pid_t pid)
{
        char path[64];
        struct stat ours;
        struct stat its;

        snprintf(path, sizeof(path), "/proc/%d/root/etc/ssh", (int)pid);
        return stat("/etc/ssh", &ours) == 0 && stat(path, &its) == 0 && ours.st_dev == its.st_dev &&
               ours.st_ino == its.st_ino;
}

/* A user can run sshd, too. By /proc/PID/status: the owner of /proc/PID may be root for any process. */
static bool is_root(pid_t pid)
{
        char path[64];
        char line[256];
        char *end;
        unsigned long real = 1;
        unsigned long effective = 1;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof(line), f)) {
                if (strncmp(line, "Uid:", 4) != 0)
                        continue;
                real = strtoul(line + 4, &end, 10);
                effective = strtoul(end, NULL, 10);
                break;
        }
        if (f)
                fclose(f);
        return real == 0 && effective == 0;
}

/* Is it one of sshd's programs? Since OpenSSH 9.8 connections have programs of their own. */
static bool is_sshd(pid_t pid)
{
        static const char *const names[] = {"sshd", "sshd-session", "sshd-auth"};
        char path[64];
        char exe[PATH_MAX];
        ssize_t n;
        const char *name;
        size_t len;

        snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
        n = readlink(path, exe, sizeof(exe) - 1);
        if (n <= 0)
                return false;
        exe[n] = '\0';
        name = strrchr(exe, '/');
        name = name ? name + 1 : exe;
        len = strcspn(name, " "); /* "sshd (deleted)": the package was upgraded meanwhile */
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strlen(names[i]) == len && memcmp(name, names[i], len) == 0)
                        return has_our_files(pid);
        return false;
}

/* What the process calls itself. */
static void title_of(pid_t pid, char ret[256])
{
        char path[64];
        FILE *f;
        size_t n = 0;

        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        f = fopen(path, "re");
        if (f) {
                n = fread(ret, 1, 255, f);
                fclose(f);
        }
        ret[n] = '\0';
        for (size_t i = 0; i + 1 < n; i++)
                if (!ret[i])
                        ret[i] = ' ';
}

/*
 * A connection is titled "sshd: ..."; so is, since 8.2, the process that listens: "sshd: ... [listener]
 * ...".
 */
static bool is_connection(const char *title)
{
        return strncmp(title, "sshd", 4) == 0 && strstr(title, ": ") && !strstr(title, "[listener]");
}

/* --- sockets --- */

/* One line of /proc/PID/net/tcp or tcp6 of a socket that listens. */
static bool read_socket(const char *line, char address[64], unsigned *retport, unsigned long *retsocket)
{
        char copy[512], *rest = copy, *field[10], *hex, *end;
        uint32_t words[4] = {0};
        size_t count;
        bool any = true;

        (void)snprintf(copy, sizeof(copy), "%s", line);
        for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
                field[i] = strtok_r(rest, " \n", &rest);
                if (!field[i])
                        return false;
        }
        hex = strtok_r(field[1], ":",
                       &end); /* sl local remote state queues timer retransmits uid timeout inode */
        if (!hex || strspn(hex, "0123456789ABCDEFabcdef") != strlen(hex) ||
            strtoul(field[3], NULL, 16) != 0x0A)
                return false;
        *retport = (unsigned)strtoul(end, NULL, 16);
        *retsocket = strtoul(field[9], NULL, 10);
        count = strlen(hex) / 8;
        for (size_t i = 0; i < count && i < 4; i++) {
                char word[9];

                snprintf(word, sizeof(word), "%.8s", hex + 8 * i);
                words[i] = (uint32_t)strtoul(word, NULL,
                                             16); /* as the host stores it, which is as inet_ntop wants it */
                any = any && words[i] == 0;
        }
        if (any)
                snprintf(address, 64, "%s", count == 1 ? "127.0.0.1" : "::1");
        else
                inet_ntop(count == 1 ? AF_INET : AF_INET6, words, address, 64);
        return true;
}

/* Finds a listening socket with this inode in the process's own network. */
static bool find_socket(pid_t pid, unsigned long socket, char address[64], unsigned *retport)
{
        static const char *const files[] = {"tcp", "tcp6"};
        char path[64];
        char line[512];
        bool found = false;

        for (size_t i = 0; i < 2 && !found; i++) {
                unsigned long inode = 0;
                FILE *f;

                snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, files[i]);
                f = fopen(path, "re");
                while (f && !found && fgets(line, sizeof(line), f))
                        found = read_socket(line, address, retport, &inode) && inode == socket;
                if (f)
                        fclose(f);
        }
        return found;
}

/*
 * The first socket that the process listens on; wanted: only this one, 0: any. Returns its inode, 0 if there
 * is none.
 */
static unsigned long listens_on(pid_t pid, unsigned long wanted, char address[64], unsigned *retport)
{
        char path[320];
        char target[64];
        struct dirent *entry;
        unsigned long found = 0;
        DIR *dir;

        snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        dir = opendir(path);
        while (dir && !found && (entry = readdir(dir))) {
                unsigned long socket = 0;
                ssize_t n;

                snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, entry->d_name);
                n = readlink(path, target, sizeof(target) - 1);
                target[n > 0 ? n : 0] = '\0';
                if (strncmp(target, "socket:[", 8) != 0)
                        continue;
                socket = strtoul(target + 8, NULL, 10);
                if ((!wanted || socket == wanted) && find_socket(pid, socket, address, retport))
                        found = socket;
        }
        if (dir)
                closedir(dir);
        return found;
}

bool cli_listening_has(pid_t pid, unsigned long socket)
{
        char address[64];
        unsigned port;

        return is_sshd(pid) && listens_on(pid, socket, address, &port) == socket;
}

static bool see_listener(void *arg, pid_t pid)
{
        struct cli_listener_watch *watch = arg;
        struct cli_listener l = {.pid = pid};
        char title[256];

        if (!is_sshd(pid) || !is_root(pid))
                return true;
        title_of(pid, title);
        if (!is_connection(title))
                l.socket = listens_on(pid, 0, l.address, &l.port);
        if (l.socket)
                watch->all[watch->count++] = l;
        return watch->count < CLI_LISTENERS_MAX;
}

void cli_listening_find(struct cli_listener_watch *watch)
{
        each_process(see_listener, watch);
}

/* --- connections --- */

/* When the process began, in milliseconds of CLOCK_BOOTTIME; 0 if it has ended. */
static int64_t began(pid_t pid)
{
        struct pjwt_process process;

        if (!pjwt_process_of(pid, &process))
                return 0;
        return (int64_t)(process.start * 1000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* "[accepted]": it has just begun. "[net]": the side without rights of one that is not logged in. */
static bool see_connection(void *arg, pid_t pid)
{
        const int64_t *before = arg;
        char title[256];

        if (!is_sshd(pid))
                return true;
        title_of(pid, title);
        if (is_connection(title) && (strstr(title, " [net]") || strstr(title, " [accepted]")) &&
            began(pid) < *before)
                (void)kill(pid, SIGTERM);
        return true;
}

void cli_listening_end_unfinished(int64_t before_boot_ms)
{
        each_process(see_connection, &before_boot_ms);
}
