#include "account.h"
#include "accounts.h"

/* The `user` lines of the revocation list also apply to logins without a token. */
enum pjwt_reason pjwt_account_check_revoked(const struct pjwt_request *request, struct pjwt_error *error)
{
        struct pjwt_revoked *list = NULL;
        struct pjwt_origin origin;
        enum pjwt_reason reason = pjwt_revoked_load(request->revoked_file, NULL, &list, error);

        if (reason == PJWT_OK)
                reason = pjwt_revoked_user(list, &request->user, &request->accounts, &origin, error);
        pjwt_revoked_free(list);
        return reason;
}
