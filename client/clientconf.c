#include "clientconf.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "nearest.h"
#include "safefile.h"
#include "value.h"

#define CONF_MAX        (256 * 1024)
#define DEFAULT_TIMEOUT 10

enum { TEXT, URL, PATH };

struct client_conf {
        char *file;
        struct client_issuer *issuers;
        size_t issuer_count;
        struct client_target *targets;
        size_t target_count;
        char **strings; /* every value, for free() */
        size_t string_count;
};

#define ISSUER(name, value, type, field, text)                                                               \
        {                                                                                                    \
                "issuer", name, value, text, type, offsetof(struct client_issuer, field)                     \
        }
#define HOST(name, value, type, field, text)                                                                 \
        {                                                                                                    \
                "host", name, value, text, type, offsetof(struct client_target, field)                       \
        }

static const struct client_option options[] = {
        ISSUER("issuer", "URL", URL, issuer,
               "the provider's issuer, exactly as in its discovery document; required"),
        ISSUER("client_id", "TEXT", TEXT, client_id, "the client id registered with the provider; required"),
        ISSUER("flow", "WORD", TEXT, flow_name,
               "how to request a token: device (the default; the user opens a URL and enters a code), "
               "client_credentials, refresh_token or token_exchange"),
        ISSUER("scope", "WORDS", TEXT, scope,
               "the scope to request; with openid offline_access most providers issue a refresh token too"),
        ISSUER("client_secret_file", "FILE", PATH, client_secret_file,
               "the client secret; the file must belong to you and be readable only by you"),
        ISSUER("client_key_file", "FILE", PATH, client_key_file,
               "a private key in PEM or JWK: the client authenticates by private_key_jwt (RFC 7523); must "
               "not be an ssh key"),
        ISSUER("assertion_audience", "URL", TEXT, assertion_audience,
               "the audience of the client's assertion; default: the issuer"),
        ISSUER("refresh_token_file", "FILE", PATH, refresh_token_file,
               "the first refresh token, for the flow refresh_token"),
        ISSUER("subject_token_file", "FILE", PATH, subject_token_file,
               "the token to exchange, for the flow token_exchange (RFC 8693)"),
        ISSUER("subject_token_type", "URN", TEXT, subject_token_type,
               "its type; default: urn:ietf:params:oauth:token-type:jwt"),
        ISSUER("ca_file", "FILE", PATH, ca_file,
               "certificate authorities for this provider, instead of the system's"),
        ISSUER("proxy", "URL", TEXT, proxy, "an HTTP proxy; environment variables are ignored"),
        ISSUER("timeout", "TIME", TEXT, timeout_text, "time limit for one request; default: 10s"),
        HOST("match", "PATTERNS", TEXT, match,
             "shell patterns separated by spaces, matched against the host name as ssh shows it in its "
             "prompts; required, but not allowed in [sudo]"),
        HOST("issuer", "NAME", TEXT, issuer, "get the token from [issuer/NAME], through pamjwt-token"),
        HOST("key", "FILE", PATH, key,
             "bind the token to this ssh key (DPoP) and have ssh offer no other: FILE.pub, whose private "
             "key is in the ssh-agent, or the file of a private key"),
        HOST("resource", "URI", TEXT, resource,
             "the resource to request the token for (RFC 8707); %h is replaced by the host"),
        HOST("audience", "TEXT", TEXT, audience,
             "the same for providers that use the parameter audience, and the required aud of the token; "
             "%h is replaced by the host"),
        HOST("command", "TEXT", TEXT, command, "instead of issuer: get the token from this shell command"),
        HOST("file", "FILE", TEXT, file, "instead of issuer: read the token from this file"),
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const struct {
        const char *name;
        enum client_flow flow;
} flows[] = {{"device", CLIENT_DEVICE},
             {"client_credentials", CLIENT_CREDENTIALS},
             {"refresh_token", CLIENT_REFRESH},
             {"token_exchange", CLIENT_EXCHANGE}};

const struct client_option *client_option_at(size_t i)
{
        return i < OPTION_COUNT ? &options[i] : NULL;
}

/* --- reading --- */

struct reading {
        struct client_conf *conf;
        const char *home;
        void *section;    /* of the kind below */
        const char *kind; /* of the rows; NULL: no section yet */
};

static enum pjwt_reason fault(const struct pjwt_origin *at, const char *key, const char *what,
                              struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_CONFIG, "%s:%u: %.80s%s%s", at->file, at->line, key ? key : "",
                         key ? ": " : "", what);
}

