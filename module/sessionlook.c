#include "expiry.h"
#include "recordname.h"
#include "recordstore.h"
#include "session.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What cannot be looked at may be there: the judge then names the fault. */
static bool may_be_there(const char *directory, const char *name)
{
        char path[PATH_MAX];

        return !pjwt_recordname_path(PJWT_RUN_DIR, directory, name, path) ||
               faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool pjwt_session_caller_has_record(void)
{
        char name[PJWT_RECORD_NAME];
        unsigned id = 0;

        if (!pjwt_process_session_id(&id))
                return false;
        pjwt_recordname_of_session(id, name);
        return may_be_there(PJWT_RECORD_SESSION, name);
}

static bool process_has_record(void)
{
        char name[PJWT_RECORD_NAME];
        struct pjwt_process self;

        if (getuid() != 0 || geteuid() != 0 || !pjwt_process_of(getpid(), &self))
                return false;
        pjwt_recordname_of_process(self, name);
        return may_be_there(PJWT_RECORD_PENDING, name);
}

bool pjwt_session_has_record(const pam_handle_t *pamh)
{
        return pjwt_state_of(pamh) || process_has_record() || pjwt_session_caller_has_record();
}

void pjwt_session_close(pam_handle_t *pamh)
{
        const void *name = NULL;

        pjwt_expiry_check(pamh);
        if (pam_get_data(pamh, PJWT_SESSION_DATA, &name) == PAM_SUCCESS && name)
                pjwt_record_drop_session(PJWT_RUN_DIR, (unsigned)strtoul(name, NULL, 10));
}
