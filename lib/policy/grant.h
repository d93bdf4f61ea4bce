/* Verified claims and grants: may this user log in? Pure. */
#ifndef PJWT_GRANT_H
#define PJWT_GRANT_H

#include <sys/types.h>

#include "conf.h"
#include "token.h"

/* The local user who is asked for, as the caller found him in NSS. */
struct pjwt_user {
        const char *name;
        bool exists;
        uid_t uid;
        uid_t system_uid_max; /* SYS_UID_MAX of login.defs, 999 by default */
};

/*
 * The first grant of `issuer` that allows the claims to be `user` for `service`.
 * bound: the token is bound to a key, and the key was proved; a grant with `bind` is for no other.
 * ret: on success the grant, borrowed; untouched on failure.
 * Returns PJWT_OK; PJWT_BAD_USER for a name that is never legal; PJWT_UNKNOWN_USER; PJWT_EMAIL_UNVERIFIED;
 * PJWT_SYSTEM_ACCOUNT; PJWT_UNBOUND; PJWT_NO_GRANT, whose detail says how far the nearest grant got.
 */
enum pjwt_reason pjwt_grant_find(const struct pjwt_conf *conf, const struct pjwt_issuer *issuer,
                                 const struct pjwt_token *token, const struct pjwt_user *user,
                                 const char *service, bool bound, const struct pjwt_grant **ret,
                                 struct pjwt_error *reterr);

/*
 * Could any token let this user in through `service`, on this host: is there a grant whose `user` spells the
 * name, or has a template that can make it? bound: only grants that demand a bound token (bind, there or in
 * their issuer or the service). For who must know before there is a token: `pamjwt offer-key`. A system
 * account is possible only where its name is spelled, as at a login.
 */
bool pjwt_grant_possible(const struct pjwt_conf *conf, const struct pjwt_user *user, const char *service,
                         bool bound);

#endif
