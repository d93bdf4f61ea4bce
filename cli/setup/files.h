/*
 * Files of the host, which setup replaces whole (a login meets the old one or the new one), and setup's
 * lock.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "reason.h"

/* Directories and files are named by root and path, as in tree.h. */

/* The directory of a path. */
void cli_file_dir(const char *path, char dir[640]);
/*
 * Replaces a file by one rename, and makes its directory if there is none.
 * Returns PJWT_OK, PJWT_FILE_WRITE and what pjwt_file_replace() returns.
 */
enum pjwt_reason cli_file_write(const char *root, const char *path, const char *text, size_t len, mode_t mode,
                                struct pjwt_error *reterr);

/*
 * The lock: nothing is changed without it. It is on CLI_SETUP_DIR, which only root can open. A lock that
 * another process holds is waited for, with a line on stderr that says so, for at most CLI_LOCK_SECONDS.
 * create: makes the directory if there is none; else there is nothing to lock then, and that is a success.
 * retfd: for cli_setup_unlock(), also on failure.
 * Returns PJWT_OK, PJWT_FILE_OPEN, PJWT_FILE_MODE, PJWT_FILE_WRITE.
 */
enum pjwt_reason cli_setup_lock(const char *root, bool create, int *retfd, struct pjwt_error *reterr);
void cli_setup_unlock(int fd);

#define CLI_LOCK_SECONDS 20

#endif
