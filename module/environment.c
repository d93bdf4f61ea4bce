#include "environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MAX 256

static bool fits_environment(const char *value)
{
        size_t len = value ? strlen(value) : 0;

        for (size_t i = 0; i < len; i++)
                if (value[i] < ' ' || value[i] > '~')
                        return false;
        return len > 0 && len <= VALUE_MAX;
}

/*
 * For audits: values that are absent, not printable or too long are removed, even if ~/.pam_environment
 * sets them.
 */
static void put_env(pam_handle_t *pamh, const char *name, const char *value)
{
        char text[32 + VALUE_MAX];

        if (fits_environment(value)) {
                (void)snprintf(text, sizeof(text), "%s=%s", name, value);
                (void)pam_putenv(pamh, text);
        } else if (pam_getenv(pamh, name)) {
                (void)pam_putenv(pamh, name);
        }
}

void pjwt_environment_put(pam_handle_t *pamh, const struct pjwt_record *record)
{
        char exp[24];

        put_env(pamh, "PAMJWT_ISS", record ? record->iss : NULL);
        put_env(pamh, "PAMJWT_SUB", record ? record->sub : NULL);
        put_env(pamh, "PAMJWT_JTI", record ? record->jti : NULL);
        if (!record)
                return;
        (void)snprintf(exp, sizeof(exp), "%" PRId64, record->exp);
        put_env(pamh, "PAMJWT_EXP", exp);
}
