#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The fields of /proc/PID/stat after the name, which may contain any character: they follow the last `)`. */
static bool stat_fields(pid_t pid, char *buffer, size_t size, const char **ret)
{
        char path[64];
        ssize_t got;
        int fd;
        const char *close_paren;

        (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        got = read(fd, buffer, size - 1);
        close(fd);
        if (got <= 0)
                return false;
        buffer[got] = '\0';
        close_paren = strrchr(buffer, ')');
        if (!close_paren)
                return false;
        *ret = close_paren + 1;
        return true;
}

bool pjwt_process_stat_field(const char *fields, unsigned field, uint64_t *ret)
{
        char *end = NULL;

        for (unsigned at = 3; at <= field; at++) {
                while (*fields == ' ')
                        fields++;
                if (at < field)
                        fields += strcspn(fields, " ");
        }
        errno = 0;
        *ret = strtoull(fields, &end, 10);
        return end != fields && errno == 0;
}

bool pjwt_process_of(pid_t pid, struct pjwt_process *ret)
{
        char buffer[1024];
        const char *fields;
        uint64_t start;

        if (pid <= 0 || !stat_fields(pid, buffer, sizeof(buffer), &fields) ||
            !pjwt_process_stat_field(fields, 22, &start))
                return false;
        *ret = (struct pjwt_process){pid, start};
        return true;
}

bool pjwt_process_parent(struct pjwt_process *ret)
{
        return pjwt_process_of(getppid(), ret);
}

/* PJWT_NO_SESSION as the kernel shows it. False with errno when it cannot be read. */
static bool read_session(const char *path, unsigned *ret)
{
        char text[32];
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        int saved = errno;
        char *end = NULL;
        unsigned long long id;

        if (fd >= 0)
                close(fd);
        errno = saved;
        if (got <= 0)
                return false;
        text[got] = '\0';
        id = strtoull(text, &end, 10);
        if (end == text || (*end && *end != '\n') || id > PJWT_NO_SESSION) {
                errno = EINVAL;
                return false;
        }
        *ret = (unsigned)id;
        return true;
}

#define OWN_SESSION "/proc/self/sessionid"

bool pjwt_process_session_id(unsigned *ret)
{
        unsigned id = 0;

        if (!read_session(OWN_SESSION, &id) || id == PJWT_NO_SESSION || id == 0)
                return false;
        *ret = id;
        return true;
}

unsigned pjwt_process_session_now(void)
{
        unsigned id = 0;

        if (!read_session(OWN_SESSION, &id))
                return errno == ENOENT && access("/proc/self/stat", F_OK) == 0 ? 0 : PJWT_NO_SESSION;
        return id == PJWT_NO_SESSION ? 0 : id;
}

unsigned pjwt_process_session_of(const char *proc, pid_t pid)
{
        char path[512];
        unsigned id = 0;

        (void)snprintf(path, sizeof(path), "%s/%ld/sessionid", proc, (long)pid);
        return read_session(path, &id) && id != PJWT_NO_SESSION ? id : 0;
}

bool pjwt_process_is_alive(struct pjwt_process process)
{
        struct pjwt_process now;

        return pjwt_process_of(process.pid, &now) && now.start == process.start;
}
