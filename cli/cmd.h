/* The subcommands that are one file each; doctor and setup have directories of their own. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "args.h"

/* Each is defined in the file of the same name, with the struct of its options. */
extern const struct cli_body cli_encode_body;
extern const struct cli_body cli_decode_body;
extern const struct cli_body cli_inspect_body;
extern const struct cli_body cli_keygen_body;
extern const struct cli_body cli_keys_body;
extern const struct cli_body cli_refresh_body;
extern const struct cli_body cli_check_body;
extern const struct cli_body cli_offer_key_body;
extern const struct cli_body cli_ssh_body;
extern const struct cli_body cli_sessions_body;

int cli_ssh(char **argv);
int cli_sudo(char **argv);

struct pjwt_conf;
struct pjwt_keycache;
/*
 * `refresh --answer`: requests of logins, on standard input, until there have been none for a while. The
 * configuration is read for each. Returns an exit status.
 */
int cli_refresh_service(const struct pjwt_keycache *cache, const char *config);

#endif
