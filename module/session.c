#include "session.h"

#include "request.h"
#include "secret.h"
#include "state.h"

#include <inttypes.h>
#include <limits.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DATA_NAME    "pam_jwt.session"
#define RUNTIME_NAME "systemd.runtime_max_sec" /* read by pam_systemd */
#define SYSTEMD_DONE "systemd.existing"        /* set by pam_systemd when logind has made the session */
#define ENDS_NAME    "pam_jwt.ends"            /* there: this session was said to end with its token */
#define VALUE_MAX    256
#define EARLY        1000 /* milliseconds */

/* A copy of a string that may be absent. False when memory runs out. */
static bool copy(const char *text, char **ret)
{
        if (text)
                *ret = pjwt_secret_dup(text, strlen(text));
        return !text || *ret;
}

static bool copy_token(const char *text, size_t len, char **ret)
{
        if (text)
                *ret = pjwt_secret_dup(text, len);
        return !text || *ret;
}

static bool fill_record(const struct pjwt_request *request, const struct pjwt_decision *decision,
                        const struct pjwt_token *token, struct pjwt_record *record)
{
        record->uid = request->user.uid;
        record->since = request->now;
        record->exp = decision->times.exp;
        record->until = decision->times.exp + decision->issuer->leeway;
        record->session_until_exp = decision->service && decision->service->session_until_exp;
        return copy(request->user.name, &record->user) && copy(request->service, &record->service) &&
               copy(request->rhost, &record->rhost) && copy(decision->issuer->name, &record->issuer) &&
               copy(decision->grant->name, &record->grant) && copy(decision->iss, &record->iss) &&
               copy(decision->sub, &record->sub) && copy(decision->jti, &record->jti) &&
               copy(decision->key_kid, &record->kid) && copy(decision->alg, &record->alg) &&
               copy(decision->bound_key, &record->bound_key) &&
               copy_token(token->typ, token->typ_len, &record->typ) &&
               copy_token((const char *)token->payload, token->payload_len, &record->claims);
}

enum pjwt_reason pjwt_session_record(const struct pjwt_request *request, const struct pjwt_decision *decision,
                                     struct pjwt_record **ret, struct pjwt_error *reterr)
{
        struct pjwt_token *token = NULL;
        struct pjwt_record *record = calloc(1, sizeof(*record));
        struct pjwt_error ignored = {0};

        if (!record || pjwt_token_parse(request->token, request->token_len, 0, &token, &ignored) != PJWT_OK ||
            !fill_record(request, decision, token, record)) {
                pjwt_token_free(token);
                pjwt_record_free(record);
                return pjwt_fail_memory(
                        reterr); /* the token was taken apart before: nothing else is missing */
        }
        pjwt_token_free(token);
        *ret = record;
        return PJWT_OK;
}

static bool runs_sshd(void)
{
        char path[PATH_MAX];
        ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
        const char *base;

        if (len <= 0)
                return false;
        path[len] = '\0';
        base = strrchr(path, '/');
        return base && strncmp(base + 1, "sshd", 4) == 0; /* also sshd-session, of OpenSSH 9.8 and later */
}

static bool parent_runs_the_same(void)
{
        char path[64];
        struct stat self;
        struct stat parent;

        (void)snprintf(path, sizeof(path), "/proc/%ld/exe", (long)getppid());
        return stat("/proc/self/exe", &self) == 0 && stat(path, &parent) == 0 &&
               self.st_dev == parent.st_dev && self.st_ino == parent.st_ino;
}

/*
 * Which process will open the session? sshd holds the conversation of keyboard-interactive in a forked child.
 * The process that serves a connection leads a session of its own (or, in debug mode, was not started by
 * sshd); the child of the conversation does not, and its parent is sshd too.
 */
static bool find_opener(struct pjwt_process *ret)
{
        if (runs_sshd() && getsid(0) != getpid() && parent_runs_the_same())
                return pjwt_process_parent(ret);
        return pjwt_process_of(getpid(), ret);
}

void pjwt_session_announce(pam_handle_t *pamh, const struct pjwt_record *record, int64_t now,
                           struct pjwt_process *retopener)
{
        struct pjwt_process opener = {0};
        struct pjwt_error err = {0};

