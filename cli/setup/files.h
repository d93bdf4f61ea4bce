/* Files of the host, which setup replaces whole: a login sees either the old one or the new one. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "reason.h"

/* Splits a path into its directory and its last part, which is borrowed from path. */
void cli_file_split(const char *path, char dir[640], const char **retname);
/* Makes a directory; it may exist already. On failure errno says why. */
bool cli_dir_make(const char *path, mode_t mode);
/* Syncs the file system of a directory. */
void cli_dir_sync(const char *dir);
/*
 * Replaces a file by one rename, and makes its directory if it does not exist.
 * Returns PJWT_OK, PJWT_FILE_WRITE and what pjwt_file_replace() returns.
 */
enum pjwt_reason cli_file_write(const char *path, const char *text, size_t len, mode_t mode,
                                struct pjwt_error *reterr);
/* The file's text; NULL if it does not exist (errno ENOENT) or cannot be read. For free(). */
char *cli_file_text(const char *path, size_t *retlen);

/*
 * One set-up at a time, whether started by users or by the timer. Nothing is done without the lock.
 * retfd: for cli_setup_unlock(), also on failure.
 * Returns PJWT_OK, PJWT_FILE_OPEN.
 */
enum pjwt_reason cli_setup_lock(const char *root, int *retfd, struct pjwt_error *reterr);
void cli_setup_unlock(int fd);

#endif
