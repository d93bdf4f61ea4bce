#include "login.h"

#include "lookups.h"
#include "opener.h"
#include "report.h"
#include "request.h"
#include "service.h"
#include "session.h"
#include "state.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static enum pjwt_reason load_conf(struct pjwt_login *login, struct pjwt_error *reterr)
{
        const struct pjwt_options *options = &login->options;
        char name[256];
        const char *hostname =
                gethostname(name, sizeof(name)) == 0 && memchr(name, '\0', sizeof(name)) ? name : NULL;

        if (login->conf)
                return PJWT_OK;
        if (options->issuer)
                return pjwt_conf_from_arguments(options->issuer, options->audience, options->jwks,
                                                login->request.service, hostname, &login->conf, reterr);
        return pjwt_conf_load(options->config, hostname, &login->conf, reterr);
}

/* A record that cannot be read or belongs to another user is logged; most logins have none. */
static bool has_record(struct pjwt_login *login)
{
        struct pjwt_error err = {0};

        if (pjwt_session_of_caller(&login->request.user, &login->caller, &err) == PJWT_OK)
                return true;
        if (err.reason != PJWT_NO_RECORD)
                pam_syslog(login->pamh, LOG_WARNING, "the login record is not used: %s: %s",
                           pjwt_reason_name(err.reason), err.detail);
        else if (login->options.debug)
                pam_syslog(login->pamh, LOG_DEBUG, "no login record: %s", err.detail);
        return false;
}

/* The record of the login that the caller is in, for sudo and similar programs. */
static bool find_caller(struct pjwt_login *login)
{
        struct pjwt_error ignored = {0};

        return pjwt_request_fill(login->pamh, &login->options, &login->request, &ignored) == PJWT_OK &&
               has_record(login);
}

/* Whether there is a record, and the service accepts it. */
static bool may_reuse(struct pjwt_login *login)
{
        const struct pjwt_service *service = NULL;
        struct pjwt_error ignored = {0};

        return find_caller(login) && load_conf(login, &ignored) == PJWT_OK &&
               pjwt_service_find(login->conf, login->request.service, &service, &ignored) == PJWT_OK &&
               service && service->reuse_login;
}

/* The log line states that a record was used, and the key it contains. */
static void name_the_record(struct pjwt_decision *decision, const struct pjwt_record *record)
{
        (void)snprintf(decision->error.detail, sizeof(decision->error.detail),
                       "by the login record of %s%s%s", record->service,
                       record->bound_key ? ", bound to the key " : "",
                       record->bound_key ? record->bound_key : "");
}

enum pjwt_reason pjwt_login_reuse(struct pjwt_login *login)
{
        struct pjwt_decision *decision = &login->decision;

        if (!may_reuse(login))
                return PJWT_NO_RECORD;
        if (pjwt_decide_record(login->conf, &login->request, login->caller, decision) == PJWT_OK) {
                (void)pam_set_item(login->pamh, PAM_AUTHTOK, NULL);
                name_the_record(decision, login->caller);
                login->record = login->caller; /* taken over */
                login->caller = NULL;
                return PJWT_OK;
        }
        pjwt_report_decision(login->pamh, &login->options, &login->request, decision);
        pjwt_decision_clear(decision);
        return PJWT_NO_RECORD;
}

/* What was read before the prompt may be long ago: the person, or who stopped the process, took the time. */
static void forget_what_was_read(struct pjwt_login *login)
{
        pjwt_decision_clear(&login->decision);
        pjwt_conf_free(login->conf);
        pjwt_record_free(login->caller);
        login->conf = NULL;
        login->caller = NULL;
        login->request = (struct pjwt_request){0};
        pjwt_lookups_forget(login->pamh);
}

static void judge(struct pjwt_login *login)
{
        struct pjwt_error *error = &login->decision.error;
        bool had_caller = login->caller != NULL;

        forget_what_was_read(login);
        *error = login->arguments;
        if (had_caller)
                (void)find_caller(login);
        (void)pjwt_request_fill(login->pamh, &login->options, &login->request, error);
        if (error->reason != PJWT_UNDECIDED || load_conf(login, error) != PJWT_OK)
                return;
        login->request.token = login->reply.token;
        login->request.token_len = login->reply.len;
        login->request.login = login->caller;
        login->request.auth_info = pam_getenv(login->pamh, "SSH_AUTH_INFO_0");
        (void)pjwt_decide(login->conf, &login->request, &login->decision);
        pjwt_reply_name_truncated(&login->reply, error);
}

void pjwt_login_judge(struct pjwt_login *login)
{
        const struct pjwt_moment begun = pjwt_moment_now();

        judge(login);
        if (login->decision.error.reason == PJWT_INTERRUPTED && !login->decision.used) {
                pam_syslog(login->pamh, LOG_NOTICE, "judged once more: %s", login->decision.error.detail);
                judge(login);
        }
        login->judged_ms = pjwt_moment_age_ms(begun);
}

/* The contents of the token, and the process that will open the session. */
static enum pjwt_reason make_record(struct pjwt_login *login, struct pjwt_process *retopener)
{
        enum pjwt_reason reason = pjwt_decision_record(&login->request, &login->decision, &login->record,
                                                       &login->decision.error);

        if (reason == PJWT_OK && login->record) {
                login->record->session_before = pjwt_process_session_now();
                pjwt_opener_announce(login->pamh, login->record, login->request.now, retopener);
        }
        return reason;
}

void pjwt_login_write_record(struct pjwt_login *login)
{
        struct pjwt_process opener = {0};

        if (login->decision.error.reason != PJWT_OK || login->options.observe)
                return;
        if (!login->record && make_record(login, &opener) != PJWT_OK)
                return;
        (void)pjwt_state_set(login->pamh, login->record, opener, &login->decision.error);
        login->record = NULL; /* taken over */
}

void pjwt_login_end(struct pjwt_login *login)
{
        pjwt_record_free(login->record);
        pjwt_record_free(login->caller);
        pjwt_decision_clear(&login->decision);
        pjwt_conf_free(login->conf);
        pjwt_reply_clear(&login->reply);
}