        if (getuid() != 0 || geteuid() != 0)
                return;
        if (!find_opener(&opener))
                (void)pjwt_fail(&err, PJWT_FILE_OPEN,
                                "/proc does not show the process that opens the session");
        else if (pjwt_record_put(PJWT_RUN_DIR, opener, record, now, &err) == PJWT_OK) {
                *retopener = opener;
                return;
        }
        pam_syslog(pamh, record->session_until_exp ? LOG_WARNING : LOG_NOTICE, "no login record%s: %s: %s",
                   record->session_until_exp ? ", and session_until_exp has no effect" : "",
                   pjwt_reason_name(err.reason), err.detail);
}

enum pjwt_reason pjwt_session_of_caller(const struct pjwt_user *user, struct pjwt_record **ret,
                                        struct pjwt_error *reterr)
{
        struct pjwt_record *record = NULL;
        unsigned id = 0;

        if (!pjwt_record_session_id(&id))
                return pjwt_fail(reterr, PJWT_NO_RECORD, "this process has no audit session id");
        if (pjwt_record_session(PJWT_RUN_DIR, id, &record, reterr) != PJWT_OK)
                return reterr->reason;
        if (!user->exists || record->uid != getuid() || record->uid != user->uid ||
            strcmp(record->user, user->name) != 0) {
                pjwt_record_free(record);
                return pjwt_fail(reterr, PJWT_NO_RECORD, "the login record of session %u is another user's",
                                 id);
        }
        *ret = record;
        return PJWT_OK;
}

static bool fits_environment(const char *value)
{
        size_t len = value ? strlen(value) : 0;

        for (size_t i = 0; i < len; i++)
                if (value[i] < ' ' || value[i] > '~')
                        return false;
        return len > 0 && len <= VALUE_MAX;
}

/*
 * For whoever audits: what is absent, not printable or too long is left out, also if ~/.pam_environment has
 * it.
 */
static void put_env(pam_handle_t *pamh, const char *name, const char *value)
{
        char text[32 + VALUE_MAX];

        if (fits_environment(value)) {
                (void)snprintf(text, sizeof(text), "%s=%s", name, value);
                (void)pam_putenv(pamh, text);
        } else if (pam_getenv(pamh, name)) {
                (void)pam_putenv(pamh, name);
        }
}

/*
 * record: NULL where no token opened the session. PAMJWT_EXP then stays what it is: setcred may need the
 * hint.
 */
static void put_environment(pam_handle_t *pamh, const struct pjwt_record *record)
{
        char exp[24];

        put_env(pamh, "PAMJWT_ISS", record ? record->iss : NULL);
        put_env(pamh, "PAMJWT_SUB", record ? record->sub : NULL);
        put_env(pamh, "PAMJWT_JTI", record ? record->jti : NULL);
        if (!record)
                return;
        (void)snprintf(exp, sizeof(exp), "%" PRId64, record->exp);
        put_env(pamh, "PAMJWT_EXP", exp);
}

static void free_text(pam_handle_t *pamh, void *data, int status)
{
        (void)pamh;
        (void)status;
        free(data);
}

static bool set_text(pam_handle_t *pamh, const char *name, const char *text)
{
        char *data = strdup(text);

        if (data && pam_set_data(pamh, name, data, free_text) == PAM_SUCCESS)
                return true;
        free(data);
        return false;
}

/* Why logind will not end the session, as far as it can be seen from here; NULL: nothing against it. */
static const char *obstacle(pam_handle_t *pamh)
{
        const void *data = NULL;

        if (access("/run/systemd/system", F_OK) != 0)
                return "this host does not run systemd";
        if (pam_get_data(pamh, SYSTEMD_DONE, &data) == PAM_SUCCESS)
                return "the session line of pam_jwt stands behind pam_systemd";
        return NULL;
}

