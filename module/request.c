#include "request.h"

#include "safefile.h"

#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOGIN_DEFS         "/etc/login.defs"
#define LOGIN_DEFS_MAX     (256 * 1024)
#define SYSTEM_UID_DEFAULT 999
#define SYSTEM_UID_LIMIT   65533 /* 65534 is nobody */

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

/* A plain decimal number up to the end of the line; -1 for anything else. */
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

/* The value of `name` in a text of lines `NAME value`; the last one counts, as in shadow's getdef. -1: none.
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

/* A login.defs that cannot be trusted counts as absent: then the usual border holds, which is the careful
 * one. */
static uid_t read_system_uid_max(void)
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

static const char *text_item(pam_handle_t *pamh, int item)
{
        const void *value = NULL;

        return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

static void fill_user(pam_handle_t *pamh, const char *name, struct pjwt_user *ret)
{
        const struct passwd *passwd = pam_modutil_getpwnam(pamh, name);

        *ret = (struct pjwt_user){.name = name,
                                  .exists = passwd != NULL,
                                  .uid = passwd ? passwd->pw_uid : (uid_t)-1,
                                  .system_uid_max = read_system_uid_max()};
}

/* observe starts no helper: it must not change anything. */
static struct pjwt_keycache keycache_of(const struct pjwt_options *options, int64_t now)
{
        return (struct pjwt_keycache){.cache_dir = options->cache,
                                      .fetch_path = options->observe ? NULL : PJWT_FETCH_PATH,
                                      .now = now};
}

enum pjwt_reason pjwt_request_fill(pam_handle_t *pamh, const struct pjwt_options *options,
                                   struct pjwt_request *ret, struct pjwt_error *reterr)
{
        const char *user = NULL;
        const char *service = text_item(pamh, PAM_SERVICE);
        struct timespec now = {0};

        (void)clock_gettime(CLOCK_REALTIME, &now);
        ret->now = now.tv_sec;
        ret->service = service ? service : "";
        ret->rhost = text_item(pamh, PAM_RHOST);
        ret->keys = keycache_of(options, ret->now);
        if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || !user || !*user) {
                ret->user = (struct pjwt_user){.name = ""};
                return pjwt_fail(reterr, PJWT_BAD_USER, "the application names no user");
        }
        fill_user(pamh, user, &ret->user);
        return PJWT_OK;
}
