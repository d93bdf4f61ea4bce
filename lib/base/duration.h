/* Durations as written in configuration files. Pure. */
#ifndef PJWT_DURATION_H
#define PJWT_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* An example of each unit, for errors, help and manuals; extend it if a unit is added. */
#define PJWT_DURATION_LIKE "30s, 5m, 2h, 7d or 2w"

/*
 * Converts "30s", "5m", "2h", "7d", "2w" to seconds; a bare number is in seconds. Returns false, with *ret
 * untouched, for anything else and for more than 100 years (of 366 days).
 */
bool pjwt_duration(const char *s, int64_t *ret);

#endif