/* A copy that lives as long as the configuration; NULL if memory runs out. */
static const char *keep(struct client_conf *conf, const char *prefix, const char *text)
{
        char **more = realloc(conf->strings, (conf->string_count + 1) * sizeof(*more));
        char *copy = NULL;

        if (!more)
                return NULL;
        conf->strings = more;
        if (asprintf(&copy, "%s%s", prefix, text) < 0)
                return NULL;
        conf->strings[conf->string_count++] = copy;
        return copy;
}

static enum pjwt_reason open_issuer(struct reading *r, const struct pjwt_ini_line *line,
                                    struct pjwt_error *reterr)
{
        struct client_conf *conf = r->conf;
        struct client_issuer *more;

        if (!line->name)
                return fault(&line->origin, NULL, "[issuer/NAME] requires a name", reterr);
        if (client_conf_issuer(conf, line->name))
                return fault(&line->origin, line->name, "duplicate section", reterr);
        more = realloc(conf->issuers, (conf->issuer_count + 1) * sizeof(*more));
        if (!more)
                return pjwt_fail_memory(reterr);
        conf->issuers = more;
        more += conf->issuer_count++;
        *more = (struct client_issuer){.origin = line->origin, .timeout = DEFAULT_TIMEOUT};
        more->origin.file = conf->file;
        more->name = keep(conf, "", line->name);
        r->section = more;
        r->kind = "issuer";
        return more->name ? PJWT_OK : pjwt_fail_memory(reterr);
}

static bool has_target(const struct client_conf *conf, const char *name)
{
        for (size_t i = 0; i < conf->target_count; i++) {
                const char *other = conf->targets[i].name;

                if (name && other ? strcmp(name, other) == 0 : name == other)
                        return true;
        }
        return false;
}

static enum pjwt_reason open_target(struct reading *r, const struct pjwt_ini_line *line,
                                    struct pjwt_error *reterr)
{
        struct client_conf *conf = r->conf;
        struct client_target *more;

        if (strcmp(line->kind, "host") == 0 && !line->name)
                return fault(&line->origin, NULL,
                             "[host/NAME] requires a name; set the host patterns with match", reterr);
        if (strcmp(line->kind, "sudo") == 0 && line->name)
                return fault(&line->origin, NULL, "[sudo] cannot have a name", reterr);
        if (has_target(conf, line->name))
                return fault(&line->origin, line->name ? line->name : "sudo", "duplicate section", reterr);
        more = realloc(conf->targets, (conf->target_count + 1) * sizeof(*more));
        if (!more)
                return pjwt_fail_memory(reterr);
        conf->targets = more;
        more += conf->target_count++;
        *more = (struct client_target){.origin = line->origin};
        more->origin.file = conf->file;
        if (line->name && !(more->name = keep(conf, "", line->name)))
                return pjwt_fail_memory(reterr);
        r->section = more;
        r->kind = "host";
        return PJWT_OK;
}

static enum pjwt_reason open_section(struct reading *r, const struct pjwt_ini_line *line,
                                     struct pjwt_error *reterr)
{
        r->kind = NULL;
        if (strcmp(line->kind, "issuer") == 0)
                return open_issuer(r, line, reterr);
        if (strcmp(line->kind, "host") == 0 || strcmp(line->kind, "sudo") == 0)
                return open_target(r, line, reterr);
        return fault(&line->origin, NULL, "a section must be [issuer/NAME], [host/NAME] or [sudo]", reterr);
}

static const struct client_option *option_of(const char *kind, const char *name)
{
        for (size_t i = 0; i < OPTION_COUNT; i++)
                if (strcmp(options[i].kind, kind) == 0 && strcmp(options[i].name, name) == 0)
                        return &options[i];
        return NULL;
}

