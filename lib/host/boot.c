#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * Field 22 of /proc/1/stat, in clock ticks since the boot. Field 2 is in parentheses and may contain any
 * character.
 */
static bool first_process_start(double *ret)
{
        char text[1024];
        FILE *f = fopen("/proc/1/stat", "re");
        size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
        char *p, *end = NULL;
        unsigned long long ticks = 0;

        if (f)
                (void)fclose(f);
        text[len] = '\0';
        p = strrchr(text, ')');
        for (int field = 2; p && field < 22; field++)
                p = strchr(p + 1, ' ');
        if (p)
                ticks = strtoull(p, &end, 10);
        if (!end || end == p || sysconf(_SC_CLK_TCK) <= 0)
                return false;
        *ret = (double)ticks / (double)sysconf(_SC_CLK_TCK);
        return true;
}

int64_t pjwt_replay_boot(int64_t now)
{
        struct timespec up;
        double start = 0;

        if (clock_gettime(CLOCK_BOOTTIME, &up) != 0 || !first_process_start(&start))
                return 0;
        return now - up.tv_sec + (int64_t)start;
}
