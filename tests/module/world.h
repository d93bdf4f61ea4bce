/*
 * The environment of libpam in the module's tests: the users, the log and the delay. The test program
 * exports functions with these names, which override those of the C library.
 */
#ifndef WORLD_H
#define WORLD_H

#include <security/pam_appl.h>
#include <stddef.h>

#define WORLD_LINES 256

/* Every line logged since world_forget(): "NOTICE pam_jwt(sshd:auth): ...". */
extern char *world_log[WORLD_LINES];
extern size_t world_log_count;

void world_forget(void);
/* In a forked child: another thread of the parent may have been writing the log. */
void world_after_fork(void);

/*
 * A directory for one test: pam.d/, jwks.json (mode 0600) and pam_jwt.conf with an issuer, or with the text
 * of conf. `%d` in conf is replaced by the directory. Static storage until the next call.
 */
const char *world_folder(const char *conf);
void world_remove(void);

/* Starts PAM for a service whose stack is in pam.d of the directory. */
pam_handle_t *world_start(const char *service, const char *user, const struct pam_conv *conv);
/* Writes the revocation list. For root only. */
void world_revoke(const char *text);
/* Writes pam.d/SERVICE. */
void world_stack(const char *service, const char *text);

#endif