static enum pjwt_reason set_value(struct reading *r, const struct client_option *option,
                                  const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        const char **field = (const char **)((char *)r->section + option->offset);
        const char *value = line->value, *prefix = "", *problem = NULL;

        if (*field)
                return fault(&line->origin, line->key, "duplicate key", reterr);
        if (option->type == URL)
                problem = pjwt_value_url_problem(value, PJWT_URL_HTTPS | PJWT_URL_HTTP_LOOPBACK);
        if (option->type == PATH && strncmp(value, "~/", 2) == 0) {
                prefix = r->home;
                value++;
        } else if (option->type == PATH && value[0] != '/') {
                problem = "the path must begin with / or ~/";
        }
        if (problem)
                return fault(&line->origin, line->key, problem, reterr);
        *field = keep(r->conf, prefix, value);
        return *field ? PJWT_OK : pjwt_fail_memory(reterr);
}

/* The i-th key of a kind of section. */
static const char *key_at(const void *kind, size_t i)
{
        for (size_t row = 0; row < OPTION_COUNT; row++)
                if (strcmp(options[row].kind, kind) == 0 && i-- == 0)
                        return options[row].name;
        return NULL;
}

static enum pjwt_reason no_such_key(const char *kind, const struct pjwt_ini_line *line,
                                    struct pjwt_error *reterr)
{
        const char *near = kind ? pjwt_nearest(line->key, key_at, kind) : NULL;
        char text[100];

        (void)snprintf(text, sizeof(text), "unknown key in this section%s%s%s", near ? "; did you mean " : "",
                       near ? near : "", near ? "?" : "");
        return fault(&line->origin, line->key, text, reterr);
}

static enum pjwt_reason take_line(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        struct reading *r = arg;
        const struct client_option *option;

        if (!line->key)
                return open_section(r, line, reterr);
        option = r->kind ? option_of(r->kind, line->key) : NULL;
        if (!option)
                return no_such_key(r->kind, line, reterr);
        return set_value(r, option, line, reterr);
}

/* --- what belongs together --- */

static const char *issuer_problem(struct client_issuer *i)
{
        bool known = !i->flow_name;

        for (size_t f = 0; i->flow_name && f < sizeof(flows) / sizeof(flows[0]); f++)
                if (strcmp(flows[f].name, i->flow_name) == 0) {
                        i->flow = flows[f].flow;
                        known = true;
                }
        if (!known)
                return "flow must be device, client_credentials, refresh_token or token_exchange";
        if (!i->issuer || !i->client_id)
                return "issuer and client_id are required";
        if (i->client_secret_file && i->client_key_file)
                return "client_secret_file and client_key_file cannot be combined";
        if (i->flow == CLIENT_CREDENTIALS && !i->client_secret_file && !i->client_key_file)
                return "flow = client_credentials requires client_secret_file or client_key_file";
        if ((i->flow == CLIENT_REFRESH) != (i->refresh_token_file != NULL))
                return "refresh_token_file and flow = refresh_token require each other";
        if ((i->flow == CLIENT_EXCHANGE) != (i->subject_token_file != NULL))
                return "subject_token_file and flow = token_exchange require each other";
        if (i->timeout_text &&
            (!pjwt_duration(i->timeout_text, &i->timeout) || i->timeout < 1 || i->timeout > 300))
                return "timeout must be a time from 1s to 5m";
        return NULL;
}

/* Whether any of the patterns matches every name. */
static bool matches_everything(const char *patterns)
{
        while (*patterns) {
                size_t len = strcspn(patterns, " ");

                if (len > 0 && strspn(patterns, "*?") >= len)
                        return true;
                patterns += len + strspn(patterns + len, " ");
        }
        return false;
}

static bool has_host(const char *value)
{
        return value && strstr(value, "%h");
}

static const char *target_problem(const struct client_conf *conf, const struct client_target *t)
{
        int sources = (t->issuer != NULL) + (t->command != NULL) + (t->file != NULL);

        if (t->name && !t->match)
                return "[host/NAME] requires match";
        if (!t->name && t->match)
                return "match is not allowed in [sudo], which is for this host";
        if (!t->name && t->key)
                return "key is not allowed in [sudo]: sudo cannot use ssh keys";
        if (sources > 1)
                return "only one of issuer, command and file may be set";
        if (!t->issuer && (t->key || t->resource))
                return "key and resource require issuer";
        if (t->issuer && !client_conf_issuer(conf, t->issuer))
                return "issuer does not name an [issuer/...] section";
        if (t->match && t->issuer && matches_everything(t->match) &&
            (has_host(t->resource) || has_host(t->audience)))
                return "%h with a pattern that matches every name: a token would be requested for any host "
                       "typed";
        return NULL;
}

