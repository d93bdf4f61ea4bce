#include "recordstore.h"
#include "secret.h"
#include "state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void state_free(struct pjwt_state *state)
{
        if (!state)
                return;
        pjwt_record_free(state->record);
        pjwt_wipe_free(state, sizeof(*state));
}

/*
 * Removes the pending record if this process did not finish its login. If the record belongs to another
 * process (sshd's parent of the conversation), or this is a forked child, it must be kept.
 */
static void drop_pending(const struct pjwt_state *state)
{
        if (state->pending.pid != 0 && state->pending.pid == getpid() && state->owner == getpid())
                pjwt_record_drop_pending(PJWT_RUN_DIR, state->pending);
}

static void cleanup(pam_handle_t *pamh, void *data, int status)
{
        (void)pamh;
        (void)status;
        drop_pending(data);
        state_free(data);
}

/* Without it, setcred's code would end a token-only login in sshd's parent process (fatal: pam_setcred). */
static void leave_hint(pam_handle_t *pamh, int64_t exp)
{
        char hint[sizeof(PJWT_STATE_HINT) + 24];

        (void)snprintf(hint, sizeof(hint), PJWT_STATE_HINT "=%" PRId64, exp);
        (void)pam_putenv(pamh, hint);
}

enum pjwt_reason pjwt_state_set(pam_handle_t *pamh, struct pjwt_record *record, struct pjwt_process pending,
                                struct pjwt_error *reterr)
{
        struct pjwt_state *state = calloc(1, sizeof(*state));

        if (!state) {
                pjwt_record_free(record);
                return pjwt_fail_memory(reterr);
        }
        *state = (struct pjwt_state){record, pending, getpid()};
        if (pam_set_data(pamh, PJWT_STATE_DATA, state, cleanup) != PAM_SUCCESS) {
                drop_pending(state);
                state_free(state);
                return pjwt_fail_memory(reterr);
        }
        leave_hint(pamh, record->exp);
        return PJWT_OK;
}
