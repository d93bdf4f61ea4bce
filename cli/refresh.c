/* pamjwt refresh: fetches the keys of every issuer into the cache, or reports their age, for monitoring. */
#include "cmd.h"

#include <string.h>
#include <unistd.h>

#include "keysource.h"
#include "out.h"
#include "policy.h"
#include "recordsweep.h"

struct refresh_options {
        struct cli_args args;
        bool force;
        bool check_age;
        bool answer;
        struct cli_number older_than;
        struct cli_fetching fetching;
        const char *config;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct refresh_options

static const struct cli_option option_rows[] = {
        CLI_OPT("force", CLI_FLAG, NULL, CLI_ANY, force,
                "fetch the keys even while the cached ones are fresh"),
        CLI_OPT("check-age", CLI_FLAG, NULL, CLI_ANY, check_age,
                "fetch nothing; report the age of the cached keys, and fail if they are missing or too old"),
        CLI_OPT("answer", CLI_FLAG, NULL, CLI_ANY, answer,
                "serve requests of logins on standard input, a listening socket: the refresh service"),
        CLI_OPT("older-than", CLI_SECONDS, "TIME", CLI_ANY, older_than,
                "the age that --check-age treats as too old; default: half of the issuer's max_stale"),
        CLI_OPT_FETCH(fetching.program),
        CLI_OPT_CONFIG,
        CLI_OPT_CACHE(fetching.cache),
        CLI_OPT("now", CLI_NUMBER, "SECONDS", CLI_ANY, now,
                "with --check-age: use this as the current time (seconds since 1970)"),
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* The result for one issuer. */
struct outcome {
        const struct pjwt_issuer *issuer;
        size_t keys;
        struct pjwt_keycache_info info;
        struct pjwt_error error; /* reason 0: success */
};

static const char *source_of(const struct pjwt_issuer *issuer)
{
        return issuer->jwks ? issuer->jwks : issuer->issuer;
}

static void refresh_one(const struct refresh_options *options, const struct pjwt_keycache *cache,
                        struct outcome *outcome)
{
        struct pjwt_keyset *set = NULL;

        if (isatty(STDERR_FILENO))
                fprintf(stderr, "%s: %s\n", outcome->issuer->name, source_of(outcome->issuer));
        pjwt_keycache_get(cache, outcome->issuer, options->force ? PJWT_KEYS_FORCE : PJWT_KEYS_AHEAD, &set,
                          &outcome->info, &outcome->error);
        outcome->keys = set ? set->usable : 0;
        if (!outcome->error.reason && outcome->info.warning.reason)
                outcome->error =
                        outcome->info.warning; /* cached keys remain in use, but the refresh failed */
        pjwt_keyset_free(set);
}

static enum pjwt_reason look(const struct pjwt_keycache *cache, struct outcome *outcome)
{
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r =
                pjwt_keycache_info_read(cache, outcome->issuer, &set, &outcome->info, &outcome->error);

        outcome->keys = set ? set->usable : 0;
        pjwt_keyset_free(set);
        return r;
}

static void check_age_one(const struct refresh_options *options, const struct pjwt_keycache *cache,
                          struct outcome *outcome)
{
        int64_t limit =
                options->older_than.given ? options->older_than.value : outcome->issuer->max_stale / 2;
        char away[48];

        if (look(cache, outcome) != PJWT_OK || outcome->info.from_file)
                return;
        if (outcome->info.asked_at == 0 || cache->now - outcome->info.asked_at > limit)
                pjwt_fail(&outcome->error, PJWT_STALE_KEYS, "the keys were fetched %s",
                          outcome->info.asked_at ? cli_away(outcome->info.asked_at, cache->now, away)
                                                 : "at an unknown time");
}

static void print_outcome(const struct outcome *outcome, int64_t now)
{
        char away[48];

        if (outcome->error.reason) {
                cli_complain(pjwt_reason_name(outcome->error.reason), "%s: %s", outcome->issuer->name,
                             outcome->error.detail);
                return;
        }
        printf("%s: %zu key%s, %s ", outcome->issuer->name, outcome->keys, outcome->keys == 1 ? "" : "s",
               outcome->info.from_file ? "of"
               : outcome->info.fetched ? "fetched from"
                                       : "cached from");
        cli_put_str(stdout, outcome->info.source);
        if (outcome->info.asked_at)
                printf(", asked for %s", cli_away(outcome->info.asked_at, now, away));
        putchar('\n');
        fflush(stdout);
}

static struct json_object *outcome_object(const struct outcome *outcome)
{
        struct json_object *o = cli_json_begin(outcome->error.reason == PJWT_UNDECIDED);

        cli_json_add_string(o, "name", outcome->issuer->name);
        cli_json_add_string(o, "issuer", outcome->issuer->issuer);
        cli_json_add(o, "keys", json_object_new_int64((int64_t)outcome->keys));
        cli_json_add(o, "from_file", json_object_new_boolean(outcome->info.from_file));
        cli_json_add(o, "fetched", json_object_new_boolean(outcome->info.fetched));
        cli_json_add(o, "stored", json_object_new_boolean(outcome->info.stored));
        cli_json_add(o, "asked_at",
                     outcome->info.asked_at ? json_object_new_int64(outcome->info.asked_at) : NULL);
        cli_json_add(o, "fresh_until",
                     outcome->info.fresh_until ? json_object_new_int64(outcome->info.fresh_until) : NULL);
        if (outcome->error.reason)
                cli_json_add_error(o, &outcome->error);
        return o;
}

/* Refreshes one issuer and prints the line or member that reports the result. */
static bool do_issuer(const struct refresh_options *options, const struct pjwt_issuer *issuer,
                      struct json_object *list)
{
        struct pjwt_keycache cache = cli_keycache(&options->fetching, cli_now(&options->now));
        struct outcome outcome = {.issuer = issuer};

        if (options->check_age)
                check_age_one(options, &cache, &outcome);
        else
                refresh_one(options, &cache, &outcome);
        if (list)
                json_object_array_add(list, outcome_object(&outcome));
        else
                print_outcome(&outcome, cache.now);
        return outcome.error.reason == PJWT_UNDECIDED;
}

/* The issuers named, or all. Every name is looked up before anything is fetched. */
static int do_issuers(const struct refresh_options *options, const struct pjwt_conf *conf,
                      struct json_object *list)
{
        const struct pjwt_issuer *issuer = NULL;
        size_t count = options->args.words.count ? options->args.words.count : conf->issuer_count;
        bool all = true;

        for (size_t i = 0; i < options->args.words.count; i++)
                if (cli_issuer_named(conf, options->args.words.items[i], &issuer) != CLI_YES)
                        return CLI_ERROR;
        for (size_t i = 0; i < count; i++) {
                issuer = options->args.words.count ? cli_issuer_find(conf, options->args.words.items[i])
                                                   : &conf->issuers[i];
                all = do_issuer(options, issuer, list) && all;
        }
        return all ? CLI_YES : CLI_NO;
}

/* Keys stored with a wrong time would be trusted too long. */
static int check_usage(const struct refresh_options *options)
{
        if (options->now.given && !options->check_age)
                return cli_usage("--now requires --check-age");
        if (options->older_than.given && !options->check_age)
                return cli_usage("--older-than requires --check-age");
        if (options->answer &&
            (options->force || options->check_age || options->json || options->args.words.count))
                return cli_usage("--answer cannot be combined with other options or issuers");
        if (options->force && options->check_age)
                return cli_usage("--check-age fetches nothing and cannot be combined with --force");
        return CLI_YES;
}

static int run(const void *arg)
{
        const struct refresh_options *options = arg;
        struct pjwt_keycache cache = cli_keycache(&options->fetching, cli_now(&options->now));
        struct json_object *list = options->json ? json_object_new_array() : NULL;
        struct json_object *object;
        struct pjwt_conf *conf = NULL;
        int r = check_usage(options);

        if (r == CLI_YES && options->answer)
                return cli_refresh_service(&cache, options->config);
        if (r == CLI_YES)
                r = cli_conf_load(options->config, options->json, &conf);
        if (r == CLI_YES)
                r = do_issuers(options, conf, list);
        if (geteuid() == 0 && !options->check_age && r != CLI_ERROR)
                pjwt_record_sweep(PJWT_RUN_DIR, cache.now); /* what unfinished logins have left */
        pjwt_conf_free(conf);
        if (!list || r == CLI_ERROR) {
                json_object_put(list);
                return r;
        }
        object = cli_json_begin(r == CLI_YES);
        cli_json_add(object, "issuers", list);
        return cli_print_json(object, r);
}

const struct cli_body cli_refresh_body = {option_rows, sizeof(struct refresh_options), run};
