#include "keysource.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "jsonwrite.h"
#include "out.h"
#include "sshkey.h"

/* A directory that cannot contain anything: no cache is read or written. */
#define NO_CACHE "/dev/null"

bool cli_is_url(const char *text)
{
        return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

struct pjwt_keycache cli_keycache(const struct cli_fetching *fetching, int64_t now)
{
        return (struct pjwt_keycache){
                .cache_dir = fetching->cache ? fetching->cache : PJWT_CACHE_DIR,
                .fetch_path = fetching->offline   ? NULL
                              : fetching->program ? fetching->program
                                                  : PJWT_FETCH_PATH,
                .now = now,
        };
}

/* An issuer that is not in any configuration, with default settings. Its strings are copies. */
static bool fill_issuer(struct pjwt_issuer *issuer, const char *iss, const char *jwks, const char *ca_file)
{
        *issuer = (struct pjwt_issuer){
                .name = strdup("pamjwt-command"),
                .issuer = strdup(iss ? iss : ""),
                .jwks = jwks ? strdup(jwks) : NULL,
                .ca_file = ca_file ? strdup(ca_file) : NULL,
                .algorithms = pjwt_alg_default(),
                .timeout = 5,
                .refresh = 3600,
                .min_refresh = 60,
                .max_stale = 604800,
        };
        return issuer->name && issuer->issuer && (!jwks || issuer->jwks) && (!ca_file || issuer->ca_file);
}

static void clear_issuer(struct pjwt_issuer *issuer)
{
        free(issuer->name);
        free(issuer->issuer);
        free(issuer->jwks);
        free(issuer->ca_file);
}

enum pjwt_reason cli_keys_fetch(const struct cli_fetching *fetching, int64_t now, const char *issuer,
                                const char *jwks, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        struct pjwt_keycache cache = cli_keycache(fetching, now);
        struct pjwt_issuer adhoc;
        enum pjwt_reason r;

        cache.cache_dir = NO_CACHE; /* keys named on the command line are not cached for others */
        if (fill_issuer(&adhoc, issuer, jwks, fetching->ca_file))
                r = pjwt_keycache_get(&cache, &adhoc, PJWT_KEYS_FORCE, ret, NULL, reterr);
        else
                r = pjwt_fail_memory(reterr);
        clear_issuer(&adhoc);
        return r;
}

/* For a certificate or a FIDO key, the inner key. */
static enum pjwt_reason parse_ssh_key(const char *text, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        size_t words = pjwt_sshkey_words(text), len = 0;
        struct pjwt_sshkey key;
        unsigned char *blob = NULL;
        struct json_object *jwk = NULL;
        const char *json;
        enum pjwt_reason r = pjwt_sshkey_parse(text, words, &key, reterr);

        if (r == PJWT_OK)
                r = pjwt_sshkey_blob(text, words, &blob, &len, reterr);
        if (r == PJWT_OK)
                r = pjwt_sshkey_jwk(blob, len, &jwk, reterr);
        json = r == PJWT_OK ? pjwt_json_text(jwk) : NULL;
        if (json)
                r = pjwt_keyset_parse(json, strlen(json), PJWT_KEYS_PUBLIC_ONLY, ret, reterr);
        else if (r == PJWT_OK)
                r = pjwt_fail_memory(reterr);
        json_object_put(jwk);
        free(blob);
        return r;
}

enum pjwt_reason cli_keys_file(const char *path, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        struct cli_input input = {0};
        enum pjwt_reason r = cli_input_file(path, &input, reterr);

        if (r == PJWT_OK)
                r = pjwt_sshkey_begins(input.bytes)
                            ? parse_ssh_key(input.bytes, ret, reterr)
                            : pjwt_keyset_parse(input.bytes, input.len, 0, ret, reterr);
        cli_input_clear(&input);
        return r;
}

static enum pjwt_reason load_secret(const char *argument, struct pjwt_keyset **ret, size_t *retsecret,
                                    struct pjwt_error *reterr)
{
        struct cli_input input = {0};
        enum pjwt_reason r = cli_input_read(argument, CLI_INPUT_CHOMP, &input, reterr);

        if (r != PJWT_OK)
                return r;
        cli_input_warn(&input, "secret");
        r = pjwt_keyset_from_secret((const unsigned char *)input.bytes, input.len, PJWT_KEYS_WEAK_SECRET, ret,
                                    reterr);
        *retsecret = input.len;
        cli_input_clear(&input);
        return r;
}

int cli_keys_load(const struct cli_args *args, const struct cli_key_source *source, int64_t now, bool json,
                  struct pjwt_keyset **ret, size_t *retsecret)
{
        struct pjwt_error err = {0};
        bool fetched = source->discover || (source->jwks && cli_is_url(source->jwks));
        enum pjwt_reason r;

        *retsecret = 0;
        if (!!source->secret + !!source->key + !!source->jwks + !!source->discover != 1)
                return cli_usage("%s requires one of --secret, --key, --jwks and --discover",
                                 args->command->name);
        if (source->secret)
                r = load_secret(source->secret, ret, retsecret, &err);
        else if (fetched)
                r = cli_keys_fetch(&source->fetching, now, source->discover, source->jwks, ret, &err);
        else
                r = cli_keys_file(source->key ? source->key : source->jwks, ret, &err);
        if (r == PJWT_OK)
                return CLI_YES;
        return fetched ? cli_refused(json, &err) : cli_unusable(json, &err);
}
