/* A form as the OAuth endpoints take it: application/x-www-form-urlencoded. */
#ifndef CLIENT_FORM_H
#define CLIENT_FORM_H

#include "buf.h"

/* Appends name=value, with & before it when it is not the first; nothing when value is NULL. */
void form_add(struct cli_buf *form, const char *name, const char *value);
/*
 * Appends a text in that encoding (RFC 6749 appendix B; %20 for a space, which every reader of + takes too).
 */
void form_encode(struct cli_buf *out, const char *text);

#endif
