#include "clock.h"

#include <time.h>

int64_t pjwt_boot_ms(void)
{
        struct timespec t = {0};

        (void)clock_gettime(CLOCK_BOOTTIME, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct pjwt_moment pjwt_moment_now(void)
{
        struct timespec t = {0};

        (void)clock_gettime(CLOCK_REALTIME, &t);
        return (struct pjwt_moment){.wall_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000,
                                    .boot_ms = pjwt_boot_ms()};
}

int64_t pjwt_moment_age_ms(struct pjwt_moment then)
{
        struct pjwt_moment now = pjwt_moment_now();
        int64_t wall = now.wall_ms - then.wall_ms, boot = now.boot_ms - then.boot_ms;

        if (then.wall_ms == 0 && then.boot_ms == 0)
                return INT64_MAX;
        return wall > boot ? wall : boot;
}
