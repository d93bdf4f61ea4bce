/* A form for OAuth endpoints: application/x-www-form-urlencoded. */
#ifndef CLIENT_FORM_H
#define CLIENT_FORM_H

#include "buf.h"

/* Appends name=value, preceded by & unless it is the first; nothing if value is NULL. */
void form_add(struct cli_buf *form, const char *name, const char *value);
/*
 * Appends a text in that encoding (RFC 6749 appendix B; %20 for a space, which any reader of + also accepts).
 */
void form_encode(struct cli_buf *out, const char *text);

#endif
