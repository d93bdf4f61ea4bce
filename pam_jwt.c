/*
 * The PAM entry points. Each does the same: arguments, request, one decision, one log line, one PAM code.
 * For the meaning of the codes, and for when the reply is kept for the next module, see pam_jwt(8).
 */
#include "account.h"
#include "environment.h"
#include "expiry.h"
#include "judge.h"
#include "login.h"
#include "report.h"
#include "request.h"
#include "session.h"
#include "state.h"

#include <security/pam_modules.h>

static enum pjwt_reason reuse(struct pjwt_login *login)
{
        struct pjwt_error ignored = {
                0}; /* without the judge a password is still possible, so it is asked for */

        if (pjwt_login_may_reuse(login))
                login->judge = pjwt_judge_load(&ignored);
        return login->judge ? login->judge->reuse(login) : PJWT_NO_RECORD;
}

/* A decision was made, by the judge or without it. */
static enum pjwt_reason conclude(struct pjwt_login *login)
{
        if (login->judge)
                login->judge->write_record(login);
        else if (login->decision.error.reason == PJWT_OK) /* cannot be: nothing but the judge accepts */
                login->decision.error.reason = PJWT_UNDECIDED;
        pjwt_report_decision(login->pamh, &login->options, &login->request, &login->decision);
        return login->decision.error.reason;
}

static void end(struct pjwt_login *login)
{
        if (login->judge)
                login->judge->end(login);
        else
                pjwt_reply_clear(&login->reply);
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct pjwt_login login;
        enum pjwt_reason reason;
        bool observe;

        pjwt_login_begin(pamh, argc, argv, &login);
        reason = reuse(&login);
        if (reason != PJWT_OK) {
                reason = pjwt_prompt(pamh, &login.options, &login.reply, &login.decision.error);
                if (reason != PJWT_NOT_A_TOKEN)
                        pjwt_login_decide(&login, reason);
        }
        if (reason != PJWT_NOT_A_TOKEN)
                reason = conclude(&login);
        observe = login.options.observe;
        if (!observe)
                pjwt_report_sentence(pamh, flags, reason, login.reply.typed);
        pjwt_login_delay(&login);
        end(&login);
        return observe ? PAM_CRED_UNAVAIL : pjwt_report_pam_code(reason);
}

/*
 * sshd calls this in a process in which authenticate never ran: after a password or a public key the code
 * must be one that the stack ignores (PAM_SUCCESS would skip the setcred of later modules, PAM_IGNORE ends
 * the login); after a token it must be PAM_SUCCESS, or a stack without another auth line would end the
 * login. sshd calls it again after open_session.
 */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)flags;
        (void)argc;
        (void)argv;
        pjwt_expiry_check(pamh);
        return pjwt_state_hinted(pamh) ? PAM_SUCCESS : PAM_CRED_UNAVAIL;
}

/* An argument that is not understood refuses, also with observe: it may be a misspelt require_token. */
int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct pjwt_options options;
        struct pjwt_request request = {0};
        struct pjwt_decision decision = {0};
        enum pjwt_reason reason;

        bool observe;

        (void)flags;
        observe = pjwt_options_parse(argc, argv, PJWT_LINE_ACCOUNT, &options, &decision.error) == PJWT_OK &&
                  options.observe;
        (void)pjwt_request_fill(pamh, &options, &request, &decision.error);
        reason = pjwt_account_check(pamh, &options, &request, &decision.error);
        if (reason == PJWT_OK || reason == PJWT_NOT_A_TOKEN)
                return reason == PJWT_OK && !observe ? PAM_SUCCESS : PAM_IGNORE;
        pjwt_report_decision(pamh, &options, &request, &decision);
        return observe ? PAM_IGNORE : pjwt_report_pam_code(reason);
}

/* Most sessions were not opened by a token: nothing is loaded for them. */
static void open_session(pam_handle_t *pamh, int flags, const struct pjwt_options *options)
{
        struct pjwt_error error = {0};
        const struct pjwt_judge *judge = NULL;

        if (pjwt_session_has_record(pamh)) {
                judge = pjwt_judge_load(&error);
                if (!judge)
                        pjwt_report_phase(pamh, "session", &error);
        }
        if (judge)
                judge->open_session(pamh, flags, options);
        else
                pjwt_environment_put(pamh, NULL);
}

/* A session is never refused here: failures are logged. */
int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct pjwt_options options;
        struct pjwt_error error = {0};

        if (pjwt_options_parse(argc, argv, PJWT_LINE_SESSION, &options, &error) != PJWT_OK)
                pjwt_report_phase(pamh, "session", &error);
        if (!options.observe)
                open_session(pamh, flags, &options);
        return PAM_SUCCESS;
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct pjwt_options options;
        struct pjwt_error ignored = {0};

        (void)flags;
        (void)pjwt_options_parse(argc, argv, PJWT_LINE_SESSION, &options, &ignored);
        if (!options.observe)
                pjwt_session_close(pamh);
        return PAM_SUCCESS;
}
