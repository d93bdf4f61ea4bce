/* A text that is kept in a handle between its phases (pam_set_data). */
#ifndef PJWT_DATA_H
#define PJWT_DATA_H

#include <security/pam_modules.h>
#include <stdbool.h>

/* Copies the text. False if out of memory; the old text is then kept. */
bool pjwt_data_set(pam_handle_t *pamh, const char *name, const char *text);

#endif
