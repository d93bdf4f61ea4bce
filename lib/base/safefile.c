#include "safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena.h"

#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

int pjwt_fd_above(int fd, int least)
{
        int moved;

        if (fd < 0 || fd >= least)
                return fd;
        moved = fcntl(fd, F_DUPFD_CLOEXEC, least);
        int saved = errno;

        close(fd);
        errno = saved;
        return moved;
}

/* close() that keeps errno, for error paths. */
static void close_quietly(int fd)
{
        int saved = errno;

        if (fd >= 0)
                close(fd);
        errno = saved;
}

/* Owner root or the effective uid, nothing for others to write. `what` is "" or "folder ". */
static enum pjwt_reason check_owner_and_mode(const struct stat *st, const char *what, const char *name,
                                             unsigned flags, struct pjwt_error *reterr)
{
        mode_t forbidden = S_IWGRP | S_IWOTH;

        if (flags & PJWT_FILE_SECRET)
                forbidden |= S_IRGRP | S_IROTH;
        if (st->st_uid != 0 && st->st_uid != geteuid())
                return pjwt_fail(reterr, PJWT_FILE_OWNER, "%s%s: belongs to uid %u", what, name,
                                 (unsigned)st->st_uid);
        if (st->st_mode & forbidden)
                return pjwt_fail(reterr, PJWT_FILE_MODE, "%s%s: mode %04o", what, name,
                                 (unsigned)(st->st_mode & 07777));
        return PJWT_OK;
}

/*
 * In a sticky folder only the owner renames or removes, so others' right to write there changes no file of
 * ours.
 */
static enum pjwt_reason check_folder(int fd, const char *path, struct pjwt_error *reterr)
{
        struct stat st;

        if (fstat(fd, &st) != 0)
                return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        if (st.st_mode & S_ISVTX)
                st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
        return check_owner_and_mode(&st, "folder of ", path, 0, reterr);
}

