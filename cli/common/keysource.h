/* Public keys for a subcommand: from a secret, a file, a URL or an issuer. */
#ifndef CLI_KEYSOURCE_H
#define CLI_KEYSOURCE_H

#include "args.h"
#include "keycache.h"
#include "keyset.h"

/* How keys are fetched, and where they are cached. */
struct cli_fetching {
        const char *cache;
        const char *program;
        const char *ca_file;
        bool offline;
};

/* Where the keys for one token come from: one of the first four. */
struct cli_key_source {
        const char *secret;
        const char *key;
        const char *jwks;
        const char *discover;
        struct cli_fetching fetching;
};

/* Rows that several subcommands share. field: the member of a struct cli_fetching in their options. */
#define CLI_OPT_CACHE(field)                                                                                 \
        CLI_OPT("cache", CLI_STRING, "DIR", CLI_FILE, field,                                                 \
                "use this directory of cached keys instead of /var/cache/pam_jwt")
#define CLI_OPT_FETCH(field)                                                                                 \
        CLI_OPT("fetch", CLI_STRING, "PROGRAM", CLI_FILE, field,                                             \
                "use this fetch helper instead of the installed one")
#define CLI_OPT_CA_FILE(field)                                                                               \
        CLI_OPT("ca-file", CLI_STRING, "FILE", CLI_FILE, field,                                              \
                "trust these certificate authorities instead of the system's when fetching keys")

/* Whether it is a URL rather than the name of a file. */
bool cli_is_url(const char *text);

/*
 * The keys at a URL, or found by discovery if jwks is NULL. Nothing is cached.
 * ret: for pjwt_keyset_free(); untouched on failure.
 */
enum pjwt_reason cli_keys_fetch(const struct cli_fetching *fetching, int64_t now, const char *issuer,
                                const char *jwks, struct pjwt_keyset **ret, struct pjwt_error *reterr);

/* The keys of a file in PEM, JWK or JWKS, or the one of an ssh key's .pub; `-` is standard input. */
enum pjwt_reason cli_keys_file(const char *path, struct pjwt_keyset **ret, struct pjwt_error *reterr);

/*
 * The keys of --secret, --key, --jwks or --discover. An error has been printed already.
 * args: of the subcommand, for its name.
 * now, json: the values of --now (else of the clock) and --json.
 * retsecret: bytes of the secret, 0 if it is not a secret.
 * Returns an exit status.
 */
int cli_keys_load(const struct cli_args *args, const struct cli_key_source *source, int64_t now, bool json,
                  struct pjwt_keyset **ret, size_t *retsecret);

/* How the cache is used. The strings are borrowed. */
struct pjwt_keycache cli_keycache(const struct cli_fetching *fetching, int64_t now);

#endif
