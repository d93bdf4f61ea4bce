#include "stackfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* --- a root directory --- */

static bool is_our_root(int root)
{
        struct stat mine;
        struct stat given;

        return stat("/", &mine) == 0 && fstat(root, &given) == 0 && mine.st_dev == given.st_dev &&
               mine.st_ino == given.st_ino;
}

static int open_in(int root, const char *path, int flags)
{
        struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
        long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

        if (fd < 0 && errno == ENOSYS && is_our_root(root))
                return open(path, flags);
        return (int)fd;
}

/* Would fopen() fail for root as well? */
static bool is_absent(int error)
{
        return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

static bool is_null_device(const struct stat *st)
{
        return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static bool read_all(int fd, char *to, size_t len)
{
        size_t done = 0;

        while (done < len) {
                ssize_t n = read(fd, to + done, len - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false; /* it became shorter: neither the old nor the new file */
                done += (size_t)n;
        }
        return true;
}

static enum pjwt_stack_file read_text(int fd, size_t len, char **ret, size_t *retlen)
{
        char *bytes;

        if (len > PJWT_STACK_FILE_MAX)
                return PJWT_STACK_FILE_UNREADABLE;
        if (!ret)
                return PJWT_STACK_FILE_TEXT;
        bytes = malloc(len + 1);
        if (!bytes || !read_all(fd, bytes, len)) {
                free(bytes);
                return PJWT_STACK_FILE_UNREADABLE;
        }
        *ret = bytes;
        *retlen = len;
        return PJWT_STACK_FILE_TEXT;
}

enum pjwt_stack_file pjwt_stack_open_in_root(void *arg, const char *path, char **ret, size_t *retlen)
{
        const int *root = arg;
        enum pjwt_stack_file kind = PJWT_STACK_FILE_UNREADABLE;
        struct stat st;
        int fd = open_in(*root, path, O_PATH | O_CLOEXEC);

        if (fd < 0)
                return is_absent(errno) ? PJWT_STACK_FILE_ABSENT : PJWT_STACK_FILE_UNREADABLE;
        /* The kind is known before it is opened: opening a device can have effects, and a FIFO can wait. */
        if (fstat(fd, &st) == 0) {
                if (S_ISDIR(st.st_mode)) {
                        kind = PJWT_STACK_FILE_DIRECTORY;
                } else if (S_ISREG(st.st_mode) || is_null_device(&st)) {
                        int again = open_in(*root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
                        struct stat same;

                        if (again >= 0 && fstat(again, &same) == 0 && same.st_ino == st.st_ino &&
                            same.st_dev == st.st_dev)
                                kind = read_text(again, S_ISREG(st.st_mode) ? (size_t)same.st_size : 0, ret,
                                                 retlen);
                        if (again >= 0)
                                close(again);
                }
        }
        close(fd);
        return kind;
}

/* --- drafts --- */

static bool is_above(const char *directory, const char *path)
{
        size_t len = strlen(directory);

        return strncmp(directory, path, len) == 0 && path[len] == '/';
}

static enum pjwt_stack_file give_copy(const struct pjwt_stack_draft_file *file, char **ret, size_t *retlen)
{
        char *bytes;

        if (!file->bytes)
                return PJWT_STACK_FILE_ABSENT;
        if (!ret)
                return PJWT_STACK_FILE_TEXT;
        bytes = malloc(file->len + 1);
        if (!bytes)
                return PJWT_STACK_FILE_UNREADABLE;
        if (file->len > 0)
                memcpy(bytes, file->bytes, file->len);
        *ret = bytes;
        *retlen = file->len;
        return PJWT_STACK_FILE_TEXT;
}

enum pjwt_stack_file pjwt_stack_open_drafts(void *arg, const char *path, char **ret, size_t *retlen)
{
        const struct pjwt_stack_drafts *drafts = arg;
        bool above = false;

        for (size_t i = 0; i < drafts->count; i++) {
                if (strcmp(drafts->files[i].path, path) == 0)
                        return give_copy(&drafts->files[i], ret, retlen);
                above |= drafts->files[i].bytes && is_above(path, drafts->files[i].path);
        }
        if (above)
                return PJWT_STACK_FILE_DIRECTORY;
        return drafts->under.look ? drafts->under.look(drafts->under.arg, path, ret, retlen)
                                  : PJWT_STACK_FILE_ABSENT;
}