static void tell_end(pam_handle_t *pamh, int64_t exp)
{
        const time_t when = (time_t)exp;
        struct tm tm;
        char text[64];

        if (gmtime_r(&when, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
                (void)pam_info(pamh, "This session ends with its token, at %s.", text);
}

/*
 * What is left until exp, as pam_systemd reads it: to the millisecond, and EARLY less. logind counts from the
 * start of the session's scope, which waits for the user's own systemd: tenths of a second, on a busy host
 * some seconds.
 */
static void seconds_until(int64_t exp, char text[32])
{
        struct timespec now = {0};
        int64_t left;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        left = (exp - now.tv_sec) * 1000 - now.tv_nsec / 1000000 - EARLY;
        if (left < 1000) /* 0 would be no limit */
                left = 1000;
        (void)snprintf(text, 32, "%" PRId64 ".%03" PRId64, left / 1000, left % 1000);
}

static void end_with_token(pam_handle_t *pamh, int pam_flags, const struct pjwt_record *record)
{
        char seconds[32];
        const char *against = obstacle(pamh);

        seconds_until(record->exp, seconds);
        if (!against && (!set_text(pamh, RUNTIME_NAME, seconds) || !set_text(pamh, ENDS_NAME, seconds)))
                against = "out of memory";
        if (against)
                pam_syslog(pamh, LOG_WARNING, "session_until_exp has no effect: %s", against);
        else if (!((unsigned)pam_flags & PAM_SILENT))
                tell_end(pamh, record->exp);
}

/* Keeps the record for as long as the session lasts. Without an audit session id nobody could ask for it. */
static void keep_for_session(pam_handle_t *pamh, struct pjwt_process self, bool debug)
{
        char name[16];
        unsigned id = 0;
        struct pjwt_error err = {0};

        if (!pjwt_record_session_id(&id)) {
                if (debug)
                        pam_syslog(pamh, LOG_DEBUG,
                                   "no audit session id (pam_loginuid before pam_jwt gives one): "
                                   "reuse_login and pamjwt sessions will not know this session");
                pjwt_record_drop_pending(PJWT_RUN_DIR, self);
                return;
        }
        if (pjwt_record_move(PJWT_RUN_DIR, self, id, &err) != PJWT_OK) {
                pam_syslog(pamh, LOG_NOTICE, "no login record for session %u: %s", id, err.detail);
                return;
        }
        (void)snprintf(name, sizeof(name), "%u", id);
        (void)set_text(pamh, DATA_NAME, name);
}

/* This process's record, if it is of the user whose session is opened. */
static struct pjwt_record *take_record(pam_handle_t *pamh, const struct pjwt_request *request,
                                       struct pjwt_process *self)
{
        struct pjwt_record *record = NULL;
        struct pjwt_error err = {0};

        if (getuid() != 0 || geteuid() != 0 || !pjwt_process_of(getpid(), self) ||
            pjwt_record_pending(PJWT_RUN_DIR, *self, &record, &err) != PJWT_OK) {
                if (err.reason != PJWT_UNDECIDED && err.reason != PJWT_NO_RECORD)
                        pam_syslog(pamh, LOG_WARNING, "the login record cannot be read: %s", err.detail);
                return NULL;
        }
        if (request->user.exists && record->uid == request->user.uid &&
            strcmp(record->user, request->user.name) == 0 && request->now < record->until)
                return record;
        pam_syslog(pamh, LOG_NOTICE, "the login record is %s, and was removed",
                   request->now < record->until ? "another user's" : "over");
        pjwt_record_drop_pending(PJWT_RUN_DIR, *self);
        pjwt_record_free(record);
        return NULL;
}

void pjwt_session_open(pam_handle_t *pamh, int pam_flags, const struct pjwt_options *options)
{
        struct pjwt_request request = {0};
        struct pjwt_error ignored = {0};
        struct pjwt_process self = {0};
        struct pjwt_record *taken = NULL;
        const struct pjwt_state *state = pjwt_state_of(pamh);
        const struct pjwt_record *record = state ? state->record : NULL;

        if (pjwt_request_fill(pamh, options, &request, &ignored) == PJWT_OK)
                taken = take_record(pamh, &request, &self);
        if (taken) {
                keep_for_session(pamh, self, options->debug);
                record = taken;
        }
        put_environment(pamh, record);
        if (record && record->session_until_exp)
                end_with_token(pamh, pam_flags, record);
        pjwt_record_free(taken);
}

/* Whether pam_systemd stands there at all, and got a session from logind, shows only behind our line. */
void pjwt_session_check(pam_handle_t *pamh)
{
        const void *data = NULL;

        if (pam_get_data(pamh, ENDS_NAME, &data) == PAM_SUCCESS &&
            pam_get_data(pamh, SYSTEMD_DONE, &data) != PAM_SUCCESS)
                pam_syslog(pamh, LOG_WARNING,
                           "session_until_exp has no effect: pam_systemd made no session of logind for this "
                           "login");
}

void pjwt_session_close(pam_handle_t *pamh)
{
        const void *name = NULL;

        pjwt_session_check(pamh);
        if (pam_get_data(pamh, DATA_NAME, &name) == PAM_SUCCESS && name)
                pjwt_record_drop_session(PJWT_RUN_DIR, (unsigned)strtoul(name, NULL, 10));
}
