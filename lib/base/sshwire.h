/* The ssh wire encoding, used in keys, files and agent messages (RFC 4251 section 5). Pure. */
#ifndef PJWT_SSHWIRE_H
#define PJWT_SSHWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes still to be read, or a part of them. Borrowed. */
struct pjwt_ssh_bytes {
        const unsigned char *at;
        size_t len;
};

/* Each reads one value from the beginning; returns false, and reads nothing, if there is no valid value. */
bool pjwt_ssh_take_number(struct pjwt_ssh_bytes *from, uint32_t *ret);
bool pjwt_ssh_take_string(struct pjwt_ssh_bytes *from, struct pjwt_ssh_bytes *ret);
/*
 * A positive number in its shortest form; ret excludes the leading zero byte that only marks it as
 * positive.
 */
bool pjwt_ssh_take_mpint(struct pjwt_ssh_bytes *from, struct pjwt_ssh_bytes *ret);

bool pjwt_ssh_is(struct pjwt_ssh_bytes bytes, const char *text);

#endif
