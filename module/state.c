#include "state.h"

#include "secret.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_NAME "pam_jwt.accepted"
#define HINT_NAME "PAMJWT_EXP"

static void state_free(struct pjwt_state *state)
{
        if (!state)
                return;
        pjwt_wipe_free_str(state->user);
        pjwt_wipe_free(state, sizeof(*state));
}

static void cleanup(pam_handle_t *pamh, void *data, int status)
{
        (void)pamh;
        (void)status;
        state_free(data);
}

void pjwt_state_forget(pam_handle_t *pamh)
{
        (void)pam_set_data(pamh, DATA_NAME, NULL, NULL);
        if (pam_getenv(pamh, HINT_NAME))
                (void)pam_putenv(pamh, HINT_NAME);
}

/* Without it, setcred's answer would end a token-only login in sshd's parent process (fatal: pam_setcred). */
static void leave_hint(pam_handle_t *pamh, int64_t exp)
{
        char hint[sizeof(HINT_NAME) + 24];

        (void)snprintf(hint, sizeof(hint), HINT_NAME "=%" PRId64, exp);
        (void)pam_putenv(pamh, hint);
}

bool pjwt_state_hinted(pam_handle_t *pamh)
{
        return pjwt_state_of(pamh) || pam_getenv(pamh, HINT_NAME);
}

/* now < exp + leeway was true a moment ago; the sum cannot overflow, since the claims' limits are far below.
 */
static int64_t end_of(const struct pjwt_decision *decision)
{
        return decision->times.exp + (decision->issuer ? decision->issuer->leeway : 0);
}

enum pjwt_reason pjwt_state_keep(pam_handle_t *pamh, const struct pjwt_request *request,
                                 const struct pjwt_decision *decision, struct pjwt_error *reterr)
{
        struct pjwt_state *state = calloc(1, sizeof(*state));

        if (!state)
                return pjwt_fail_memory(reterr);
        state->user = strdup(request->user.name);
        state->exp = end_of(decision);
        if (!state->user || pam_set_data(pamh, DATA_NAME, state, cleanup) != PAM_SUCCESS) {
                state_free(state);
                return pjwt_fail_memory(reterr);
        }
        leave_hint(pamh, state->exp);
        return PJWT_OK;
}

const struct pjwt_state *pjwt_state_of(const pam_handle_t *pamh)
{
        const void *data = NULL;

        return pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS ? data : NULL;
}
