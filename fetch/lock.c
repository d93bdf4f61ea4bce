#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cachefile.h"

#define PATIENCE_MS                                                                                          \
        INT64_C(1000) /* before a lock counts as abandoned: time for its holder to note the attempt */
#define ABANDONED_MS (PJWT_FETCH_TIMEOUT_MAX + INT64_C(30000))

/* A lock of the open file, not of the process: the caller can test it (F_OFD_GETLK) without taking it. */
static bool try_lock(int fd)
{
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static int open_at(int dir, const char *name)
{
        int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        struct stat st;

        if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())) {
                close(fd);
                fd = -1;
        }
        return fd;
}

/* Whether this file has been moved aside in the meantime. */
static bool is_current(int dir, const char *name, int fd)
{
        struct stat mine, there;

        return fstat(fd, &mine) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
               mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

char *fetch_lock_note_read(const struct fetch_lock *lock, size_t *retlen)
{
        struct stat st;
        char *text;
        ssize_t n;

        if (lock->fd < 0 || fstat(lock->fd, &st) != 0 || st.st_size <= 0 ||
            st.st_size > PJWT_CACHEFILE_BYTES_MAX)
                return NULL;
        text = calloc(1, (size_t)st.st_size + 1);
        if (!text)
                return NULL;
        n = pread(lock->fd, text, (size_t)st.st_size, 0);
        if (n <= 0) {
                free(text);
                return NULL;
        }
        *retlen = (size_t)n;
        return text;
}

/* A truncated note counts as none: the parser decides, not this function. */
void fetch_lock_note_write(const struct fetch_lock *lock, const char *text, size_t len)
{
        if (lock->fd < 0 || ftruncate(lock->fd, 0) != 0)
                return;
        if (pwrite(lock->fd, text, len, 0) != (ssize_t)len)
                (void)!ftruncate(lock->fd, 0);
}

static bool is_abandoned(int fd)
{
        const struct fetch_lock lock = {fd};
        struct pjwt_fetch_response note = {0};
        size_t len = 0;
        char *text = fetch_lock_note_read(&lock, &len);
        bool abandoned = text && pjwt_fetch_response_parse(text, len, &note, NULL) == PJWT_OK &&
                         pjwt_boot_ms() - note.asked_boot_ms > ABANDONED_MS;

        pjwt_fetch_response_clear(&note);
        free(text);
        return abandoned;
}

/* One attempt. HELD: *retfd is the lock. */
static enum fetch_lock_result try_once(int dir, const char *name, bool patient, int *retfd)
{
        int fd = open_at(dir, name);

        if (fd < 0)
                return FETCH_LOCK_NONE;
        if (try_lock(fd) && is_current(dir, name, fd)) {
                *retfd = fd;
                return FETCH_LOCK_HELD;
        }
        if (patient && is_abandoned(fd) && is_current(dir, name, fd))
                (void)unlinkat(dir, name, 0);
        close(fd);
        return FETCH_LOCK_BUSY;
}

enum fetch_lock_result fetch_lock_take(const char *path, const struct pjwt_fetch_request *request,
                                       int64_t deadline, struct fetch_lock *ret)
{
        int64_t start = pjwt_boot_ms();
        struct timespec nap = {.tv_nsec = 10000000};
        int dir = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        enum fetch_lock_result r = FETCH_LOCK_NONE;

        ret->fd = -1;
        while (dir >= 0) {
                int64_t now = pjwt_boot_ms();

                r = try_once(dir, request->name, now - start > PATIENCE_MS, &ret->fd);
                if (r != FETCH_LOCK_BUSY || !request->wait || now >= deadline)
                        break;
                (void)nanosleep(&nap, NULL);
                if (nap.tv_nsec < 80000000)
                        nap.tv_nsec += 10000000;
        }
        if (dir >= 0)
                close(dir);
        return r;
}

void fetch_lock_release(struct fetch_lock *lock)
{
        if (lock->fd >= 0)
                close(lock->fd);
        lock->fd = -1;
}
