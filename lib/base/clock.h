/* The clock for deadlines and ages. */
#ifndef PJWT_CLOCK_H
#define PJWT_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME: for deadlines and ages, never for what the time is. It cannot be set. */
int64_t pjwt_boot_ms(void);

#endif
