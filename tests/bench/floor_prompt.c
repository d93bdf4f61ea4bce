/*
 * The floor for a password: the least that a module can do which asks, and leaves the answer to the next one.
 * libpam alone. For measuring, never for use.
 *
 *   auth [cred_unavail=ignore default=die] pam_floor_prompt.so
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv);
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv);

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        char *text = NULL;

        (void)flags;
        (void)argc;
        (void)argv;
        if (pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &text, "%s", "JWT or password: ") != PAM_SUCCESS || !text)
                return PAM_AUTH_ERR;
        (void)pam_set_item(pamh, PAM_AUTHTOK, text);
        explicit_bzero(text, strlen(text));
        free(text);
        return PAM_CRED_UNAVAIL;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)pamh;
        (void)flags;
        (void)argc;
        (void)argv;
        return PAM_CRED_UNAVAIL;
}
