#include "recordname.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool pjwt_recordname_directory(const char *run_dir, const char *directory, char path[PATH_MAX])
{
        int len = snprintf(path, PATH_MAX, "%s%s%s", run_dir, *directory ? "/" : "", directory);

        return len > 0 && len < PATH_MAX;
}

bool pjwt_recordname_path(const char *run_dir, const char *directory, const char *name, char path[PATH_MAX])
{
        int len = snprintf(path, PATH_MAX, "%s/%s/%s", run_dir, directory, name);

        return len > 0 && len < PATH_MAX;
}

void pjwt_recordname_of_process(struct pjwt_process process, char name[PJWT_RECORD_NAME])
{
        (void)snprintf(name, PJWT_RECORD_NAME, "%ld.%" PRIu64, (long)process.pid, process.start);
}

void pjwt_recordname_of_session(unsigned id, char name[PJWT_RECORD_NAME])
{
        (void)snprintf(name, PJWT_RECORD_NAME, "%u", id);
}

bool pjwt_recordname_session(const char *name, unsigned *ret)
{
        char again[PJWT_RECORD_NAME];
        unsigned long long id = strtoull(name, NULL, 10);

        if (id >= PJWT_NO_SESSION)
                return false;
        pjwt_recordname_of_session((unsigned)id, again);
        if (strcmp(name, again) != 0)
                return false;
        *ret = (unsigned)id;
        return true;
}

bool pjwt_recordname_process(const char *name, struct pjwt_process *ret)
{
        char again[PJWT_RECORD_NAME];
        char temporary[PJWT_RECORD_NAME + 8];
        const char *digits = *name == '.' ? name + 1 : name;
        char *end = NULL;
        struct pjwt_process process = {.pid = (pid_t)strtol(digits, &end, 10)};

        if (*end != '.')
                return false;
        process.start = strtoull(end + 1, NULL, 10);
        pjwt_recordname_of_process(process, again);
        (void)snprintf(temporary, sizeof(temporary), ".%s.new", again);
        if (strcmp(name, again) != 0 && strcmp(name, temporary) != 0)
                return false;
        *ret = process;
        return true;
}

DIR *pjwt_recordname_open(const char *run_dir, const char *directory)
{
        char path[PATH_MAX];

        return pjwt_recordname_directory(run_dir, directory, path) ? opendir(path)
                                                                   : NULL; /* opendir is O_CLOEXEC */
}

void pjwt_recordname_remove(const char *run_dir, const char *directory, const char *name)
{
        char path[PATH_MAX];

        if (pjwt_recordname_path(run_dir, directory, name, path))
                (void)unlink(path);
}
