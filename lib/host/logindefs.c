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

/*
 * The value of `name` in a text of lines `NAME value`; the last one is used, as in shadow's getdef. -1:
 * none.
 */
static long number_of(const char *text, size_t len, const char *name)
{
        const char *end = text + len;
        long value = -1;

        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                const char *stop = newline ? newline : end;

                while (text < stop && is_blank(*text))
                        text++;
                if ((size_t)(stop - text) > strlen(name) && memcmp(text, name, strlen(name)) == 0 &&
                    is_blank(text[strlen(name)])) {
                        text += strlen(name);
                        while (text < stop && is_blank(*text))
                                text++;
                        value = decimal_of(text, stop);
                }
                text = newline ? newline + 1 : end;
        }
        return value;
}

uid_t pjwt_system_uid_max(const char *text, size_t len)
{
        long system_max = number_of(text, len, "SYS_UID_MAX");
        long user_min = number_of(text, len, "UID_MIN");

        if (system_max >= 0)
                return (uid_t)system_max;
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
