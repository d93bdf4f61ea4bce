#include "fetchlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "fetchwire.h"
#include "safefile.h"

#define LATE_MS    INT64_C(1000) /* after the time at which a request has ended at the latest */
#define NAME_BYTES (PJWT_FETCH_NAME_MAX + 16)

uid_t pjwt_fetchlock_user(void)
{
        unsigned long long uid = 0;
        char text[32] = "";
        int fd;
        ssize_t n;

        if (geteuid() != 0)
                return 0;
        if (getuid() != 0)
                return getuid();
        fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
        n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
        if (fd >= 0)
                close(fd);
        if (n > 0)
                uid = strtoull(text, NULL, 10);
        return uid < UINT32_MAX ? (uid_t)uid : 0; /* all bits set: the process does not belong to a login */
}

static bool name_of(const struct pjwt_fetchlock *lock, uid_t user, char out[NAME_BYTES])
{
        int n = user ? snprintf(out, NAME_BYTES, "%s@%u", lock->name, (unsigned)user)
                     : snprintf(out, NAME_BYTES, "%s", lock->name);

        return n > 0 && n < NAME_BYTES && !strchr(out, '/') && out[0] != '.';
}

/* With this mode whatever the umask is. */
static void make_dir(const char *path, mode_t mode)
{
        if (mkdir(path, 0700) == 0)
                (void)chmod(path, mode);
}

/* Only this process's user may be able to change its contents. It once belonged to the helper's user. */
static int open_dir(const char *dir, bool make)
{
        const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        int fd = open(dir, flags);
        struct stat st;

        make = make && geteuid() == 0 && strcmp(dir, PJWT_LOCK_DIR) == 0;
        if (fd < 0 && make && errno == ENOENT) { /* a host without systemd */
                make_dir(PJWT_RUN_DIR, 0755);
                make_dir(PJWT_LOCK_DIR, 0700);
                fd = open(dir, flags);
        }
        if (fd < 0)
                return -1;
        if (make && fstat(fd, &st) == 0 && st.st_uid != 0)
                (void)!fchown(fd, 0, 0);
        if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
                return fd;
        close(fd);
        return -1;
}

static bool read_note(int fd, struct pjwt_note *ret)
{
        char text[PJWT_NOTE_BYTES_MAX];
        ssize_t n = pread(fd, text, sizeof(text), 0);

        return n > 0 && pjwt_note_parse(text, (size_t)n, ret, NULL) == PJWT_OK;
}

/* A write beyond the user's limit would end su or sudo by SIGXFSZ (REV-08). */
static bool may_write(void)
{
        struct rlimit limit;

        return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= PJWT_NOTE_BYTES_MAX;
}

void pjwt_fetchlock_put(int fd, const struct pjwt_note *note)
{
        char *text = NULL;
        size_t len = 0;

        if (fd < 0 || ftruncate(fd, 0) != 0 || pjwt_note_write(note, &text, &len, NULL) != PJWT_OK)
                return;
        if (len > PJWT_NOTE_BYTES_MAX || !may_write() || pwrite(fd, text, len, 0) != (ssize_t)len)
                (void)!ftruncate(fd, 0);
        free(text);
}

