/* The lookups of accounts that a handle has made: its authenticate and its account phase share them. */
#ifndef PJWT_LOOKUPS_H
#define PJWT_LOOKUPS_H

#include <security/pam_modules.h>

#include "accounts.h"

/* Forgets what an earlier authenticate of this handle has looked up: it may be long ago. */
void pjwt_lookups_forget(pam_handle_t *pamh);

/* For pjwt_revoked_user(). Borrowed from the handle; when memory runs out, all zero, which refuses. */
struct pjwt_accounts pjwt_lookups_of(pam_handle_t *pamh);

#endif
