/* The encodings of ssh: keys, files and agents (RFC 4251 section 5). Pure. */
#ifndef PJWT_SSHWIRE_H
#define PJWT_SSHWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are still to be read, or a piece of them. Borrowed. */
struct pjwt_ssh_bytes {
        const unsigned char *at;
        size_t len;
};

/* Each takes one value from the front; false, with nothing taken, when it does not fit. */
bool pjwt_ssh_take_number(struct pjwt_ssh_bytes *from, uint32_t *ret);
bool pjwt_ssh_take_string(struct pjwt_ssh_bytes *from, struct pjwt_ssh_bytes *ret);
/* A number above zero in its shortest form; ret is without the zero that only keeps it positive. */
bool pjwt_ssh_take_mpint(struct pjwt_ssh_bytes *from, struct pjwt_ssh_bytes *ret);

bool pjwt_ssh_is(struct pjwt_ssh_bytes bytes, const char *text);

#endif
