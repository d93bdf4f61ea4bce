/*
 * The account lookups of one login for the revocation list: each name once, and all within a time limit, so
 * that a slow directory does not hold up a login for long.
 */
#ifndef PJWT_HOST_ACCOUNTS_H
#define PJWT_HOST_ACCOUNTS_H

#include "revoked.h"

/* For all lookups of a login together. When it has passed, the rest is PJWT_ACCOUNT_UNSURE. */
#define PJWT_LOOKUPS_MS 5000

/* What has been looked up. Not for several threads at a time. */
struct pjwt_lookups;

/* Free with pjwt_lookups_free(). NULL when memory runs out. */
struct pjwt_lookups *pjwt_lookups_new(void);

/* Accepts NULL. */
void pjwt_lookups_free(struct pjwt_lookups *lookups);

/*
 * How pjwt_revoked_user() is to look up accounts. Borrows lookups.
 * lookups: NULL: no account can be looked up.
 */
struct pjwt_accounts pjwt_lookups_accounts(struct pjwt_lookups *lookups);

#endif
