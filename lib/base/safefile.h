/* Files that decide who gets in: opened and then asked, read within a bound, replaced atomically. */
#ifndef PJWT_SAFEFILE_H
#define PJWT_SAFEFILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "reason.h"

enum {
        PJWT_FILE_SECRET = 1, /* not readable by group or others either */
        PJWT_FILE_ANY_OWNER =
                2, /* the command's own arguments: no rule on owner and mode, links are followed */
        PJWT_FILE_LINKS =
                /*
                 * links are followed and the folder is not looked at: files that the configuration names and
                 * that never decide by themselves (a CA bundle, a bearer token)
                 */
        4,
};

/*
 * Reads a whole regular file. It must belong to root or the effective uid and not be writable by group or
 * others, and the same holds for the folder it lies in (a folder with the sticky bit may be writable: nobody
 * can rename there what is not his). Opened O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK: a FIFO
 * or a device never hangs the caller.
 * max: more bytes than this is PJWT_FILE_SIZE.
 * ret: on success bytes for pjwt_wipe_free(*ret, *retlen + 1), ended by a NUL that is not counted.
 * st: what fstat said; may be NULL.
 * Returns PJWT_OK; PJWT_FILE_OPEN (errno as fstat or open left it is named in the detail), _KIND, _OWNER,
 * _MODE, _SIZE; PJWT_NO_MEMORY. Outputs are untouched on failure. errno is ENOENT when the file or its folder
 * is not there.
 */
enum pjwt_reason pjwt_file_read(const char *path, unsigned flags, size_t max, char **ret, size_t *retlen,
                                struct stat *st, struct pjwt_error *reterr);

/*
 * As above, for an open descriptor, which stays open; the name is for errors only. The folder is not looked
 * at.
 */
enum pjwt_reason pjwt_file_read_fd(int fd, const char *name, unsigned flags, size_t max, char **ret,
                                   size_t *retlen, struct stat *st, struct pjwt_error *reterr);

/*
 * Opens a file under the rules of pjwt_file_read(), for a process that will read it with fewer rights.
 * Returns a descriptor that is O_CLOEXEC and not below 3, or -1 with the reason in reterr.
 */
int pjwt_file_open(const char *path, unsigned flags, struct pjwt_error *reterr);

/*
 * Asked directly before the rename: may the new file still replace the old one? By then the new one stands
 * under its temporary name, which any other writer takes away; so a process that was stopped behind this
 * question, and goes on after another has written, fails instead of bringing the old content back (REV-07).
 */
typedef bool (*pjwt_file_still)(void *arg);

/*
 * Replaces folder/name by a file of these bytes, which appears whole or not at all: an unnamed file, fchmod,
 * a link under one fixed temporary name, rename. The folder must belong to the effective uid and not be
 * writable by others. No fsync: a cache may be lost, not torn. still: may be NULL.
 * Returns PJWT_OK; PJWT_FILE_OPEN, _KIND, _OWNER, _MODE for the folder; PJWT_FILE_WRITE, also when `still`
 * said no, and under a finite RLIMIT_FSIZE, where a write could kill the host by SIGXFSZ (REV-08).
 */
enum pjwt_reason pjwt_file_replace(const char *folder, const char *name, const void *bytes, size_t len,
                                   mode_t mode, struct pjwt_error *reterr);
enum pjwt_reason pjwt_file_replace_if(const char *folder, const char *name, const void *bytes, size_t len,
                                      mode_t mode, pjwt_file_still still, void *arg,
                                      struct pjwt_error *reterr);
/* mtime: the file's date (seconds since 1970), which it has from the moment on when it can be seen. */
enum pjwt_reason pjwt_file_replace_dated(const char *folder, const char *name, const void *bytes, size_t len,
                                         mode_t mode, int64_t mtime, struct pjwt_error *reterr);

/*
 * Moves a descriptor to a number not below `least`: a host may have closed 0 to 2 and still write there.
 * Takes fd over (-1 is passed through); returns the new one, O_CLOEXEC, or -1 with errno.
 */
int pjwt_fd_above(int fd, int least);

#endif
