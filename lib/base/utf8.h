/* UTF-8 as defined in RFC 3629: shortest form, no surrogates, up to U+10FFFF. Pure. */
#ifndef PJWT_UTF8_H
#define PJWT_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The character at s, in at most len bytes (at least one).
 * ret: untouched if there is none.
 * Returns its length in bytes; 0 if it is not valid UTF-8.
 */
size_t pjwt_utf8_char(const char *s, size_t len, uint32_t *ret);

#endif
