#include "judge.h"

#include "account.h"
#include "session.h"
#include <buildid.h>

extern const struct pjwt_judge pjwt_judge;

const struct pjwt_judge pjwt_judge = {
        .build_id = PJWT_BUILD_ID,
        .reuse = pjwt_login_reuse,
        .decide = pjwt_login_judge,
        .write_record = pjwt_login_write_record,
        .end = pjwt_login_end,
        .check_revoked = pjwt_account_check_revoked,
        .open_session = pjwt_session_open,
};
