/*
 * Daemons that begin sessions for other users, and are inside an audit session themselves since they were
 * started from a login: what they open can be in that same session (attacks RVW-02).
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "process.h"

/* A small file of a process, as text; empty when it is not there. NULs become spaces. */
static void read_small(const char *proc, long pid, const char *name, char *out, size_t size)
{
        char path[600];
        size_t n = 0;
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%ld/%s", proc, pid, name);
        f = fopen(path, "re");
        if (f) {
                n = fread(out, 1, size - 1, f);
                (void)fclose(f);
        }
        for (size_t i = 0; i < n; i++)
                if (out[i] == '\0')
                        out[i] = ' ';
        out[n] = '\0';
        out[strcspn(out, "\n")] = '\0';
}

/*
 * sshd names its listener so; one that does not has its path there, and the process of a connection has
 * "sshd: alice [priv]".
 */
static bool listens(const char *name, const char *command)
{
        if (strcmp(name, "sshd") == 0)
                return command[0] == '/' || strstr(command, "[listener]");
        return strcmp(name, "cron") == 0 || strcmp(name, "crond") == 0 || strcmp(name, "atd") == 0;
}

/* A job of cron is a child of cron, in the session that pam_loginuid made for it. */
static bool is_child_of_itself(const char *proc, long pid, const char *name)
{
        char stat[1024], parent[64];
        const char *fields;
        uint64_t ppid = 0;

        read_small(proc, pid, "stat", stat, sizeof(stat));
        fields = strrchr(stat, ')');
        if (!fields || !pjwt_process_stat_field(fields + 1, 4, &ppid) || ppid == 0)
                return false;
        read_small(proc, (long)ppid, "comm", parent, sizeof(parent));
        return strcmp(parent, name) == 0;
}

static void look_at(struct cli_doctor *d, const char *proc, long pid)
{
        char name[64], command[512];
        unsigned id = pjwt_process_session_of(proc, (pid_t)pid);

        if (id == 0)
                return;
        read_small(proc, pid, "comm", name, sizeof(name));
        read_small(proc, pid, "cmdline", command, sizeof(command));
        if (listens(name, command) && !is_child_of_itself(proc, pid, name))
                cli_found(d, CLI_FIND_LISTENER_SESSION, NULL, "%s (process %ld) is in audit session %u", name,
                          pid, id);
}

void cli_doctor_listeners(struct cli_doctor *d)
{
        char proc[512];
        DIR *dir = opendir(cli_root_path(d, "/proc", proc));

        for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
                if (isdigit((unsigned char)entry->d_name[0]))
                        look_at(d, proc, strtol(entry->d_name, NULL, 10));
        if (dir)
                (void)closedir(dir);
}
