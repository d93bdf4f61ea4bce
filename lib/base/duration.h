/* Durations as people write them. Pure. */
#ifndef PJWT_DURATION_H
#define PJWT_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* For errors, help and manuals: one of each unit. A unit that is added is added here too. */
#define PJWT_DURATION_LIKE "30s, 5m, 2h, 7d or 2w"

/*
 * "30s", "5m", "2h", "7d", "2w" in seconds; a bare number is seconds. False for anything else and for more
 * than 100 years (of 366 days); *ret is then untouched.
 */
bool pjwt_duration(const char *s, int64_t *ret);

#endif
