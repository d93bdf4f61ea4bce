/* The clocks for deadlines and ages. */
#ifndef PJWT_CLOCK_H
#define PJWT_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME: for deadlines and ages, not for the date. This clock cannot be set. */
int64_t pjwt_boot_ms(void);

/* When the clocks were read. All zero: never. */
struct pjwt_moment {
        int64_t wall_ms; /* CLOCK_REALTIME */
        int64_t boot_ms;
};

struct pjwt_moment pjwt_moment_now(void);

/*
 * Milliseconds since then, by the clock that says more: CLOCK_BOOTTIME goes on while a process or the host
 * sleeps and cannot be set; CLOCK_REALTIME is set forward where a virtual machine was stopped from outside.
 * Since never: INT64_MAX.
 */
int64_t pjwt_moment_age_ms(struct pjwt_moment then);

#endif
