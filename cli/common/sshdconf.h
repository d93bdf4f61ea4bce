/* The output of `sshd -T`: sshd's effective settings, for doctor and setup. */
#ifndef CLI_SSHDCONF_H
#define CLI_SSHDCONF_H

#include "buf.h"

#define CLI_SSHD "/usr/sbin/sshd"

/*
 * Runs the sshd at this path.
 * connection: the connection to ask about, in the form of sshd's -C; NULL: the settings without Match blocks.
 * out: for cli_buf_clear(): the settings, lines of `keyword value`; if sshd rejects its configuration, the
 * first line of its error message, and false is returned.
 */
bool cli_sshd_ask(const char *path, const char *connection, struct cli_buf *out);

/* The value of a keyword (lower case); "" if it is not set. ret has room for 256. */
const char *cli_sshd_value(const char *text, const char *keyword, char ret[256]);
bool cli_sshd_says(const char *text, const char *keyword, const char *value);
/* Whether keyboard-interactive authentication uses PAM. Its keyword changed its name in OpenSSH 8.7. */
bool cli_sshd_kbdint(const char *text);

#endif
