/*
 * A PAM module whose answers are its arguments: "id=7 auth=0 cred=31,0". The program that loads it answers
 * for it.
 */
#include <security/pam_modules.h>

#include "answers.h"

#define FUNCTION(name, number)                                                                               \
        int name(pam_handle_t *pamh, int flags, int argc, const char **argv)                                 \
        {                                                                                                    \
                (void)pamh;                                                                                  \
                (void)flags;                                                                                 \
                return answers_give(argc, argv, number);                                                     \
        }

FUNCTION(pam_sm_authenticate, 0)
FUNCTION(pam_sm_acct_mgmt, 2)
#ifndef PROBE_HALF /* else a module that lacks some functions */
FUNCTION(pam_sm_setcred, 1)
FUNCTION(pam_sm_open_session, 3)
FUNCTION(pam_sm_close_session, 4)

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        (void)pamh;
        return answers_give(argc, argv, flags & PAM_PRELIM_CHECK ? 5 : 6);
}
#endif
