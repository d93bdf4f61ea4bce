/* The subcommands, and what several of them share. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "alg.h"
#include "args.h"

/* Each in the file of its name, with the struct of its options. */
extern const struct cli_body cli_encode_body;
extern const struct cli_body cli_decode_body;
extern const struct cli_body cli_inspect_body;
extern const struct cli_body cli_keygen_body;
extern const struct cli_body cli_keys_body;
extern const struct cli_body cli_refresh_body;
extern const struct cli_body cli_check_body;
extern const struct cli_body cli_offer_key_body;
extern const struct cli_body cli_ssh_body;
extern const struct cli_body cli_setup_body;
extern const struct cli_body cli_doctor_body;
extern const struct cli_body cli_sessions_body;

int cli_ssh(char **argv);
int cli_sudo(char **argv);

struct pjwt_conf;
struct pjwt_keycache;
/* `refresh --answer`: one question of a login, from standard input. Returns an exit status. */
int cli_refresh_answer(const struct pjwt_keycache *cache, const struct pjwt_conf *conf);

/* --now (NULL: there is no such option), else the clock: the only place that reads it. */
int64_t cli_now(const struct cli_number *now);
/* `--alg FOO is no algorithm`, with the nearest one. Returns CLI_ERROR. */
int cli_unknown_alg(const char *name);
/* Warns when a secret is shorter than the digest of the algorithm (RFC 7518 section 3.2). */
void cli_warn_weak_secret(size_t bytes, const struct pjwt_alg *alg);

#endif
