#include "logindefs.h"

#include "safefile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LOGIN_DEFS         "/etc/login.defs"
#define LOGIN_DEFS_MAX     (256 * 1024)
#define SYSTEM_UID_DEFAULT 999
#define SYSTEM_UID_LIMIT   65533 /* 65534 is the overflow uid */

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

/* A decimal number up to the end of the line; -1 for anything else. */
static long decimal_of(const char *s, const char *end)
{
        long value = 0;
        const char *start = s;

        for (; s < end && *s >= '0' && *s <= '9' && value <= SYSTEM_UID_LIMIT; s++)
                value = value * 10 + (*s - '0');
        while (start != s && s < end && is_blank(*s))
                s++;
        return start != s && s == end && value <= SYSTEM_UID_LIMIT ? value : -1;
}

/* Is there nothing but blanks between the start of the line and `at`? */
static bool begins_line(const char *text, const char *at)
{
        while (at > text && is_blank(at[-1]))
                at--;
        return at == text || at[-1] == '\n';
}

/* The number after a name, which ends at `after`; -1: none, or not a number. */
static long number_after(const char *after, const char *end)
{
        const char *newline = memchr(after, '\n', (size_t)(end - after));

        if (newline)
                end = newline;
        while (after < end && is_blank(*after))
                after++;
        return decimal_of(after, end);
}

/*
 * The value of `name` in a text of lines `NAME value`; the last one is used, as in shadow's getdef. -1: none.
 * Every login reads this file, which is mostly comments: memchr() skips to the next U, the rarest letter of
 * the names.
 */
static long number_of(const char *text, size_t len, const char *name)
{
        const size_t name_len = strlen(name), before_u = strcspn(name, "U");
        const char *end = text + len, *rest = text, *u;
        long value = -1;

        while ((u = memchr(rest, 'U', (size_t)(end - rest)))) {
                const bool fits = (size_t)(u - text) >= before_u && (size_t)(end - u) > name_len - before_u;
                const char *at = fits ? u - before_u : u;

                rest = u + 1;
                if (fits && memcmp(at, name, name_len) == 0 && is_blank(at[name_len]) &&
                    begins_line(text, at))
                        value = number_after(at + name_len, end);
        }
        return value;
}

uid_t pjwt_system_uid_max(const char *text, size_t len)
{
        long system_max = number_of(text, len, "SYS_UID_MAX");
        long user_min;

        if (system_max >= 0)
                return (uid_t)system_max;
        user_min = number_of(text, len, "UID_MIN");
        return user_min > 0 ? (uid_t)(user_min - 1) : SYSTEM_UID_DEFAULT;
}

uid_t pjwt_system_uid_max_read(void)
{
        struct pjwt_error ignored = {0};
        char *text = NULL;
        size_t len = 0;
        uid_t max = SYSTEM_UID_DEFAULT;

        if (pjwt_file_read(LOGIN_DEFS, 0, LOGIN_DEFS_MAX, &text, &len, NULL, &ignored) == PJWT_OK)
                max = pjwt_system_uid_max(text, len);
        free(text);
        return max;
}
