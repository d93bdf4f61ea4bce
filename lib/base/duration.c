#include "duration.h"

#include <stddef.h>
#include <string.h>

#define SECONDS_MAX (INT64_C(100) * 366 * 86400)

static const struct {
        const char *name;
        int64_t seconds;
} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};

bool pjwt_duration(const char *s, int64_t *ret)
{
        int64_t n = 0;
        const char *p = s;

        for (; *p >= '0' && *p <= '9'; p++) {
                n = n * 10 + (*p - '0');
                if (n > SECONDS_MAX)
                        return false;
        }
        if (p == s || p - s > 10)
                return false;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (strcmp(p, units[i].name) == 0 && n <= SECONDS_MAX / units[i].seconds) {
                        *ret = n * units[i].seconds;
                        return true;
                }
        return false;
}
