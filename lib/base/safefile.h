/* Security-relevant files: checked after opening, read up to a limit, replaced atomically. */
#ifndef PJWT_SAFEFILE_H
#define PJWT_SAFEFILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "reason.h"

enum {
        PJWT_FILE_SECRET = 1, /* not readable by group or others */
        PJWT_FILE_ANY_OWNER =
                2, /* arguments of the command: owner and mode are not checked, symbolic links are followed */
        PJWT_FILE_LINKS =
                /*
                 * symbolic links are followed and the directory is not checked: for files named in the
                 * configuration that do not decide on their own (a CA bundle, a bearer token)
                 */
        4,
};

/*
 * Reads a whole regular file. It must be owned by root or the effective uid and not be writable by group or
 * others; the same applies to its directory (a directory with the sticky bit may be writable, since users
 * can rename only their own files there). Opened with O_RDONLY, O_CLOEXEC, O_NOFOLLOW, O_NOCTTY and
 * O_NONBLOCK, so that a FIFO or a device never blocks the caller.
 * max: a larger file is PJWT_FILE_SIZE.
 * ret: on success bytes for pjwt_wipe_free(*ret, *retlen + 1), with a terminating NUL that is not counted.
 * st: the result of fstat; may be NULL.
 * Returns PJWT_OK; PJWT_FILE_OPEN (the detail describes the errno of fstat or open), _KIND, _OWNER, _MODE,
 * _SIZE; PJWT_NO_MEMORY. Outputs are untouched on failure. errno is ENOENT if the file or its directory
 * does not exist.
 */
enum pjwt_reason pjwt_file_read(const char *path, unsigned flags, size_t max, char **ret, size_t *retlen,
                                struct stat *st, struct pjwt_error *reterr);

/*
 * As above, for an open descriptor, which stays open; the name is only for errors. The directory is not
 * checked.
 */
enum pjwt_reason pjwt_file_read_fd(int fd, const char *name, unsigned flags, size_t max, char **ret,
                                   size_t *retlen, struct stat *st, struct pjwt_error *reterr);

/*
 * Opens a file under the rules of pjwt_file_read(), for a process with fewer privileges.
 * Returns a descriptor that is O_CLOEXEC and at least 3, or -1 with the reason in reterr.
 */
int pjwt_file_open(const char *path, unsigned flags, struct pjwt_error *reterr);

/*
 * Called just before the rename: whether the new file may still replace the old one. At this point the new
 * file has its temporary name, which any other writer removes. A process that was stopped after this call
 * and continues after another has written therefore fails, and does not restore the old content (REV-07).
 */
typedef bool (*pjwt_file_still)(void *arg);

/*
 * Replaces dir/name atomically with a file of these bytes: an unnamed file, fchmod, a link under a fixed
 * temporary name, rename. The directory must be owned by the effective uid and not be writable by others.
 * No fsync: after a crash a cache may be lost, but not damaged. still: may be NULL.
 * Returns PJWT_OK; PJWT_FILE_OPEN, _KIND, _OWNER, _MODE for the directory; PJWT_FILE_WRITE, also if `still`
 * returned false, and under a finite RLIMIT_FSIZE, where a write could kill the process with SIGXFSZ
 * (REV-08).
 */
enum pjwt_reason pjwt_file_replace(const char *dir, const char *name, const void *bytes, size_t len,
                                   mode_t mode, struct pjwt_error *reterr);
enum pjwt_reason pjwt_file_replace_if(const char *dir, const char *name, const void *bytes, size_t len,
                                      mode_t mode, pjwt_file_still still, void *arg,
                                      struct pjwt_error *reterr);
/* mtime: the modification time (seconds since 1970), set before the file becomes visible. */
enum pjwt_reason pjwt_file_replace_dated(const char *dir, const char *name, const void *bytes, size_t len,
                                         mode_t mode, int64_t mtime, struct pjwt_error *reterr);

/*
 * Opens NAME in the directory `dir`, which only this process's user may be able to write to: a regular
 * file that belongs to that user and that others cannot write to. Does not follow links or wait.
 * make: opens for reading and writing; a missing file, or anything else of that name, is replaced by
 * an empty file of mode 0600.
 * Returns a descriptor that is O_CLOEXEC, or -1.
 */
int pjwt_file_open_own(int dir, const char *name, bool make);

/*
 * Moves a descriptor to a number of at least `least`: the application may have closed 0 to 2 and still
 * write to them. Takes ownership of fd (-1 is passed through); returns the new one, O_CLOEXEC, or -1 with
 * errno.
 */
int pjwt_fd_above(int fd, int least);

#endif
