#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "input.h"
#include "safefile.h"

/* The C library has no function for it. */
static int open_in_root(int root, const char *path, int flags)
{
        const struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                                     .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

        return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

int cli_tree_open(const char *root, const char *path, int flags)
{
        int top;
        int fd;
        int kept;

        if (!*root)
                return open(path, flags | O_CLOEXEC);
        top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (top < 0)
                return -1;
        fd = open_in_root(top, path, flags);
        kept = errno;
        close(top);
        errno = kept;
        return fd;
}

int cli_tree_dir(const char *root, const char *path, char ret[CLI_TREE_FD_PATH])
{
        int fd = cli_tree_open(root, path, O_RDONLY | O_DIRECTORY);

        /* With the dot, the last part of the path is not a link: who opens it may ask for that. */
        snprintf(ret, CLI_TREE_FD_PATH, "/proc/self/fd/%d/.", fd);
        return fd;
}

int cli_tree_parent(const char *root, const char *path, char ret[CLI_TREE_FD_PATH], const char **retname)
{
        const char *slash = strrchr(path, '/');
        char dir[1024];

        *retname = slash + 1;
        if (slash == path)
                return cli_tree_dir(root, "/", ret);
        if ((size_t)(slash - path) >= sizeof(dir)) {
                errno = ENAMETOOLONG;
                return -1;
        }
        snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
        return cli_tree_dir(root, dir, ret);
}

/* Closes fd and keeps errno for the caller. */
static void close_keeping(int fd)
{
        int kept = errno;

        close(fd);
        errno = kept;
}

bool cli_tree_is_there(const char *root, const char *path)
{
        int fd = cli_tree_open(root, path, O_PATH | O_NOFOLLOW);

        if (fd >= 0)
                close(fd);
        return fd >= 0;
}

char *cli_tree_text(const char *root, const char *path, size_t *retlen)
{
        struct pjwt_error err = {0};
        char *text = NULL;
        struct stat st;
        int fd = cli_tree_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);

        if (fd < 0)
                return NULL;
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
                errno = EINVAL;
        else if (st.st_size > CLI_INPUT_MAX)
                errno = EFBIG;
        else if (pjwt_file_read_fd(fd, path, PJWT_FILE_ANY_OWNER, CLI_INPUT_MAX, &text, retlen, NULL, &err) !=
                 PJWT_OK)
                errno = EIO;
        close_keeping(fd);
        return text;
}

bool cli_tree_make_dir(const char *root, const char *path, mode_t mode)
{
        char in[CLI_TREE_FD_PATH];
        const char *name;
        int parent = cli_tree_parent(root, path, in, &name);
        bool good;

        if (parent < 0)
                return false;
        if (mkdirat(parent, name, mode) == 0)
                good = fchmodat(parent, name, mode, 0) == 0; /* the umask may have taken bits away */
        else
                good = errno == EEXIST;
        close_keeping(parent);
        return good;
}

bool cli_tree_remove(const char *root, const char *path, int flags)
{
        char in[CLI_TREE_FD_PATH];
        const char *name;
        int parent = cli_tree_parent(root, path, in, &name);
        bool good;

        if (parent < 0)
                return errno == ENOENT;
        good = unlinkat(parent, name, flags) == 0 || errno == ENOENT;
        close_keeping(parent);
        return good;
}
