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

/* close() that preserves errno, for error paths. */
static void close_quietly(int fd)
{
        int saved = errno;

        if (fd >= 0)
                close(fd);
        errno = saved;
}

/* Must be owned by root or the effective uid and not be writable by others. `what` is "" or "directory ". */
static enum pjwt_reason check_owner_and_mode(const struct stat *st, const char *what, const char *name,
                                             unsigned flags, struct pjwt_error *reterr)
{
        mode_t forbidden = S_IWGRP | S_IWOTH;

        if (flags & PJWT_FILE_SECRET)
                forbidden |= S_IRGRP | S_IROTH;
        if (st->st_uid != 0 && st->st_uid != geteuid())
                return pjwt_fail(reterr, PJWT_FILE_OWNER, "%s%s: owned by uid %u", what, name,
                                 (unsigned)st->st_uid);
        if (st->st_mode & forbidden)
                return pjwt_fail(reterr, PJWT_FILE_MODE, "%s%s: mode %04o", what, name,
                                 (unsigned)(st->st_mode & 07777));
        return PJWT_OK;
}

/*
 * In a sticky directory only the owner can rename or remove files, so write permission of others does not
 * matter.
 */
static enum pjwt_reason check_dir(int fd, const char *path, struct pjwt_error *reterr)
{
        struct stat st;

        if (fstat(fd, &st) != 0)
                return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        if (st.st_mode & S_ISVTX)
                st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
        return check_owner_and_mode(&st, "directory ", path, 0, reterr);
}

/* Opens the directory of path; *retbase is the part after the last slash. -1 with errno on failure. */
static int open_parent(const char *path, const char **retbase)
{
        const char *slash = strrchr(path, '/');
        char dir[PATH_MAX];
        size_t len;

        *retbase = slash ? slash + 1 : path;
        if (!slash)
                return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        len = slash == path ? 1 : (size_t)(slash - path);
        if (len >= sizeof(dir)) {
                errno = ENAMETOOLONG;
                return -1;
        }
        memcpy(dir, path, len);
        dir[len] = '\0';
        return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Opens the file relative to the checked directory, so that the checked directory is the one used. -1 with
 * the reason in reterr.
 */
static int open_checked(const char *path, struct pjwt_error *reterr)
{
        const char *base;
        int dir = open_parent(path, &base);
        int fd = -1;

        if (dir < 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        else if (check_dir(dir, path, reterr) == PJWT_OK) {
                fd = openat(dir, base, READ_FLAGS | O_NOFOLLOW);
                if (fd < 0 && errno == ELOOP)
                        pjwt_fail(reterr, PJWT_FILE_KIND, "%s: is a symbolic link", path);
                else if (fd < 0)
                        pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        } else
                errno = EPERM;
        close_quietly(dir);
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

/* Reads until the end of the file or `room` bytes; -1 with errno. */
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

/* The buffer is one byte larger than the reported size, to detect a file that grows while it is read. */
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
        /* If the file shrank, the unused end of the buffer was never filled and need not be wiped. */
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
 * Other users must not be able to rename files in this directory at all, so there is no exception for
 * root's directories or the sticky bit.
 */
static int open_own_dir(const char *path, struct pjwt_error *reterr)
{
        int fd = pjwt_fd_above(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 3);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) != 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        else if (st.st_uid != geteuid())
                pjwt_fail(reterr, PJWT_FILE_OWNER, "directory %s: owned by uid %u", path,
                          (unsigned)st.st_uid);
        else if (st.st_mode & (S_IWGRP | S_IWOTH))
                pjwt_fail(reterr, PJWT_FILE_MODE, "directory %s: mode %04o", path,
                          (unsigned)(st.st_mode & 07777));
        else
                return fd;
        close_quietly(fd);
        return -1;
}

/* A replacement in progress. */
struct replacement {
        int dir;
        const char *name;
        char temporary[NAME_MAX + 1];
        bool linked;          /* the new file exists under its temporary name */
        const int64_t *mtime; /* NULL: now */
};

static bool date(int fd, const int64_t *mtime)
{
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime ? (time_t)*mtime : 0}};

        return !mtime || futimens(fd, times) == 0;
}

