/*
 * Determines which accounts are system accounts on this host (login.defs(5)). For the module, and for
 * `pamjwt check`, without PAM.
 */
#ifndef PJWT_LOGINDEFS_H
#define PJWT_LOGINDEFS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The largest uid of a system account according to the text of a login.defs: SYS_UID_MAX, otherwise UID_MIN
 * - 1, otherwise 999. A number that is not decimal or is over 65533 is ignored. Pure.
 */
uid_t pjwt_system_uid_max(const char *text, size_t len);

/* The same for /etc/login.defs. A file that cannot be trusted is ignored, since the default limit is safe. */
uid_t pjwt_system_uid_max_read(void);

#endif
