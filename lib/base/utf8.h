/* UTF-8 as defined in RFC 3629: shortest form, no surrogates, up to U+10FFFF. Pure. */
#ifndef PJWT_UTF8_H
#define PJWT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The character at s, in at most len bytes (at least one).
 * ret: untouched if there is none.
 * Returns its length in bytes; 0 if it is not valid UTF-8.
 */
size_t pjwt_utf8_char(const char *s, size_t len, uint32_t *ret);

/*
 * Whether the character is visible: not one that a terminal interprets, that takes no space or looks like
 * another blank, or that changes the order in which the text is displayed (CVE-2021-42574). The one rule for
 * what is printed for people, logged, or read as a policy.
 */
bool pjwt_utf8_visible(uint32_t c);

#endif
