#include "judge.h"
#include "login.h"
#include "lookups.h"
#include "request.h"
#include "session.h"
#include "state.h"

#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <unistd.h>

/* As pam_unix, which prompts even for users who do not exist (attacks REV-03). */
#define FAIL_DELAY_USEC 2000000

/*
 * Does this process wait for one person? sshd, sudo, su and login are root, a screen locker is the user
 * itself. A service account that authenticates others (nginx, lighttpd, pgbouncer) serves all of them in one
 * event loop or thread: a delay there stops requests that have nothing to do with this one (attacks RVW-08).
 */
static bool waits_for_one_person(pam_handle_t *pamh)
{
        const void *user = NULL;
        const struct passwd *passwd = NULL;

        if (geteuid() == 0)
                return true;
        if (pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS && user)
                passwd = pam_modutil_getpwnam(pamh, user);
        return passwd && passwd->pw_uid == geteuid();
}

void pjwt_login_delay(struct pjwt_login *login)
{
        int64_t left = FAIL_DELAY_USEC - login->judged_ms * 1000;

        if (!login->options.nodelay && !login->options.observe && left > 0 &&
            waits_for_one_person(login->pamh))
                (void)pam_fail_delay(login->pamh, (unsigned)left);
}

void pjwt_login_begin(pam_handle_t *pamh, int argc, const char **argv, struct pjwt_login *ret)
{
        *ret = (struct pjwt_login){.pamh = pamh};
        (void)pjwt_options_parse(argc, argv, PJWT_LINE_AUTH, &ret->options, &ret->arguments);
        if (!ret->options.observe)
                pjwt_state_forget(pamh);
        pjwt_lookups_forget(pamh);
}

bool pjwt_login_may_reuse(const struct pjwt_login *login)
{
        return login->arguments.reason == PJWT_UNDECIDED && !login->options.observe && getuid() != 0 &&
               pjwt_session_caller_has_record();
}

void pjwt_login_decide(struct pjwt_login *login, enum pjwt_reason asked)
{
        struct pjwt_error *error = &login->decision.error;

        if (asked == PJWT_OK)
                login->judge = pjwt_judge_load(error);
        if (asked == PJWT_OK && login->judge)
                login->judge->decide(login);
        else /* there is nothing to judge, only to report */
                (void)pjwt_request_fill(login->pamh, &login->options, &login->request, error);
}
