#include "state.h"

void pjwt_state_forget(pam_handle_t *pamh)
{
        (void)pam_set_data(pamh, PJWT_STATE_DATA, NULL, NULL);
        if (pam_getenv(pamh, PJWT_STATE_HINT))
                (void)pam_putenv(pamh, PJWT_STATE_HINT);
}

bool pjwt_state_hinted(pam_handle_t *pamh)
{
        return pjwt_state_of(pamh) || pam_getenv(pamh, PJWT_STATE_HINT);
}

const struct pjwt_state *pjwt_state_of(const pam_handle_t *pamh)
{
        const void *data = NULL;

        return pam_get_data(pamh, PJWT_STATE_DATA, &data) == PAM_SUCCESS ? data : NULL;
}
