/* A text that a handle keeps between its phases (pam_set_data). */
#ifndef PJWT_DATA_H
#define PJWT_DATA_H

#include <security/pam_modules.h>
#include <stdbool.h>

/* Copies the text. False when memory runs out; the old text then stays. */
bool pjwt_data_set(pam_handle_t *pamh, const char *name, const char *text);

#endif
