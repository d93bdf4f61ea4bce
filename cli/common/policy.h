/* The configuration and the local user, as a login on this host would find them. */
#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include "args.h"
#include "conf.h"
#include "grant.h"

/* The file given with --config; NULL: the default. */
const char *cli_conf_path(const char *config);

/* gethostname() in out, or NULL if the host has no name. */
const char *cli_hostname(char out[256]);

/* Loads the configuration. config, json: those options. An error has been printed. Returns an exit status. */
int cli_conf_load(const char *config, bool json, struct pjwt_conf **ret);

/* The section [issuer/NAME]; NULL if there is none. */
const struct pjwt_issuer *cli_issuer_find(const struct pjwt_conf *conf, const char *name);
/* The same; if it is missing, prints an error with the nearest name. Returns an exit status. */
int cli_issuer_named(const struct pjwt_conf *conf, const char *name, const struct pjwt_issuer **ret);

/*
 * The user as known to NSS.
 * name: NULL: the user who runs this command.
 * ret: for cli_user_clear(); its name is a copy.
 * Returns an exit status.
 */
int cli_user_find(const char *name, struct pjwt_user *ret);
void cli_user_clear(struct pjwt_user *user);

#endif
