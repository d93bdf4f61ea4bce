#include "session.h"

#include "data.h"
#include "environment.h"
#include "expiry.h"
#include "recordstore.h"
#include "request.h"
#include "state.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum pjwt_reason pjwt_session_of_caller(const struct pjwt_user *user, struct pjwt_record **ret,
                                        struct pjwt_error *reterr)
{
        struct pjwt_record *record = NULL;
        unsigned id = 0;

        if (!pjwt_process_session_id(&id))
                return pjwt_fail(reterr, PJWT_NO_RECORD, "this process has no audit session id");
        if (pjwt_record_session(PJWT_RUN_DIR, id, &record, reterr) != PJWT_OK)
                return reterr->reason;
        if (!user->exists || record->uid != getuid() || record->uid != user->uid) {
                pjwt_record_free(record);
                return pjwt_fail(reterr, PJWT_NO_RECORD,
                                 "the login record of session %u belongs to another user", id);
        }
        *ret = record;
        return PJWT_OK;
}

/*
 * A login in an audit session that was there before it: sshd was started again from a login on a host without
 * systemd, or pam_loginuid does not work (containers). Then that session is not this login's alone, and its
 * record, if there is one, says no longer by which login a sudo came (attacks RVW-02).
 */
static void end_shared(pam_handle_t *pamh, unsigned id)
{
        struct pjwt_record *record = NULL;
        struct pjwt_error err = {0};

        if (pjwt_record_session(PJWT_RUN_DIR, id, &record, &err) == PJWT_NO_RECORD)
                return;
        pam_syslog(
                pamh, LOG_NOTICE,
                "audit session %u was opened by another login: its login record was removed, and sudo in it "
                "asks for a token",
                id);
        pjwt_record_drop_session(PJWT_RUN_DIR, id);
        pjwt_record_free(record);
}

/*
 * A session that no record opens. su, sudo and their like name the user who calls them (PAM_RUSER): they stay
 * in the session of that user's login, whose record it keeps. All others are logins.
 */
static void end_shared_by_other_login(pam_handle_t *pamh)
{
        const void *caller = NULL;
        unsigned id = 0;

        if (getuid() != 0 || geteuid() != 0 || !pjwt_process_session_id(&id) ||
            (pam_get_item(pamh, PAM_RUSER, &caller) == PAM_SUCCESS && caller && *(const char *)caller))
                return;
        end_shared(pamh, id);
}

static void drop_shared(pam_handle_t *pamh, struct pjwt_process self, unsigned id)
{
        pam_syslog(
                pamh, LOG_NOTICE,
                "no login record for session %u: this login did not open it (was sshd started from a login? "
                "is pam_loginuid before pam_jwt?); reuse_login and pamjwt sessions do not know this session",
                id);
        pjwt_record_drop_pending(PJWT_RUN_DIR, self);
        end_shared(pamh, id);
}

/* Keeps the record during the session. Without an audit session id it could not be found. */
static void move_to_session(pam_handle_t *pamh, struct pjwt_process self, const struct pjwt_record *record,
                            bool debug)
{
        char name[16];
        unsigned id = 0;
        struct pjwt_error err = {0};

        if (!pjwt_process_session_id(&id)) {
                if (debug)
                        pam_syslog(pamh, LOG_DEBUG,
                                   "no audit session id (set by pam_loginuid, which must precede pam_jwt): "
                                   "reuse_login and pamjwt sessions do not work for this session");
                pjwt_record_drop_pending(PJWT_RUN_DIR, self);
                return;
        }
        if (record->session_before == id || record->session_before == PJWT_NO_SESSION) {
                drop_shared(pamh, self, id);
                return;
        }
        if (pjwt_record_move(PJWT_RUN_DIR, self, id, &err) != PJWT_OK) {
                pam_syslog(pamh, LOG_NOTICE, "no login record for session %u: %s", id, err.detail);
                return;
        }
        (void)snprintf(name, sizeof(name), "%u", id);
        (void)pjwt_data_set(pamh, PJWT_SESSION_DATA, name);
}

/* This process's record, if it belongs to the user whose session is opened. */
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
        if (request->user.exists && record->uid == request->user.uid && request->now < record->until)
                return record;
        pam_syslog(pamh, LOG_NOTICE, "the login record %s and was removed",
                   request->now < record->until ? "belongs to another user" : "has expired");
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
                move_to_session(pamh, self, taken, options->debug);
                record = taken;
        } else {
                end_shared_by_other_login(pamh);
        }
        pjwt_environment_put(pamh, record);
        if (record && record->session_until_exp)
                pjwt_expiry_set(pamh, pam_flags, record);
        pjwt_record_free(taken);
}
