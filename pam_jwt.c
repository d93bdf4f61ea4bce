/*
 * The PAM entry points, and nothing else. Each has the same shape: arguments, what is asked, one decision,
 * one log line, one answer. What an answer means, and when the secret is kept for the next module, is in
 * pam_jwt(8).
 */
#include "conf.h"
#include "decide.h"
#include "options.h"
#include "prompt.h"
#include "report.h"
#include "request.h"
#include "state.h"

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <string.h>
#include <unistd.h>

#define FAIL_DELAY_USEC                                                                                      \
        2000000 /* as pam_unix, which answers for users that do not exist (attacks REV-03)                   \
                 */

/*
 * Asked for at the start, whatever comes: libpam waits only when the whole stack refuses, and then known,
 * unknown and forbidden users wait alike, with or without a token.
 */
static void ask_for_delay(pam_handle_t *pamh, const struct pjwt_options *options)
{
        if (!options->nodelay && !options->observe)
                (void)pam_fail_delay(pamh, FAIL_DELAY_USEC);
}

static enum pjwt_reason load_conf(const struct pjwt_options *options, const char *service,
                                  struct pjwt_conf **ret, struct pjwt_error *reterr)
{
        char name[256];
        const char *hostname =
                gethostname(name, sizeof(name)) == 0 && memchr(name, '\0', sizeof(name)) ? name : NULL;

        if (options->issuer)
                return pjwt_conf_from_arguments(options->issuer, options->audience, options->jwks, service,
                                                hostname, ret, reterr);
        return pjwt_conf_load(options->config, hostname, ret, reterr);
}

/* A token that has all its parts but does not hold, and ends exactly where a client cuts, was cut. */
static void name_the_cut(const struct pjwt_answer *answer, struct pjwt_decision *decision)
{
        struct pjwt_error seen = decision->error;

        if (answer->prompts > 1 || !pjwt_report_is_edge(answer->typed) ||
            (seen.reason != PJWT_MALFORMED && seen.reason != PJWT_BAD_BASE64URL &&
             seen.reason != PJWT_BAD_SIGNATURE))
                return;
        decision->error = (struct pjwt_error){0};
        (void)pjwt_fail(&decision->error, PJWT_TRUNCATED, "%zu bytes, where clients cut; %s", answer->typed,
                        seen.detail);
}

/* From an answer that is for us to a decision. conf is set when one was read: the decision borrows from it.
 */
static void judge(const struct pjwt_options *options, const struct pjwt_answer *answer,
                  struct pjwt_request *request, struct pjwt_conf **conf, struct pjwt_decision *decision)
{
        if (decision->error.reason != PJWT_UNDECIDED)
                return;
        if (load_conf(options, request->service, conf, &decision->error) != PJWT_OK)
                return;
        request->token = answer->token;
        request->token_len = answer->len;
        (void)pjwt_decide(*conf, request, decision);
        name_the_cut(answer, decision);
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct pjwt_options options;
        struct pjwt_error arguments = {0};
        struct pjwt_answer answer = {0};
        struct pjwt_request request = {0};
        struct pjwt_decision decision = {0};
        struct pjwt_conf *conf = NULL;
        enum pjwt_reason reason;

        (void)pjwt_options_parse(argc, argv, PJWT_LINE_AUTH, &options, &arguments);
        pjwt_state_forget(pamh);
        ask_for_delay(pamh, &options);
        reason = pjwt_prompt(pamh, &options, &answer, &decision.error);
        if (reason != PJWT_NOT_A_TOKEN) {
                if (reason == PJWT_OK)
                        decision.error = arguments;
                (void)pjwt_request_fill(pamh, &options, &request, &decision.error);
                judge(&options, &answer, &request, &conf, &decision);
                if (decision.error.reason == PJWT_OK && !options.observe)
                        (void)pjwt_state_keep(pamh, &request, &decision, &decision.error);
                pjwt_report_decision(pamh, &options, &request, &decision);
                reason = decision.error.reason;
        }
        if (!options.observe)
                pjwt_report_sentence(pamh, flags, reason, answer.typed);
        pjwt_decision_clear(&decision);
        pjwt_conf_free(conf);
        pjwt_answer_clear(&answer);
        return options.observe ? PAM_CRED_UNAVAIL : pjwt_report_answer(reason);
}

/*
 * sshd calls this in a process where authenticate never ran: after a password or a public key the answer must be one that
 * the stack ignores (PAM_SUCCESS would skip the setcred of later modules, PAM_IGNORE ends the login), after a token
 * PAM_SUCCESS, or a stack with no other auth line would end the login.
 */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)flags;
        (void)argc;
        (void)argv;
        return pjwt_state_hinted(pamh) ? PAM_SUCCESS : PAM_CRED_UNAVAIL;
}

/* PJWT_NOT_A_TOKEN: this login has nothing to do with us. */
static enum pjwt_reason check_account(pam_handle_t *pamh, const struct pjwt_options *options,
                                      const struct pjwt_request *request, struct pjwt_error *reterr)
{
        const struct pjwt_state *state = pjwt_state_of(pamh);

        if (state && strcmp(state->user, request->user.name) == 0) {
                if (request->now < state->exp)
                        return PJWT_OK;
                return pjwt_fail(reterr, PJWT_EXPIRED, "since authenticate; now %lld",
                                 (long long)request->now);
        }
        if (options->require_token)
                return pjwt_fail(reterr, PJWT_NO_TOKEN, "require_token");
        return PJWT_NOT_A_TOKEN;
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        struct pjwt_options options;
        struct pjwt_request request = {0};
        struct pjwt_decision decision = {0};
        enum pjwt_reason reason;

        (void)flags;
        (void)pjwt_options_parse(argc, argv, PJWT_LINE_ACCOUNT, &options, &decision.error);
        if (options.observe)
                return PAM_IGNORE;
        (void)pjwt_request_fill(pamh, &options, &request, &decision.error);
        reason = decision.error.reason; /* undecided: nothing has failed so far */
        if (reason == PJWT_UNDECIDED)
                reason = check_account(pamh, &options, &request, &decision.error);
        if (reason == PJWT_OK || reason == PJWT_NOT_A_TOKEN)
                return reason == PJWT_OK ? PAM_SUCCESS : PAM_IGNORE;
        pjwt_report_decision(pamh, &options, &request, &decision);
        return pjwt_report_answer(decision.error.reason);
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)pamh;
        (void)flags;
        (void)argc;
        (void)argv;
        return PAM_SUCCESS;
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)pamh;
        (void)flags;
        (void)argc;
        (void)argv;
        return PAM_SUCCESS;
}