/* Opens the folder that path lies in; the part behind the last slash goes to *retbase. -1 with errno. */
static int open_parent(const char *path, const char **retbase)
{
        const char *slash = strrchr(path, '/');
        char folder[PATH_MAX];
        size_t len;

        *retbase = slash ? slash + 1 : path;
        if (!slash)
                return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        len = slash == path ? 1 : (size_t)(slash - path);
        if (len >= sizeof(folder)) {
                errno = ENAMETOOLONG;
                return -1;
        }
        memcpy(folder, path, len);
        folder[len] = '\0';
        return open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Opens by way of the checked folder, so that what was checked is what was used. -1 with the reason in
 * reterr.
 */
static int open_checked(const char *path, struct pjwt_error *reterr)
{
        const char *base;
        int folder = open_parent(path, &base);
        int fd = -1;

        if (folder < 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        else if (check_folder(folder, path, reterr) == PJWT_OK) {
                fd = openat(folder, base, READ_FLAGS | O_NOFOLLOW);
                if (fd < 0 && errno == ELOOP)
                        pjwt_fail(reterr, PJWT_FILE_KIND, "%s: is a symbolic link", path);
                else if (fd < 0)
                        pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        } else
                errno = EPERM;
        close_quietly(folder);
        return fd;
}

static int open_any(const char *path, struct pjwt_error *reterr)
{
        int fd = open(path, READ_FLAGS);

        if (fd < 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        return fd;
}

static enum pjwt_reason check_file(int fd, const char *name, unsigned flags, struct stat *st,
                                   struct pjwt_error *reterr)
{
        if (fstat(fd, st) != 0)
                return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", name, strerror(errno));
        if (!S_ISREG(st->st_mode))
                return pjwt_fail(reterr, PJWT_FILE_KIND, "%s: is not a regular file", name);
        if (flags & PJWT_FILE_ANY_OWNER)
                return PJWT_OK;
        return check_owner_and_mode(st, "", name, flags, reterr);
}

/* Reads until the end or `room` bytes; -1 with errno. */
static ssize_t read_up_to(int fd, char *buf, size_t room)
{
        size_t have = 0;

        while (have < room) {
                ssize_t n = read(fd, buf + have, room - have);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                have += (size_t)n;
        }
        return (ssize_t)have;
}

/* The buffer has one byte more than the file said, so that a file that grows meanwhile is noticed. */
static enum pjwt_reason read_all(int fd, const char *name, size_t size, char **ret, size_t *retlen,
                                 struct pjwt_error *reterr)
{
        char *buf = pjwt_memory_new(size + 2);
        ssize_t got;

        if (!buf)
                return pjwt_fail_memory(reterr);
        got = read_up_to(fd, buf, size + 1);
        if (got < 0 || (size_t)got > size) {
                enum pjwt_reason r =
                        got < 0 ? pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", name, strerror(errno))
                                : pjwt_fail(reterr, PJWT_FILE_SIZE, "%s: grew while it was read", name);

                explicit_bzero(buf, size + 2);
                free(buf);
                return r;
        }
        /* A file that shrank leaves a tail, which no caller wipes but none filled either. */
        memset(buf + got, 0, size + 2 - (size_t)got);
        *ret = buf;
        *retlen = (size_t)got;
        return PJWT_OK;
}

enum pjwt_reason pjwt_file_read_fd(int fd, const char *name, unsigned flags, size_t max, char **ret,
                                   size_t *retlen, struct stat *st, struct pjwt_error *reterr)
{
        struct stat own;
        enum pjwt_reason r = check_file(fd, name, flags, &own, reterr);

        if (r == PJWT_OK && (own.st_size < 0 || (uintmax_t)own.st_size > max))
                r = pjwt_fail(reterr, PJWT_FILE_SIZE, "%s: %jd bytes, at most %zu", name,
                              (intmax_t)own.st_size, max);
        if (r == PJWT_OK)
                r = read_all(fd, name, (size_t)own.st_size, ret, retlen, reterr);
        if (r == PJWT_OK && st)
                *st = own;
        return r;
}

enum pjwt_reason pjwt_file_read(const char *path, unsigned flags, size_t max, char **ret, size_t *retlen,
                                struct stat *st, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        int fd = flags & (PJWT_FILE_ANY_OWNER | PJWT_FILE_LINKS) ? open_any(path, &err)
                                                                 : open_checked(path, &err);
        enum pjwt_reason r;

        if (fd < 0)
                return pjwt_fail(reterr, err.reason, "%s", err.detail);
        r = pjwt_file_read_fd(fd, path, flags, max, ret, retlen, st, reterr);
        if (r != PJWT_OK)
                errno = EINVAL;
        close_quietly(fd);
        return r;
}

int pjwt_file_open(const char *path, unsigned flags, struct pjwt_error *reterr)
{
        int fd = flags & (PJWT_FILE_ANY_OWNER | PJWT_FILE_LINKS) ? open_any(path, reterr)
                                                                 : open_checked(path, reterr);
        struct stat st;

        if (fd < 0)
                return -1;
        if (check_file(fd, path, flags, &st, reterr) != PJWT_OK) {
                close_quietly(fd);
                return -1;
        }
        fd = pjwt_fd_above(fd, 3);
        if (fd < 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        return fd;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
        while (len > 0) {
                ssize_t n = write(fd, bytes, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                bytes += n;
                len -= (size_t)n;
        }
        return true;
}

static bool size_limit_is_finite(void)
{
        struct rlimit limit;

        return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

/*
 * Others must not be able to rename in this folder at all, hence no exception for root's folders or the
 * sticky bit.
 */
static int open_own_folder(const char *path, struct pjwt_error *reterr)
{
        int fd = pjwt_fd_above(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 3);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) != 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        else if (st.st_uid != geteuid())
                pjwt_fail(reterr, PJWT_FILE_OWNER, "folder %s: belongs to uid %u", path, (unsigned)st.st_uid);
        else if (st.st_mode & (S_IWGRP | S_IWOTH))
                pjwt_fail(reterr, PJWT_FILE_MODE, "folder %s: mode %04o", path,
                          (unsigned)(st.st_mode & 07777));
        else
                return fd;
        close_quietly(fd);
        return -1;
}

/* One replacement on its way. */
struct replacement {
        int folder;
        const char *name;
        char temporary[NAME_MAX + 1];
        bool linked;          /* our file stands under the temporary name */
        const int64_t *mtime; /* NULL: now */
};

static bool date(int fd, const int64_t *mtime)
{
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime ? (time_t)*mtime : 0}};

        return !mtime || futimens(fd, times) == 0;
}

/*
 * The new file appears under its temporary name when it is complete. Where the file system knows no unnamed
 * files (some network file systems), it is created under that name: another writer may then rename it half
 * written, which a reader sees as a damaged cache, that is as none.
 */
static int new_file(struct replacement *r)
{
        int fd = pjwt_fd_above(openat(r->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), 3);

        if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
                return fd;
        if (unlinkat(r->folder, r->temporary, 0) != 0 && errno != ENOENT)
                return -1;
        fd = pjwt_fd_above(
                openat(r->folder, r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
                3);
        r->linked = fd >= 0;
        return fd;
}

static bool link_temporary(struct replacement *r, int fd)
{
        char self[64];

        if (r->linked)
                return true;
        (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        for (int tries = 0; tries < 8 && !r->linked; tries++) { /* another writer may come between the two */
                if (unlinkat(r->folder, r->temporary, 0) != 0 && errno != ENOENT)
                        return false;
                r->linked = linkat(AT_FDCWD, self, r->folder, r->temporary, AT_SYMLINK_FOLLOW) == 0;
                if (!r->linked && errno != EEXIST)
                        return false;
        }
        return r->linked;
}

static enum pjwt_reason replace_in(struct replacement *r, int fd, const void *bytes, size_t len, mode_t mode,
                                   pjwt_file_still still, void *arg, struct pjwt_error *reterr)
{
        if (!write_all(fd, bytes, len) || fchmod(fd, mode) != 0 || !date(fd, r->mtime) ||
            !link_temporary(r, fd))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", r->name, strerror(errno));
        if (still && !still(arg))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: a newer one is there already", r->name);
        if (renameat(r->folder, r->temporary, r->folder, r->name) != 0)
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", r->name, strerror(errno));
        r->linked = false;
        return PJWT_OK;
}

static enum pjwt_reason replace(const char *folder, struct replacement r, const void *bytes, size_t len,
                                mode_t mode, pjwt_file_still still, void *arg, struct pjwt_error *reterr)
{
        const char *name = r.name;
        struct pjwt_error err = {0};
        enum pjwt_reason reason;
        int fd;

        if (size_limit_is_finite())
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s/%s: the process has a limit on file sizes",
                                 folder, name);
        if (snprintf(r.temporary, sizeof(r.temporary), ".%s.new", name) >= (int)sizeof(r.temporary) ||
            strchr(name, '/'))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s/%s: impossible name", folder, name);
        r.folder = open_own_folder(folder, &err);
        if (r.folder < 0)
                return pjwt_fail(reterr, err.reason, "%s", err.detail);
        fd = new_file(&r);
        if (fd < 0)
                reason = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s/%s: %s", folder, name, strerror(errno));
        else
                reason = replace_in(&r, fd, bytes, len, mode, still, arg, reterr);
        if (r.linked)
                (void)unlinkat(r.folder, r.temporary, 0);
        close_quietly(fd);
        close_quietly(r.folder);
        return reason;
}

enum pjwt_reason pjwt_file_replace_if(const char *folder, const char *name, const void *bytes, size_t len,
                                      mode_t mode, pjwt_file_still still, void *arg,
                                      struct pjwt_error *reterr)
{
        return replace(folder, (struct replacement){.name = name}, bytes, len, mode, still, arg, reterr);
}

enum pjwt_reason pjwt_file_replace(const char *folder, const char *name, const void *bytes, size_t len,
                                   mode_t mode, struct pjwt_error *reterr)
{
        return pjwt_file_replace_if(folder, name, bytes, len, mode, NULL, NULL, reterr);
}

enum pjwt_reason pjwt_file_replace_dated(const char *folder, const char *name, const void *bytes, size_t len,
                                         mode_t mode, int64_t mtime, struct pjwt_error *reterr)
{
        return replace(folder, (struct replacement){.name = name, .mtime = &mtime}, bytes, len, mode, NULL,
                       NULL, reterr);
}
