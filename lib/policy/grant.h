/* Decides whether verified claims allow a login as a user. Pure. */
#ifndef PJWT_GRANT_H
#define PJWT_GRANT_H

#include <sys/types.h>

#include "conf.h"
#include "token.h"

/* The requested local user, as found by the caller in NSS. */
struct pjwt_user {
        const char *name;
        bool exists;
        uid_t uid;
        uid_t system_uid_max; /* SYS_UID_MAX of login.defs, 999 by default */
        /*
         * pw_name, for rules that forbid: NSS may find an account by other spellings than this one. NULL:
         * none is known.
         */
        const char *account;
};

/*
 * The first grant of `issuer` that allows the claims to log in as `user` to `service`.
 * bound: the token is bound to a key, and the key was proved; required by a grant with `bind`.
 * ret: on success the grant, borrowed; untouched on failure.
 * Returns PJWT_OK; PJWT_BAD_USER for a name that is never valid; PJWT_UNKNOWN_USER; PJWT_EMAIL_UNVERIFIED;
 * PJWT_SYSTEM_ACCOUNT; PJWT_UNBOUND; PJWT_NO_GRANT, whose detail describes how far the closest grant
 * matched.
 */
enum pjwt_reason pjwt_grant_find(const struct pjwt_conf *conf, const struct pjwt_issuer *issuer,
                                 const struct pjwt_token *token, const struct pjwt_user *user,
                                 const char *service, bool bound, const struct pjwt_grant **ret,
                                 struct pjwt_error *reterr);

/*
 * Whether any token could allow this user to log in to `service` on this host: whether there is a grant
 * whose `user` spells out the name, or has a template that can produce it. bound: consider only grants that
 * require a bound token (bind, in the grant, its issuer or the service). For use before there is a token:
 * `pamjwt offer-key`. A system account must be spelled out, as for a login.
 */
bool pjwt_grant_possible(const struct pjwt_conf *conf, const struct pjwt_user *user, const char *service,
                         bool bound);

#endif
