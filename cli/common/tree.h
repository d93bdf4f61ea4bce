/*
 * Files of a host, or of the image of one. No path leaves the image, whatever its symbolic links say, and no
 * file of it is waited for.
 */
#ifndef CLI_TREE_H
#define CLI_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CLI_TREE_FD_PATH = 48 };

/*
 * In each function, root is "" for this host, else the directory of the image; path is absolute on that
 * host. Failures set errno.
 */

/* open() with these flags and O_CLOEXEC. Returns a descriptor or -1. */
int cli_tree_open(const char *root, const char *path, int flags);

/*
 * Opens a directory, for functions that take a path.
 * ret: a path of it that is valid while the descriptor is open.
 * Returns the descriptor, for close(), or -1.
 */
int cli_tree_dir(const char *root, const char *path, char ret[CLI_TREE_FD_PATH]);

/* The same for the directory that a path is in. retname: the last part of path, borrowed. */
int cli_tree_parent(const char *root, const char *path, char ret[CLI_TREE_FD_PATH], const char **retname);

/* Is there anything with this name? A symbolic link is something, wherever it points. */
bool cli_tree_is_there(const char *root, const char *path);

/*
 * The bytes of a regular file, ended by a NUL, for free(). NULL: it does not exist (errno ENOENT), is not a
 * regular file (EINVAL), is larger than CLI_INPUT_MAX (EFBIG) or cannot be read.
 */
char *cli_tree_text(const char *root, const char *path, size_t *retlen);

/*
 * Makes a directory with this mode, whatever the umask. One that exists already is good, and keeps its mode.
 */
bool cli_tree_make_dir(const char *root, const char *path, mode_t mode);

/* Removes a file; flags: AT_REMOVEDIR for an empty directory. One that does not exist is good. */
bool cli_tree_remove(const char *root, const char *path, int flags);

#endif
