/* pamjwt keys: lists a key set, which of its keys can be used, and the age of cached keys. */
#include "cmd.h"

#include <string.h>
#include <unistd.h>

#include "jwkwrite.h"
#include "keysource.h"
#include "out.h"
#include "policy.h"

struct keys_options {
        struct cli_args args;
        bool public_only;
        bool thumbprint;
        struct cli_fetching fetching;
        const char *config;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct keys_options

static const struct cli_option option_rows[] = {
        CLI_OPT("public", CLI_FLAG, NULL, CLI_ANY, public_only, "print the minimal public JWKS"),
        CLI_OPT("thumbprint", CLI_FLAG, NULL, CLI_ANY, thumbprint, "print the RFC 7638 thumbprints only"),
        CLI_OPT_CA_FILE(fetching.ca_file),
        CLI_OPT_FETCH(fetching.program),
        CLI_OPT_CONFIG,
        CLI_OPT_CACHE(fetching.cache),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* A key set and where it came from. */
struct source {
        struct pjwt_conf *conf;
        const struct pjwt_issuer *issuer; /* NULL: a file or a URL */
        struct pjwt_keyset *set;
        struct pjwt_keycache_info info;
        int64_t now;
};

static const char *alg_or_curve(const struct pjwt_key *key)
{
        return key->alg ? key->alg->name : key->curve ? key->curve->name : "-";
}

/* The thumbprint of a secret would let others guess it: printed only on request. */
static const char *thumbprint(const struct keys_options *options, const struct pjwt_key *key, char out[44])
{
        struct pjwt_error err = {0};

        if (key->kty == PJWT_KTY_OCT && !options->thumbprint)
                return NULL;
        if (key->unusable != PJWT_OK || pjwt_key_thumbprint(key, out, &err) != PJWT_OK)
                return NULL;
        return out;
}

static void print_kid(const struct pjwt_key *key)
{
        if (key->kid)
                cli_put_text(stdout, key->kid, key->kid_len);
        else
                putchar('-');
}

static void print_key(const struct keys_options *options, const struct pjwt_key *key)
{
        char print[44];
        const char *text = thumbprint(options, key, print);

        printf("%-4s %-9s %5u  %-43s  ", pjwt_kty_name(key->kty), alg_or_curve(key), key->bits,
               text ? text : "-");
        print_kid(key);
        putchar('\n');
        if (key->unusable == PJWT_OK)
                return;
        printf("     unusable: %s: ", pjwt_reason_name(key->unusable));
        cli_put_str(stdout, key->note);
        putchar('\n');
}

static void print_when(const char *what, int64_t t, int64_t now)
{
        char utc[32];
        char away[48];

        if (t != 0)
                printf("%s %s (%s)\n", what, cli_utc(t, utc), cli_away(t, now, away));
}

static void print_cache(const struct source *source)
{
        const struct pjwt_issuer *issuer = source->issuer;

        fputs("issuer       ", stdout);
        cli_put_str(stdout, issuer->issuer);
        fputs("\nsource       ", stdout);
        cli_put_str(stdout, source->info.source);
        putchar('\n');
        if (source->info.from_file)
                return;
        print_when("asked for   ", source->info.asked_at, source->now);
        print_when("next refresh", source->info.fresh_until, source->now);
        if (source->info.asked_at)
                print_when("last resort ", source->info.asked_at + issuer->max_stale, source->now);
        if (source->info.warning.reason) {
                printf("last error   %s: ", pjwt_reason_name(source->info.warning.reason));
                cli_put_str(stdout, source->info.warning.detail);
                putchar('\n');
        }
}

static struct json_object *key_object(const struct keys_options *options, const struct pjwt_key *key)
{
        struct json_object *o = json_object_new_object();
        char print[44];

        cli_json_add_string(o, "kid", key->kid);
        cli_json_add_string(o, "kty", pjwt_kty_name(key->kty));
        cli_json_add_string(o, "alg", key->alg ? key->alg->name : NULL);
        cli_json_add_string(o, "crv", key->curve ? key->curve->name : NULL);
        cli_json_add(o, "bits", json_object_new_int64(key->bits));
        cli_json_add_string(o, "thumbprint", thumbprint(options, key, print));
        cli_json_add(o, "usable", json_object_new_boolean(key->unusable == PJWT_OK));
        if (key->unusable != PJWT_OK) {
                cli_json_add_string(o, "reason", pjwt_reason_name(key->unusable));
                cli_json_add_string(o, "detail", key->note);
        }
        return o;
}

static void add_time(struct json_object *object, const char *name, int64_t t)
{
        cli_json_add(object, name, t ? json_object_new_int64(t) : NULL);
}

static struct json_object *cache_object(const struct source *source)
{
        struct json_object *o = json_object_new_object();

        cli_json_add_string(o, "name", source->issuer->name);
        cli_json_add_string(o, "issuer", source->issuer->issuer);
        cli_json_add_string(o, "source", source->info.source);
        cli_json_add(o, "from_file", json_object_new_boolean(source->info.from_file));
        add_time(o, "asked_at", source->info.asked_at);
        add_time(o, "fresh_until", source->info.fresh_until);
        cli_json_add(o, "max_stale", json_object_new_int64(source->issuer->max_stale));
        if (source->info.warning.reason) {
                cli_json_add_string(o, "last_error", pjwt_reason_name(source->info.warning.reason));
                cli_json_add_string(o, "last_error_detail", source->info.warning.detail);
        }
        return o;
}

static int print_json(const struct keys_options *options, const struct source *source)
{
        struct json_object *object = cli_json_begin(true);
        struct json_object *keys = json_object_new_array();

        for (size_t i = 0; keys && i < source->set->count; i++)
                json_object_array_add(keys, key_object(options, &source->set->keys[i]));
        cli_json_add(object, "keys", keys);
        if (source->issuer)
                cli_json_add(object, "cache", cache_object(source));
        return cli_print_json(object, CLI_YES);
}

static int print_thumbprints(const struct keys_options *options, const struct pjwt_keyset *set)
{
        char print[44];

        for (size_t i = 0; i < set->count; i++)
                if (thumbprint(options, &set->keys[i], print))
                        puts(print);
        return CLI_YES;
}

static int print_public(const struct pjwt_keyset *set)
{
        for (size_t i = 0; i < set->count; i++)
                if (set->keys[i].unusable == PJWT_OK && set->keys[i].kty == PJWT_KTY_OCT)
                        return cli_usage("a secret has no public key");
        return cli_print_json(pjwt_keyset_public_jwks(set), CLI_YES);
}

static int print_set(const struct keys_options *options, const struct source *source)
{
        if (options->public_only)
                return print_public(source->set);
        if (options->json)
                return print_json(options, source);
        if (options->thumbprint)
                return print_thumbprints(options, source->set);
        if (source->issuer)
                print_cache(source);
        for (size_t i = 0; i < source->set->count; i++)
                print_key(options, &source->set->keys[i]);
        return CLI_YES;
}

/* The keys of [issuer/NAME] as cached on disk now; nothing is fetched. */
static int load_issuer(const struct keys_options *options, const char *name, struct source *source)
{
        struct pjwt_keycache cache = cli_keycache(&options->fetching, cli_now(&options->now));
        struct pjwt_error err = {0};
        int r = cli_conf_load(options->config, options->json, &source->conf);

        if (r == CLI_YES)
                r = cli_issuer_named(source->conf, name, &source->issuer);
        if (r != CLI_YES)
                return r;
        source->now = cache.now;
        if (pjwt_keycache_info_read(&cache, source->issuer, &source->set, &source->info, &err) != PJWT_OK)
                return cli_refused(options->json, &err);
        return CLI_YES;
}

/* A word without a slash that is not the name of a file is the name of an issuer section. */
static bool names_issuer(const char *word)
{
        return strncmp(word, "issuer/", 7) == 0 ||
               (!strchr(word, '/') && strcmp(word, "-") != 0 && access(word, F_OK) != 0);
}

static int load_source(const struct keys_options *options, const char *word, struct source *source)
{
        struct pjwt_error err = {0};

        if (!cli_is_url(word) && names_issuer(word))
                return load_issuer(options, strncmp(word, "issuer/", 7) == 0 ? word + 7 : word, source);
        if (cli_is_url(word))
                cli_keys_fetch(&options->fetching, cli_now(&options->now), NULL, word, &source->set, &err);
        else
                cli_keys_file(word, &source->set, &err);
        if (!err.reason)
                pjwt_keyset_check_all(source->set,
                                      &err); /* also what a login leaves for the key that it needs */
        return err.reason ? cli_refused(options->json, &err) : CLI_YES;
}

static int run(const void *arg)
{
        const struct keys_options *options = arg;
        struct source source = {0};
        int r = load_source(options, options->args.words.items[0], &source);

        if (r == CLI_YES)
                r = print_set(options, &source);
        pjwt_keyset_free(source.set);
        pjwt_conf_free(source.conf);
        return r;
}

const struct cli_body cli_keys_body = {option_rows, sizeof(struct keys_options), run};
