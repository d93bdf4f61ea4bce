/* Files that decide who gets in: opened and then asked, read within a bound, replaced atomically. */
#ifndef PJWT_SAFEFILE_H
#define PJWT_SAFEFILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "reason.h"

enum {
        PJWT_FILE_SECRET = 1, /* not readable by group or others either */
        PJWT_FILE_ANY_OWNER = 2, /* the command's own arguments: no rule on owner and mode, links are followed */
};

/*
 * Reads a whole regular file. It must belong to root or the effective uid and not be writable by group or others.
 * Opened O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK: a FIFO or a device never hangs the caller.
 * max:  more bytes than this is PJWT_FILE_SIZE.
 * ret:  on success bytes for pjwt_wipe_free(*ret, *retlen + 1), ended by a NUL that is not counted.
 * st:   what fstat said; may be NULL.
 * Returns PJWT_OK; PJWT_FILE_OPEN (errno as fstat or open left it is named in the detail), _KIND, _OWNER, _MODE, _SIZE;
 * PJWT_NO_MEMORY. Outputs are untouched on failure.
 */
enum pjwt_reason pjwt_file_read(const char *path, unsigned flags, size_t max, char **ret, size_t *retlen,
                                struct stat *st, struct pjwt_error *reterr);

/*
 * Replaces folder/name by a file of these bytes: one fixed temporary name, O_EXCL after unlink, fchmod, rename. The
 * folder must belong to the effective uid and not be writable by others. No fsync: a cache may be lost, not torn.
 */
enum pjwt_reason pjwt_file_replace(const char *folder, const char *name, const void *bytes, size_t len, mode_t mode,
                                   struct pjwt_error *reterr);

#endif