/* Of the open file, so that it can be handed on. */
static bool try_lock(int fd)
{
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Tests the lock without taking it. */
static bool is_locked(int fd)
{
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* Whether this file still has the name, and was not removed as abandoned in the meantime. */
static bool is_current(int dir, const char *name, int fd)
{
        struct stat mine, there;

        return fstat(fd, &mine) == 0 && fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
               mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

/* A helper cannot extend this beyond the time that a request may take, whatever it notes. */
static bool is_abandoned(int fd)
{
        struct pjwt_note note = {0};
        int64_t now = pjwt_boot_ms();
        bool alive = read_note(fd, &note) && note.asked_boot_ms <= now &&
                     now <= note.ends_boot_ms + LATE_MS &&
                     now - note.asked_boot_ms <= PJWT_FETCH_TIMEOUT_MAX + LATE_MS;

        pjwt_note_clear(&note);
        return !alive;
}

static enum pjwt_note_verdict look_at(int dir, const char *name, const struct pjwt_note_question *question,
                                      bool patient, struct pjwt_note *ret)
{
        int fd = pjwt_file_open_own(dir, name, false);
        enum pjwt_note_verdict what = PJWT_NOTE_ASK;
        struct pjwt_note note = {0};

        if (fd < 0)
                return PJWT_NOTE_ASK;
        if (!is_locked(fd)) {
                if (read_note(fd, &note))
                        what = pjwt_note_judge(question, &note, pjwt_boot_ms());
        } else if (!patient || !is_abandoned(fd)) {
                what = PJWT_NOTE_BUSY;
        } else if (is_current(dir, name, fd)) {
                (void)unlinkat(dir, name, 0);
        }
        close(fd);
        if (what == PJWT_NOTE_WAIT)
                *ret = note;
        else
                pjwt_note_clear(&note);
        return what;
}

enum pjwt_note_verdict pjwt_fetchlock_look(const struct pjwt_fetchlock *lock,
                                           const struct pjwt_note_question *question, bool patient,
                                           struct pjwt_note *ret)
{
        int dir = open_dir(lock->dir, false);
        enum pjwt_note_verdict what = PJWT_NOTE_ASK;
        char name[NAME_BYTES];

        if (dir >= 0 && name_of(lock, 0, name))
                what = look_at(dir, name, question, patient, ret);
        if (dir >= 0 && what == PJWT_NOTE_ASK && lock->user && name_of(lock, lock->user, name))
                what = look_at(dir, name, question, patient, ret);
        if (dir >= 0)
                close(dir);
        return what;
}

bool pjwt_fetchlock_read(const struct pjwt_fetchlock *lock, struct pjwt_note *ret)
{
        int dir = open_dir(lock->dir, false), fd = -1;
        char name[NAME_BYTES];
        bool there = false;

        if (dir >= 0 && name_of(lock, 0, name))
                fd = pjwt_file_open_own(dir, name, false);
        if (fd >= 0) {
                there = read_note(fd, ret);
                close(fd);
        }
        if (dir >= 0)
                close(dir);
        return there;
}

/* The lock: HELD, BUSY, or NONE where the file cannot be had. *retfd: when HELD. */
static enum lock_result { NONE, BUSY, HELD } lock_file(int dir, const char *name, int *retfd)
{
        int fd = pjwt_file_open_own(dir, name, true);

        if (fd < 0)
                return NONE;
        if (try_lock(fd) && is_current(dir, name, fd)) {
                *retfd = fd;
                return HELD;
        }
        close(fd);
        return BUSY;
}

/* Another process may have had the lock, and released it, since this one looked. */
static bool still_asks(int fd, const struct pjwt_note_question *question)
{
        struct pjwt_note note = {0};
        bool asks =
                !read_note(fd, &note) || pjwt_note_judge(question, &note, pjwt_boot_ms()) == PJWT_NOTE_ASK;

        pjwt_note_clear(&note);
        return asks;
}

static enum lock_result lock_in(const struct pjwt_fetchlock *lock, bool make, int *retfd)
{
        int dir = open_dir(lock->dir, make);
        enum lock_result r = NONE;
        char name[NAME_BYTES];

        if (dir >= 0 && name_of(lock, lock->user, name))
                r = lock_file(dir, name, retfd);
        if (dir >= 0)
                close(dir);
        return r;
}

bool pjwt_fetchlock_take(const struct pjwt_fetchlock *lock, const struct pjwt_note_question *question,
                         const struct pjwt_note *started, int *retfd)
{
        int fd = -1;
        enum lock_result r = lock_in(lock, true, &fd);

        if (r == HELD && !still_asks(fd, question)) {
                close(fd);
                r = BUSY;
        }
        if (r == HELD)
                pjwt_fetchlock_put(fd, started);
        *retfd = r == HELD ? fd : -1;
        return r != BUSY;
}

void pjwt_fetchlock_fail(const struct pjwt_fetchlock *lock, const struct pjwt_note *started,
                         const struct pjwt_error *err)
{
        struct pjwt_note note = {0}, failed = *started;
        int fd = -1;

        if (lock_in(lock, false, &fd) != HELD)
                return;
        failed.end = PJWT_NOTE_FAILED;
        failed.ends_boot_ms = pjwt_boot_ms();
        failed.reason = err->reason;
        failed.detail = err->detail;
        if (read_note(fd, &note) && note.end == PJWT_NOTE_STARTED &&
            note.asked_boot_ms == started->asked_boot_ms)
                pjwt_fetchlock_put(fd, &failed);
        pjwt_note_clear(&note);
        close(fd);
}
