/* Functions of the test program that are called by pam_probe.so, which libpam has loaded. */
#ifndef PROBE_H
#define PROBE_H

#include <security/pam_modules.h>

/*
 * Called before an entry point of the module under test: the place to set PAM_AUTHTOK, which applications
 * cannot set.
 */
void probe_before(pam_handle_t *pamh, const char *entry);
/* Called after it, with its result, and PAM_AUTHTOK as the next module will find it (NULL: none). */
void probe_after(pam_handle_t *pamh, const char *entry, int result, const char *authtok);

#endif
