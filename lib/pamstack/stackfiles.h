/* The files of a stack on a host, or below the root directory of an image. */
#ifndef PJWT_STACKFILES_H
#define PJWT_STACKFILES_H

#include "stackread.h"

/*
 * A pjwt_stack_look for a root directory: arg points to an int, a descriptor of that directory (O_PATH will
 * do), which the caller keeps open. No path leaves it, whatever its symbolic links say (openat2 with
 * RESOLVE_IN_ROOT); the root of the process needs no such care and works without openat2. No file is waited
 * for: what is neither a regular file nor a directory, is larger than PJWT_STACK_FILE_MAX or may not be read
 * is PJWT_STACK_FILE_UNREADABLE, except /dev/null, which is empty. Safe to call from several threads.
 */
enum pjwt_stack_file pjwt_stack_open_in_root(void *arg, const char *path, char **ret, size_t *retlen);

/*
 * Files that are not written yet, over others: what a stack would be if these were there.
 * under: asked for every other path; its look may be NULL, then there are no others.
 */
struct pjwt_stack_draft_file {
        const char *path;  /* absolute, as libpam opens it */
        const char *bytes; /* NULL: as if the file were not there */
        size_t len;
};

struct pjwt_stack_drafts {
        const struct pjwt_stack_draft_file *files;
        size_t count;
        struct pjwt_stack_files under;
};

/* A pjwt_stack_look for that; arg points to a struct pjwt_stack_drafts. A directory above a draft exists. */
enum pjwt_stack_file pjwt_stack_open_drafts(void *arg, const char *path, char **ret, size_t *retlen);

#endif
