#include "report.h"

#include "audit.h"
#include "clients.h"
#include "shape.h"

#include <inttypes.h>
#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>

int pjwt_report_pam_code(enum pjwt_reason reason)
{
        static const int codes[] = {
#define PJWT_REASON(code, name, stage, pam, text) [PJWT_##code] = PAM_##pam,
#include "reasons.def"
#undef PJWT_REASON
        };

        return (size_t)reason < sizeof(codes) / sizeof(codes[0]) ? codes[reason] : PAM_SYSTEM_ERR;
}

/* A refused token is a notice; a problem that an administrator must fix is an error. */
static int priority_of(enum pjwt_reason reason)
{
        int pam_code = pjwt_report_pam_code(reason);

        if (reason == PJWT_OK)
                return LOG_INFO;
        return pam_code == PAM_SERVICE_ERR || pam_code == PAM_SYSTEM_ERR || pam_code == PAM_AUTHINFO_UNAVAIL
                       ? LOG_ERR
                       : LOG_NOTICE;
}

static void log_stage(pam_handle_t *pamh, const struct pjwt_stage_note *stage)
{
        char value[4 * sizeof(stage->value) + 1];
        char file[256 + 1];
        const char *origin = stage->origin.file ? stage->origin.file : "";

        value[pjwt_audit_escape(stage->value, strnlen(stage->value, sizeof(stage->value)), value,
                                sizeof(value) - 1)] = '\0';
        file[pjwt_audit_escape(origin, strlen(origin), file, sizeof(file) - 1)] = '\0';
        pam_syslog(pamh, LOG_DEBUG, "stage=%s outcome=%s value='%s' file='%s' line=%u",
                   pjwt_stage_name(stage->stage), pjwt_reason_name(stage->outcome), value, file,
                   stage->origin.line);
}

/*
 * Keys that could not be refreshed, or a cache file that was not trusted, are reported while logins still
 * work.
 */
static void warn_of_keys(pam_handle_t *pamh, const struct pjwt_request *request,
                         const struct pjwt_decision *decision)
{
        const struct pjwt_error *warning = &decision->keys.warning;
        int64_t asked_at = decision->keys.asked_at;
        char detail[sizeof(warning->detail)];

        if (!decision->issuer || warning->reason == PJWT_UNDECIDED)
                return;
        detail[pjwt_audit_escape(warning->detail, strlen(warning->detail), detail, sizeof(detail) - 1)] =
                '\0';
        pam_syslog(pamh, LOG_WARNING, "keys issuer='%s' age=%" PRId64 " reason=%s detail='%s'",
                   decision->issuer->name, asked_at ? request->now - asked_at : -1,
                   pjwt_reason_name(warning->reason), detail);
}

void pjwt_report_decision(pam_handle_t *pamh, const struct pjwt_options *options,
                          const struct pjwt_request *request, const struct pjwt_decision *decision)
{
        char line[PJWT_AUDIT_MAX];

        for (size_t i = 0; options->debug && i < decision->stage_count; i++)
                log_stage(pamh, &decision->stages[i]);
        pjwt_audit_line(request, decision, line);
        pam_syslog(pamh, priority_of(decision->error.reason), "%s%s", options->observe ? "observe " : "",
                   line);
        warn_of_keys(pamh, request, decision);
}

void pjwt_report_sentence(pam_handle_t *pamh, int pam_flags, enum pjwt_reason reason, size_t typed)
{
        const struct pjwt_client *client = pjwt_client_truncating_at(typed);

        if (reason == PJWT_OK)
                return;
        if (reason == PJWT_NO_ANSWER)
                (void)pam_error(
                        pamh,
                        "No token was received. sudo accepts at most %d bytes at a prompt: use sudo -A "
                        "with pamjwt-askpass, or pamjwt sudo.",
                        PJWT_SUDO_MOST);
        else if (typed < PJWT_SHAPE_LONG || ((unsigned)pam_flags & PAM_SILENT))
                return;
        else if (client)
                (void)pam_error(
                        pamh,
                        "The token was not accepted; %zu bytes arrived, which is where %s: use pamjwt ssh, "
                        "pamjwt sudo or pamjwt-askpass.",
                        typed, client->truncates);
        else
                (void)pam_error(pamh, "The token was not accepted; %zu bytes arrived.", typed);
}

void pjwt_report_phase(pam_handle_t *pamh, const char *phase, const struct pjwt_error *error)
{
        char detail[sizeof(error->detail)];

        detail[pjwt_audit_escape(error->detail, strlen(error->detail), detail, sizeof(detail) - 1)] = '\0';
        pam_syslog(pamh, LOG_ERR, "%s: reason=%s detail='%s'", phase, pjwt_reason_name(error->reason),
                   detail);
}
