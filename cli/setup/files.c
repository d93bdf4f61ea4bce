#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "input.h"
#include "safefile.h"

void cli_file_split(const char *path, char dir[640], const char **retname)
{
        const char *slash = strrchr(path, '/');

        snprintf(dir, 640, "%.*s", (int)(slash - path), path);
        *retname = slash + 1;
}

bool cli_dir_make(const char *path, mode_t mode)
{
        return mkdir(path, mode) == 0 || errno == EEXIST;
}

void cli_dir_sync(const char *dir)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0) {
                (void)syncfs(fd);
                close(fd);
        }
}

enum pjwt_reason cli_file_write(const char *path, const char *text, size_t len, mode_t mode,
                                struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        char dir[640];
        const char *name;

        cli_file_split(path, dir, &name);
        if (!cli_dir_make(dir, 0755))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", dir, strerror(errno));
        if (pjwt_file_replace(dir, name, text, len, mode, &err) != PJWT_OK)
                return pjwt_fail(reterr, err.reason, "%s: %s", path, err.detail);
        cli_dir_sync(dir);
        return PJWT_OK;
}

char *cli_file_text(const char *path, size_t *retlen)
{
        struct pjwt_error err = {0};
        char *text = NULL;

        return pjwt_file_read(path, PJWT_FILE_ANY_OWNER, CLI_INPUT_MAX, &text, retlen, NULL, &err) == PJWT_OK
                       ? text
                       : NULL;
}

enum pjwt_reason cli_setup_lock(const char *root, int *retfd, struct pjwt_error *reterr)
{
        char path[640];
        int r = -1;

        snprintf(path, sizeof(path), "%s/etc", root);
        *retfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        while (*retfd >= 0 && (r = flock(*retfd, LOCK_EX)) != 0 && errno == EINTR)
                ;
        return r == 0 ? PJWT_OK : pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
}

void cli_setup_unlock(int fd)
{
        if (fd >= 0)
                close(fd);
}
