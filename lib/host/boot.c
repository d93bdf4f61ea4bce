#include "replay.h"

#include <time.h>
#include <unistd.h>

#include "process.h"

/* The start of process 1 is the boot of a container, too. */
int64_t pjwt_replay_boot(int64_t now)
{
        const long ticks = sysconf(_SC_CLK_TCK);
        struct pjwt_process first;
        struct timespec up;

        if (clock_gettime(CLOCK_BOOTTIME, &up) != 0 || ticks <= 0 || !pjwt_process_of(1, &first))
                return 0;
        return now - up.tv_sec + (int64_t)(first.start / (uint64_t)ticks);
}
