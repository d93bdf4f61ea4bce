/* The subcommands, and what several of them share. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "alg.h"
#include "args.h"

int cli_encode(const struct cli_args *args);
int cli_decode(const struct cli_args *args);
int cli_inspect(const struct cli_args *args);
int cli_keygen(const struct cli_args *args);
int cli_keys(const struct cli_args *args);
int cli_refresh(const struct cli_args *args);
int cli_check(const struct cli_args *args);
int cli_offer_key(const struct cli_args *args);
int cli_ssh(char **argv);
int cli_sudo(char **argv);

struct pjwt_conf;
/* `refresh --answer`. */
int cli_refresh_answer(const struct cli_args *args, const struct pjwt_conf *conf);
int cli_doctor(const struct cli_args *args);
int cli_setup(const struct cli_args *args);
int cli_sessions(const struct cli_args *args);

extern const struct cli_option cli_encode_options[];
extern const struct cli_option cli_decode_options[];
extern const struct cli_option cli_inspect_options[];
extern const struct cli_option cli_keygen_options[];
extern const struct cli_option cli_keys_options[];
extern const struct cli_option cli_refresh_options[];
extern const struct cli_option cli_check_options[];
extern const struct cli_option cli_offer_key_options[];
extern const struct cli_option cli_ssh_options[];
extern const struct cli_option cli_doctor_options[];
extern const struct cli_option cli_setup_options[];
extern const struct cli_option cli_sessions_options[];

/* --now, else the clock: the only place that reads it. */
int64_t cli_now(const struct cli_args *args);
/* `--alg FOO is no algorithm`, with the nearest one. Returns CLI_ERROR. */
int cli_unknown_alg(const char *name);
/* Warns when a secret is shorter than the digest of the algorithm (RFC 7518 section 3.2). */
void cli_warn_weak_secret(size_t bytes, const struct pjwt_alg *alg);

#endif
