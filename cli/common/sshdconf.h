/* What `sshd -T` says: sshd's effective settings, for doctor and setup. */
#ifndef CLI_SSHDCONF_H
#define CLI_SSHDCONF_H

#include "buf.h"

#define CLI_SSHD "/usr/sbin/sshd"

/*
 * Asks the sshd at this path;
 * connection: for whom, as sshd's -C takes it; NULL: what holds for all.
 * out: for cli_buf_clear(): the settings, lines of `keyword value`; when it refuses its configuration, the
 * first line of its complaint, and false is returned.
 */
bool cli_sshd_ask(const char *path, const char *connection, struct cli_buf *out);

/* The value of a keyword (lower case); "" when it is not there. ret has room for 256. */
const char *cli_sshd_value(const char *text, const char *keyword, char ret[256]);
bool cli_sshd_says(const char *text, const char *keyword, const char *value);
/* Does keyboard-interactive authentication ask PAM? Its keyword changed its name in OpenSSH 8.7. */
bool cli_sshd_kbdint(const char *text);

#endif
