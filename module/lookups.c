#include "lookups.h"

#include <stdint.h>

#define DATA_NAME "pam_jwt.lookups"

static void cleanup(pam_handle_t *pamh, void *data, int status)
{
        (void)pamh;
        (void)status;
        pjwt_lookups_free(data);
}

void pjwt_lookups_forget(pam_handle_t *pamh)
{
        (void)pam_set_data(pamh, DATA_NAME, NULL, NULL);
}

struct pjwt_accounts pjwt_lookups_of(pam_handle_t *pamh)
{
        const void *data = NULL;
        struct pjwt_lookups *lookups;

        if (pam_get_data(pamh, DATA_NAME, &data) == PAM_SUCCESS && data)
                return pjwt_lookups_accounts((struct pjwt_lookups *)(uintptr_t)data);
        lookups = pjwt_lookups_new();
        if (lookups && pam_set_data(pamh, DATA_NAME, lookups, cleanup) != PAM_SUCCESS) {
                pjwt_lookups_free(lookups);
                lookups = NULL;
        }
        return pjwt_lookups_accounts(lookups);
}
