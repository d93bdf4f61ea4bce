#include "expiry.h"

#include "data.h"

#include <inttypes.h>
#include <security/pam_ext.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RUNTIME_NAME "systemd.runtime_max_sec" /* read by pam_systemd */
#define SYSTEMD_DONE "systemd.existing"        /* set by pam_systemd after logind has created the session */
#define ENDS_NAME    "pam_jwt.ends"            /* present: this session is to end with its token */
#define EARLY        1000                      /* milliseconds */

/* Why logind will not end the session, as far as it can be determined here; NULL: no known reason. */
static const char *obstacle(pam_handle_t *pamh)
{
        const void *data = NULL;

        if (access("/run/systemd/system", F_OK) != 0)
                return "this host does not run systemd";
        if (pam_get_data(pamh, SYSTEMD_DONE, &data) == PAM_SUCCESS)
                return "the session line of pam_jwt is after pam_systemd";
        return NULL;
}

static void tell_end(pam_handle_t *pamh, int64_t exp)
{
        const time_t when = (time_t)exp;
        struct tm tm;
        char text[64];

        if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
                (void)pam_info(pamh, "This session will end when its token expires, at %s.", text);
}

/*
 * The time until exp in the form that pam_systemd reads: in milliseconds, and EARLY less. logind counts
 * from the start of the session's scope, which waits for the user's systemd instance: tenths of a second,
 * on a busy host some seconds.
 */
static void seconds_until(int64_t exp, char text[32])
{
        struct timespec now = {0};
        int64_t left;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        left = (exp - now.tv_sec) * 1000 - now.tv_nsec / 1000000 - EARLY;
        if (left < 1000) /* 0 would mean no limit */
                left = 1000;
        (void)snprintf(text, 32, "%" PRId64 ".%03" PRId64, left / 1000, left % 1000);
}

void pjwt_expiry_set(pam_handle_t *pamh, int pam_flags, const struct pjwt_record *record)
{
        char seconds[32];
        const char *against = obstacle(pamh);

        seconds_until(record->exp, seconds);
        if (!against &&
            (!pjwt_data_set(pamh, RUNTIME_NAME, seconds) || !pjwt_data_set(pamh, ENDS_NAME, seconds)))
                against = "out of memory";
        if (against)
                pam_syslog(pamh, LOG_WARNING, "session_until_exp has no effect: %s", against);
        else if (!((unsigned)pam_flags & PAM_SILENT))
                tell_end(pamh, record->exp);
}

/* Whether pam_systemd is configured, and got a session from logind, is known only after our line. */
void pjwt_expiry_check(pam_handle_t *pamh)
{
        const void *data = NULL;

        if (pam_get_data(pamh, ENDS_NAME, &data) == PAM_SUCCESS &&
            pam_get_data(pamh, SYSTEMD_DONE, &data) != PAM_SUCCESS)
                pam_syslog(pamh, LOG_WARNING,
                           "session_until_exp has no effect: pam_systemd did not create a logind session for "
                           "this login");
}
