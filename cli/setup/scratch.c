#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

#define BASE   "/run/pam_jwt"
#define PREFIX "setup-"

static void remove_tree(const char *path)
{
        const char *const argv[] = {"/bin/rm", "-rf", "--", path, NULL};

        (void)cli_wait(cli_spawn(argv, cli_plain_env, -1, -1), 60);
}

bool cli_scratch_make(struct cli_scratch *ret)
{
        bool root = geteuid() == 0;

        if (root && mkdir(BASE, 0755) != 0 && errno != EEXIST)
                return false;
        snprintf(ret->path, sizeof(ret->path), "%s/%sXXXXXX", root ? BASE : "/tmp",
                 root ? PREFIX : "pamjwt-setup-");
        if (!mkdtemp(ret->path))
                return false;
        ret->fd = open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (ret->fd >= 0 && flock(ret->fd, LOCK_EX | LOCK_NB) == 0)
                return true;
        cli_scratch_remove(ret);
        return false;
}

void cli_scratch_remove(struct cli_scratch *scratch)
{
        remove_tree(scratch->path);
        if (scratch->fd >= 0)
                close(scratch->fd);
        scratch->fd = -1;
}

static void sweep_one(const char *name)
{
        char path[320];
        int fd;

        snprintf(path, sizeof(path), BASE "/%s", name);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
                remove_tree(path);
        close(fd);
}

void cli_scratch_sweep(void)
{
        DIR *dir = geteuid() == 0 ? opendir(BASE) : NULL;
        struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
                        sweep_one(entry->d_name);
        if (dir)
                closedir(dir);
}
