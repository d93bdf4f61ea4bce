/* Public keys for a subcommand: from a secret, a file, an endpoint or an issuer. */
#ifndef CLI_KEYSOURCE_H
#define CLI_KEYSOURCE_H

#include "args.h"
#include "keycache.h"
#include "keyset.h"

#define CLI_KEYSOURCE_OPTIONS                                                                                \
        CLI_OPT("ca-file", CLI_STRING, "FILE", CLI_FILE, ca_file,                                            \
                "trust these certificate authorities instead of the system's when keys are fetched"),        \
                CLI_OPT("fetch", CLI_STRING, "PROGRAM", CLI_FILE, fetch,                                     \
                        "the fetch helper instead of the installed one")

/* Is it an address rather than a file's name? */
bool cli_is_url(const char *text);

/*
 * The keys behind an address, or found by discovery when jwks is NULL. Nothing is cached.
 * ret: for pjwt_keyset_free(); untouched on failure.
 */
enum pjwt_reason cli_keys_fetch(const struct cli_args *args, const char *issuer, const char *jwks,
                                struct pjwt_keyset **ret, struct pjwt_error *reterr);

/* The keys of a file in PEM, JWK or JWKS, or the one of an ssh key's .pub; `-` is standard input. */
enum pjwt_reason cli_keys_file(const char *path, struct pjwt_keyset **ret, struct pjwt_error *reterr);

/*
 * The keys that one of --secret, --key, --jwks and --discover names. A failure has been said already.
 * retsecret: bytes of the secret, 0 when it is none.
 * Returns an exit status.
 */
int cli_keys_load(const struct cli_args *args, struct pjwt_keyset **ret, size_t *retsecret);

/* How the cache is asked: --cache, --fetch, --offline, --now. */
struct pjwt_keycache cli_keycache(const struct cli_args *args);

#endif
