#include "clock.h"

#include <time.h>

int64_t pjwt_boot_ms(void)
{
        struct timespec t = {0};

        (void)clock_gettime(CLOCK_BOOTTIME, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
