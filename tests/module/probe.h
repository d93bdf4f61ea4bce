/* What pam_probe.so calls in the test program that libpam loaded it into. */
#ifndef PROBE_H
#define PROBE_H

#include <security/pam_modules.h>

/*
 * Before an entry point of the module under test is called: the place to set PAM_AUTHTOK, which applications
 * cannot.
 */
void probe_before(pam_handle_t *pamh, const char *entry);
/* After it: its answer, and PAM_AUTHTOK as the next module finds it (NULL: none). */
void probe_after(pam_handle_t *pamh, const char *entry, int result, const char *authtok);

#endif
