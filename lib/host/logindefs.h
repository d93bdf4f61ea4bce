/*
 * Which accounts are system accounts on this host: login.defs(5). For the module, and for `pamjwt check`,
 * without PAM.
 */
#ifndef PJWT_LOGINDEFS_H
#define PJWT_LOGINDEFS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The largest uid of a system account in the text of a login.defs: SYS_UID_MAX, else UID_MIN - 1, else 999. A
 * number that is not plain decimal or over 65533 counts as absent. Pure.
 */
uid_t pjwt_system_uid_max(const char *text, size_t len);

/*
 * The same of /etc/login.defs. One that cannot be trusted counts as absent: the usual border is the careful
 * one.
 */
uid_t pjwt_system_uid_max_read(void);

#endif
