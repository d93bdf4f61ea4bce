#include "data.h"

#include <stdlib.h>
#include <string.h>

static void free_text(pam_handle_t *pamh, void *data, int status)
{
        (void)pamh;
        (void)status;
        free(data);
}

bool pjwt_data_set(pam_handle_t *pamh, const char *name, const char *text)
{
        char *data = strdup(text);

        if (data && pam_set_data(pamh, name, data, free_text) == PAM_SUCCESS)
                return true;
        free(data);
        return false;
}
