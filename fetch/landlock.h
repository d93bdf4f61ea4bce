/* What of the file system a fetch can still reach, where the kernel has Landlock. */
#ifndef PJWT_FETCH_LANDLOCK_H
#define PJWT_FETCH_LANDLOCK_H

#include "reason.h"

/*
 * From here on only CA certificates, the resolver's files, shared libraries and the time zone can be read,
 * only the lock folder written to, nothing executed, no TCP port taken, no process outside signalled (as far
 * as the kernel knows how). A kernel without Landlock is no failure; one that has it and refuses is.
 */
enum pjwt_reason fetch_landlock(const char *lock_dir, struct pjwt_error *reterr);

#endif
