/* The clock for deadlines and ages. */
#ifndef PJWT_CLOCK_H
#define PJWT_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_BOOTTIME: for deadlines and ages, not for the date. This clock cannot be set. */
int64_t pjwt_boot_ms(void);

#endif
