/* The criteria of Match lines in sshd_config, and which of them can hold together. Pure. */
#ifndef CLI_SSHDMATCH_H
#define CLI_SSHDMATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Does a value match a list of patterns, as sshd does it: "a*,!ab"? A pattern with `!` that matches decides.
 */
bool cli_sshd_match_list(const char *value, const char *list);
/* The same for an address; patterns may be networks ("10.0.0.0/8"). */
bool cli_sshd_match_address(const char *address, const char *list);

enum { CLI_SSHD_WORLDS_MAX = 4096 };

/*
 * Which of these Match lines apply to a connection, for every connection that can be told apart by them.
 * criteria: of at most 63 lines, what follows "Match".
 * ret: room for CLI_SSHD_WORLDS_MAX sets: bit N is line N. None is there twice; the first is that of a
 * connection to which as few as possible apply. Returns how many; 0: there are too many to tell apart, or a
 * line could not be understood.
 */
size_t cli_sshd_match_worlds(const char *const *criteria, size_t count, uint64_t ret[CLI_SSHD_WORLDS_MAX]);

#endif