/*
 * The new file gets its temporary name when it is complete. On file systems without unnamed files (some
 * network file systems) it is created under that name; another writer may then rename it before it is
 * complete, and a reader sees a damaged cache, which it ignores.
 */
static int new_file(struct replacement *r)
{
        int fd = pjwt_fd_above(openat(r->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), 3);

        if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
                return fd;
        if (unlinkat(r->dir, r->temporary, 0) != 0 && errno != ENOENT)
                return -1;
        fd = pjwt_fd_above(
                openat(r->dir, r->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), 3);
        r->linked = fd >= 0;
        return fd;
}

static bool link_temporary(struct replacement *r, int fd)
{
        char self[64];

        if (r->linked)
                return true;
        (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        for (int tries = 0; tries < 8 && !r->linked; tries++) { /* another writer may remove it in between */
                if (unlinkat(r->dir, r->temporary, 0) != 0 && errno != ENOENT)
                        return false;
                r->linked = linkat(AT_FDCWD, self, r->dir, r->temporary, AT_SYMLINK_FOLLOW) == 0;
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
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: a newer version already exists", r->name);
        if (renameat(r->dir, r->temporary, r->dir, r->name) != 0)
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", r->name, strerror(errno));
        r->linked = false;
        return PJWT_OK;
}

static enum pjwt_reason replace(const char *dir, struct replacement r, const void *bytes, size_t len,
                                mode_t mode, pjwt_file_still still, void *arg, struct pjwt_error *reterr)
{
        const char *name = r.name;
        struct pjwt_error err = {0};
        enum pjwt_reason reason;
        int fd;

        if (size_limit_is_finite())
                return pjwt_fail(reterr, PJWT_FILE_WRITE,
                                 "%s/%s: the process has a file size limit (RLIMIT_FSIZE)", dir, name);
        if (snprintf(r.temporary, sizeof(r.temporary), ".%s.new", name) >= (int)sizeof(r.temporary) ||
            strchr(name, '/'))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s/%s: invalid name", dir, name);
        r.dir = open_own_dir(dir, &err);
        if (r.dir < 0)
                return pjwt_fail(reterr, err.reason, "%s", err.detail);
        fd = new_file(&r);
        if (fd < 0)
                reason = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s/%s: %s", dir, name, strerror(errno));
        else
                reason = replace_in(&r, fd, bytes, len, mode, still, arg, reterr);
        if (r.linked)
                (void)unlinkat(r.dir, r.temporary, 0);
        close_quietly(fd);
        close_quietly(r.dir);
        return reason;
}

enum pjwt_reason pjwt_file_replace_if(const char *dir, const char *name, const void *bytes, size_t len,
                                      mode_t mode, pjwt_file_still still, void *arg,
                                      struct pjwt_error *reterr)
{
        return replace(dir, (struct replacement){.name = name}, bytes, len, mode, still, arg, reterr);
}

enum pjwt_reason pjwt_file_replace(const char *dir, const char *name, const void *bytes, size_t len,
                                   mode_t mode, struct pjwt_error *reterr)
{
        return pjwt_file_replace_if(dir, name, bytes, len, mode, NULL, NULL, reterr);
}

enum pjwt_reason pjwt_file_replace_dated(const char *dir, const char *name, const void *bytes, size_t len,
                                         mode_t mode, int64_t mtime, struct pjwt_error *reterr)
{
        return replace(dir, (struct replacement){.name = name, .mtime = &mtime}, bytes, len, mode, NULL, NULL,
                       reterr);
}

static bool is_own(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
               !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int open_if_own(int dir, const char *name, int flags)
{
        int fd = openat(dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

        if (fd < 0 || is_own(fd))
                return fd;
        close(fd);
        return -1;
}

int pjwt_file_open_own(int dir, const char *name, bool make)
{
        int fd = open_if_own(dir, name, make ? O_RDWR | O_CREAT : O_RDONLY);

        if (fd < 0 && make && (unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0))
                fd = open_if_own(dir, name, O_RDWR | O_CREAT);
        if (fd >= 0 && make)
                (void)fchmod(fd, 0600); /* whatever the umask is */
        return fd;
}
