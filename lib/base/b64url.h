/* Strict base64url: RFC 4648 section 5 without padding, as required by RFC 7515 section 2. Pure. */
#ifndef PJWT_B64URL_H
#define PJWT_B64URL_H

#include <stdbool.h>
#include <stddef.h>

/* Maximum number of bytes decoded from len characters; number of characters (without NUL) for len bytes. */
#define PJWT_B64URL_DECODED(len) ((len) / 4 * 3 + 2)
#define PJWT_B64URL_ENCODED(len) (((len)*4 + 2) / 3)

/*
 * Decodes len characters into out, which has room for PJWT_B64URL_DECODED(len) bytes.
 * Returns false, with *retlen untouched, for any character outside A-Z a-z 0-9 - _ (including padding,
 * white space, + and /), for a length of 4n+1, and if unused bits are not zero (RFC 4648 section 3.5).
 * Empty input is valid.
 */
bool pjwt_b64url_decode(const char *in, size_t len, unsigned char *out, size_t *retlen);

/*
 * Encodes len bytes into out, which has room for PJWT_B64URL_ENCODED(len) + 1 characters, including the
 * terminating NUL.
 */
void pjwt_b64url_encode(const unsigned char *in, size_t len, char *out);

#endif
