/* Restricts the files that a fetch can reach, if the kernel has Landlock. */
#ifndef PJWT_FETCH_LANDLOCK_H
#define PJWT_FETCH_LANDLOCK_H

#include "reason.h"

/*
 * From here on only CA certificates, the resolver's files, shared libraries and the time zone can be read,
 * no file can be opened for writing, nothing can be executed, no TCP port bound, no process outside
 * signalled (as far as the kernel supports it). Without Landlock in the kernel this succeeds; if Landlock
 * fails, it fails.
 */
enum pjwt_reason fetch_landlock(struct pjwt_error *reterr);

#endif
