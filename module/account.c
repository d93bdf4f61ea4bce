#include "account.h"

#include "accounts.h"
#include "judge.h"
#include "state.h"

#include <inttypes.h>

/* A process that was stopped here goes on with a refusal (attacks RVW-03). */
#define ACCOUNT_MS (2 * PJWT_LOOKUPS_MS)

static enum pjwt_reason check_token(pam_handle_t *pamh, const struct pjwt_options *options,
                                    const struct pjwt_request *request, struct pjwt_error *error)
{
        const struct pjwt_state *state = pjwt_state_of(pamh);

        if (state && !(request->user.exists && state->record->uid == request->user.uid))
                return pjwt_fail(
                        error, PJWT_BAD_USER,
                        "the token let in %.80s, and PAM_USER has been changed to another account since",
                        state->record->user);
        if (!state)
                return options->require_token ? pjwt_fail(error, PJWT_NO_TOKEN, "require_token")
                                              : PJWT_NOT_A_TOKEN;
        if (request->now >= state->record->until)
                return pjwt_fail(error, PJWT_EXPIRED, "since authenticate; exp %" PRId64 ", now %" PRId64,
                                 state->record->exp, request->now);
        return PJWT_OK;
}

enum pjwt_reason pjwt_account_check(pam_handle_t *pamh, const struct pjwt_options *options,
                                    const struct pjwt_request *request, struct pjwt_error *error)
{
        enum pjwt_reason reason;

        if (error->reason != PJWT_UNDECIDED)
                return error->reason;
        if (options->revoked) {
                const struct pjwt_judge *judge = pjwt_judge_load(error);

                if (!judge || judge->check_revoked(request, error) != PJWT_OK)
                        return error->reason;
        }
        reason = check_token(pamh, options, request, error);
        if ((reason == PJWT_OK || options->revoked) && pjwt_moment_age_ms(request->read) > ACCOUNT_MS)
                return pjwt_fail(error, PJWT_INTERRUPTED,
                                 "the time and the revocation list were read long ago");
        return reason;
}
