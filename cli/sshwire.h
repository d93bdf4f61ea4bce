/* The encodings of ssh's files and agents (RFC 4251 section 5). Pure. */
#ifndef CLI_SSHWIRE_H
#define CLI_SSHWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are still to be read, or a piece of them. Borrowed. */
struct cli_ssh_bytes {
        const unsigned char *at;
        size_t len;
};

/* Each takes one value from the front; false, with nothing taken, when it does not fit. */
bool cli_ssh_take_number(struct cli_ssh_bytes *from, uint32_t *ret);
bool cli_ssh_take_string(struct cli_ssh_bytes *from, struct cli_ssh_bytes *ret);
/* A number above zero in its shortest form; ret is without the zero that only keeps it positive. */
bool cli_ssh_take_mpint(struct cli_ssh_bytes *from, struct cli_ssh_bytes *ret);

bool cli_ssh_is(struct cli_ssh_bytes bytes, const char *text);

#endif