static enum pjwt_reason check_all(struct client_conf *conf, struct pjwt_error *reterr)
{
        for (size_t i = 0; i < conf->issuer_count; i++) {
                const char *problem = issuer_problem(&conf->issuers[i]);

                if (problem)
                        return fault(&conf->issuers[i].origin, NULL, problem, reterr);
        }
        for (size_t i = 0; i < conf->target_count; i++) {
                const char *problem = target_problem(conf, &conf->targets[i]);

                if (problem)
                        return fault(&conf->targets[i].origin, NULL, problem, reterr);
        }
        return PJWT_OK;
}

enum pjwt_reason client_conf_read(const char *text, size_t len, const char *file, const char *home,
                                  struct client_conf **ret, struct pjwt_error *reterr)
{
        struct client_conf *conf = calloc(1, sizeof(*conf));
        struct reading reading = {.conf = conf, .home = home};
        enum pjwt_reason r;

        if (!conf)
                return pjwt_fail_memory(reterr);
        conf->file = strdup(file);
        r = conf->file ? pjwt_ini_read(text, len, conf->file, take_line, &reading, reterr)
                       : pjwt_fail_memory(reterr);
        if (r == PJWT_OK)
                r = check_all(conf, reterr);
        if (r == PJWT_OK)
                *ret = conf;
        else
                client_conf_free(conf);
        return r;
}

enum pjwt_reason client_conf_load(const char *path, const char *home, struct client_conf **ret,
                                  struct pjwt_error *reterr)
{
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, PJWT_FILE_LINKS, CONF_MAX, &text, &len, NULL, reterr);

        if (r == PJWT_OK)
                r = client_conf_read(text, len, path, home, ret, reterr);
        free(text);
        return r;
}

void client_conf_free(struct client_conf *conf)
{
        if (!conf)
                return;
        for (size_t i = 0; i < conf->string_count; i++)
                free(conf->strings[i]);
        free(conf->strings);
        free(conf->issuers);
        free(conf->targets);
        free(conf->file);
        free(conf);
}

/* --- asking --- */

const struct client_issuer *client_conf_issuer(const struct client_conf *conf, const char *name)
{
        for (size_t i = 0; i < conf->issuer_count; i++)
                if (strcmp(conf->issuers[i].name, name) == 0)
                        return &conf->issuers[i];
        return NULL;
}

static bool fits(const char *patterns, const char *host)
{
        char *copy = strdup(patterns), *rest = NULL;
        bool found = false;

        for (char *one = copy ? strtok_r(copy, " ", &rest) : NULL; one && !found;
             one = strtok_r(NULL, " ", &rest))
                found = fnmatch(one, host, 0) == 0;
        free(copy);
        return found;
}

const struct client_target *client_conf_target(const struct client_conf *conf, const char *host)
{
        for (size_t i = 0; i < conf->target_count; i++) {
                const struct client_target *t = &conf->targets[i];

                if (host ? t->match && fits(t->match, host) : !t->name)
                        return t;
        }
        return NULL;
}

static bool host_ok(const char *host)
{
        size_t len = strlen(host);

        return len > 0 && len <= 253 && host[0] != '-' &&
               strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") == len;
}

enum pjwt_reason client_conf_expand(const char *value, const char *host, char **ret,
                                    struct pjwt_error *reterr)
{
        size_t room = strlen(value) + 1, used = 0;
        char *out;

        if (!has_host(value))
                return (*ret = strdup(value)) ? PJWT_OK : pjwt_fail_memory(reterr);
        if (!host_ok(host))
                return pjwt_fail(reterr, PJWT_CONFIG, "a host name like '%.100s' cannot be used in '%.100s'",
                                 host, value);
        for (const char *p = value; (p = strstr(p, "%h")); p += 2)
                room += strlen(host);
        out = malloc(room);
        if (!out)
                return pjwt_fail_memory(reterr);
        while (*value) {
                bool here = strncmp(value, "%h", 2) == 0;
                size_t n = here ? strlen(host) : 1;

                memcpy(out + used, here ? host : value, n);
                used += n;
                value += here ? 2 : 1;
        }
        out[used] = '\0';
        *ret = out;
        return PJWT_OK;
}
