#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "pattern.h"
#include "safefile.h"
#include "template.h"
#include "value.h"

#define DAY  INT64_C(86400)
#define YEAR (366 * DAY)

#define GRANT_NAME_ROOM 16 /* in the table of names */

enum kind { KIND_HOST, KIND_ISSUER, KIND_GRANT, KIND_SERVICE, KIND_COUNT, KIND_NONE };

static const char *const kind_names[KIND_COUNT] = {"host", "issuer", "grant", "service"};

/* How a value is read. The parser switches on this, never on a key. */
enum type {
        TYPE_HOST,     /* a host name */
        TYPE_MACHINE,  /* a machine id */
        TYPE_WORD,     /* one string without spaces */
        TYPE_WORDS,    /* strings separated by spaces */
        TYPE_AUDIENCE, /* the same, with %h */
        TYPE_TYPS,     /* media types */
        TYPE_KEYS_URL, /* where keys are */
        TYPE_PROXY,
        TYPE_ALGS,
        TYPE_SECONDS,
        TYPE_BOOL,
        TYPE_BIND,
        TYPE_PATH, /* an absolute path */
        TYPE_ISSUER,
        TYPE_USERS,    /* names and templates */
        TYPE_SERVICES, /* PAM service names */
        TYPE_SSHD_SERVICES,
        TYPE_GLOBS, /* globs over host names */
        TYPE_MATCH, /* match.CLAIM */
};

static const char *const type_names[] = {
        [TYPE_HOST] = "host name",
        [TYPE_MACHINE] = "32 hexadecimal digits",
        [TYPE_WORD] = "string without spaces",
        [TYPE_WORDS] = "strings separated by spaces",
        [TYPE_AUDIENCE] = "strings separated by spaces; %h is the host name",
        [TYPE_TYPS] = "media types separated by spaces",
        [TYPE_KEYS_URL] = "https or file URL",
        [TYPE_PROXY] = "http or https URL",
        [TYPE_ALGS] = "algorithms separated by spaces",
        [TYPE_SECONDS] = "duration",
        [TYPE_BOOL] = "yes or no",
        [TYPE_BIND] = "ssh-key or no",
        [TYPE_PATH] = "absolute path",
        [TYPE_ISSUER] = "name of an issuer section",
        [TYPE_USERS] = "user names and templates separated by spaces",
        [TYPE_SERVICES] = "PAM services separated by spaces",
        [TYPE_SSHD_SERVICES] = "PAM services separated by spaces",
        [TYPE_GLOBS] = "globs separated by spaces",
        [TYPE_MATCH] = "exact value, glob:PATTERN or regex:PATTERN",
};

struct row {
        enum kind kind;
        const char *name;
        enum type type;
        size_t offset;
        const char *def; /* as it would be written; NULL: none */
        int64_t min, max;
        const char *example;
        const char *help;
};

#define HOST(field)   KIND_HOST, #field
#define ISSUER(name)  KIND_ISSUER, name
#define GRANT(name)   KIND_GRANT, name
#define SERVICE(name) KIND_SERVICE, name
#define IN_CONF(f)    offsetof(struct pjwt_conf, f)
#define IN_ISSUER(f)  offsetof(struct pjwt_issuer, f)
#define IN_GRANT(f)   offsetof(struct pjwt_grant, f)
#define IN_SERVICE(f) offsetof(struct pjwt_service, f)
#define DEFAULT_ALGS                                                                                         \
        "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448 ML-DSA-44 ML-DSA-65 "     \
        "ML-DSA-87"

/* Every option there is. The commented pam_jwt.conf and pam_jwt.conf(5) are made from these rows. */
static const struct row rows[] = {
        {HOST(host_name), TYPE_HOST, IN_CONF(host_name), NULL, 0, 0, "db1.acme.example",
         "What %h stands for in an audience, and what `hosts` is compared with. Default: the host's own "
         "name in lower case; refused when that is empty, localhost or an address. Set it where the host's "
         "name can change under it (DHCP, clones)."},
        {HOST(bind_services), TYPE_SSHD_SERVICES, IN_CONF(bind_services), "sshd", 0, 0, "sshd sshd-internal",
         "The PAM services that are sshd's. There, and nowhere else, what sshd says of the key that it has "
         "verified (SSH_AUTH_INFO_0) is believed: the proof for a token that is bound to a key. Name "
         "another one only when an sshd of yours runs under another name."},
        {HOST(machine_id), TYPE_MACHINE, IN_CONF(machine_id), NULL, 0, 0, "0123456789abcdef0123456789abcdef",
         "The /etc/machine-id of the host that this file was written for. Logins do not look at it; `pamjwt "
         "doctor` says when the host has another: a clone with the same host_name takes the tokens of its "
         "original."},

        {ISSUER("issuer"), TYPE_WORD, IN_ISSUER(issuer), NULL, 0, 0,
         "https://login.acme.example/realms/staff",
         "Required. The iss of its tokens, byte for byte. Without jwks it is also where discovery begins."},
        {ISSUER("audience"), TYPE_AUDIENCE, IN_ISSUER(audience), NULL, 0, 0, "ssh://%h",
         "Required. The aud of a token must hold one of these, byte for byte. With %h a token for one host "
         "is worthless at the next; %% is a percent sign."},
        {ISSUER("jwks"), TYPE_KEYS_URL, IN_ISSUER(jwks), NULL, 0, 0,
         "https://login.acme.example/realms/staff/certs",
         "Where the keys are. Default: found by discovery below the issuer. https://..., or file:///PATH to "
         "a JWKS, JWK or PEM file. http://127.0.0.1:PORT is allowed below port 1024."},
        {ISSUER("algorithms"), TYPE_ALGS, IN_ISSUER(algorithms), DEFAULT_ALGS, 0, 0, "RS256 ES256 EdDSA",
         "The algorithms that its tokens may use. HS256, HS384 and HS512 only when named here and only with "
         "keys in a file; ES256K only when named here."},
        {ISSUER("leeway"), TYPE_SECONDS, IN_ISSUER(leeway), "30s", 0, 600, "10s",
         "How far the clocks may differ when exp, nbf, iat and auth_time are checked; at most 10m."},
        {ISSUER("max_lifetime"), TYPE_SECONDS, IN_ISSUER(max_lifetime), "24h", 0, 100 * YEAR, "1h",
         "The longest time from iat (now, when there is none) to exp. 0 sets no limit."},
        {ISSUER("typ"), TYPE_TYPS, IN_ISSUER(typ), NULL, 0, 0, "at+jwt JWT",
         "The typ that the token's header must have, one of these; upper and lower case are the same. "
         "Default: any."},
        {ISSUER("require"), TYPE_WORDS, IN_ISSUER(require), NULL, 0, 0, "jti azp",
         "Further claims that must be there. exp, iss, aud and the user claim always must."},
        {ISSUER("azp"), TYPE_WORDS, IN_ISSUER(clients), NULL, 0, 0, "ssh-login",
         "The clients whose tokens count: azp, or client_id where there is no azp, is one of these. "
         "Default: any."},
        {ISSUER("email_trusted"), TYPE_BOOL, IN_ISSUER(email_trusted), "no", 0, 0, "yes",
         "Where email stands in user or a match, email_verified must be true. yes: this issuer's email "
         "counts without."},
        {ISSUER("bind"), TYPE_BIND, IN_ISSUER(bind), "no", 0, 0, "ssh-key",
         "ssh-key: only tokens that are bound (cnf) to the ssh key of the same login, so that a stolen one "
         "opens nothing. A bound token needs its key anyway; this refuses those that are not bound. See "
         "docs/bound-tokens.md."},
        {ISSUER("ca_file"), TYPE_PATH, IN_ISSUER(ca_file), NULL, 0, 0, "/etc/ssl/acme-ca.pem",
         "CA certificates that replace the system's when the keys are fetched."},
        {ISSUER("bearer_file"), TYPE_PATH, IN_ISSUER(bearer_file), NULL, 0, 0,
         "/var/run/secrets/kubernetes.io/serviceaccount/token",
         "A file with a bearer token for the key endpoint, read by root when the keys are fetched."},
        {ISSUER("proxy"), TYPE_PROXY, IN_ISSUER(proxy), NULL, 0, 0, "http://proxy.acme.example:3128",
         "The proxy for fetching keys. The environment's proxy variables are never read."},
        {ISSUER("timeout"), TYPE_SECONDS, IN_ISSUER(timeout), "5s", 1, 60, "3s",
         "The longest time that fetching keys may take, from 1s to 60s."},
        {ISSUER("max_stale"), TYPE_SECONDS, IN_ISSUER(max_stale), "7d", 1, YEAR, "2d",
         "How old cached keys may be while the endpoint cannot be reached."},
        {ISSUER("refresh"), TYPE_SECONDS, IN_ISSUER(refresh), "1h", 1, DAY, "15m",
         "How long fetched keys are fresh when the server does not say; at most 1d."},
        {ISSUER("min_refresh"), TYPE_SECONDS, IN_ISSUER(min_refresh), "60s", 1, DAY, "5m",
         "The shortest time between two fetches, over all processes; also the least time that keys are "
         "fresh."},

        {GRANT("issuer"), TYPE_ISSUER, IN_GRANT(issuer_name), NULL, 0, 0, "acme",
         "Required. The NAME of the [issuer/NAME] whose tokens this grant is for."},
        {GRANT("user"), TYPE_USERS, IN_GRANT(user), "%{sub}", 0, 0, "%{preferred_username}",
         "The local users that the token may log in as, equal byte for byte to the name that is asked for. "
         "%{CLAIM} stands for a string claim, \\1 to \\9 for what a group of the regex: match took, %% and "
         "\\\\ for the characters themselves. System accounts, root too, only where the name is spelled "
         "out."},
        {GRANT("strip_suffix"), TYPE_WORD, IN_GRANT(strip_suffix), NULL, 0, 0, "@acme.example",
         "What a templated user must end with; it is cut off, and no further @ may be left."},
        {GRANT("match."), TYPE_MATCH, 0, NULL, 0, 0, "linux-users",
         "match.CLAIM = VALUE: the claim must have the value. An array matches when an element does, scope "
         "and scp when a word does; numbers, true and false are compared as JSON text. glob: has ? for one "
         "character, * for any but /, ** for any. regex: must match the whole value. A CLAIM that begins "
         "with / is a JSON Pointer. All match lines of a section must hold."},
        {GRANT("services"), TYPE_SERVICES, IN_GRANT(services), "sshd", 0, 0, "sshd sudo",
         "The PAM services that the grant is for. `sudo -i` is sudo-i, `su -` is su-l."},
        {GRANT("hosts"), TYPE_GLOBS, IN_GRANT(hosts), NULL, 0, 0, "db*.acme.example",
         "The hosts that the grant is for, for a file that many hosts share. Default: every host."},
        {GRANT("bind"), TYPE_BIND, IN_GRANT(bind), "no", 0, 0, "ssh-key",
         "ssh-key: the grant is for tokens that are bound to the ssh key of the same login; as in an "
         "issuer."},

        {SERVICE("also"), TYPE_SERVICES, IN_SERVICE(also), NULL, 0, 0, "sudo-i",
         "Further PAM services with the same demands."},
        {SERVICE("match."), TYPE_MATCH, 0, NULL, 0, 0, "mfa",
         "match.CLAIM = VALUE, demanded of every token; as in a grant."},
        {SERVICE("max_age"), TYPE_SECONDS, IN_SERVICE(max_age), NULL, 1, 100 * YEAR, "5m",
         "The longest time since the person logged in at the issuer: auth_time, which must be there."},
        {SERVICE("max_token_age"), TYPE_SECONDS, IN_SERVICE(max_token_age), NULL, 1, 100 * YEAR, "5m",
         "The longest time since iat, which must be there. Proves nothing about the person."},
        {SERVICE("audience"), TYPE_AUDIENCE, IN_SERVICE(audience), NULL, 0, 0, "sudo://%h",
         "An audience that is demanded in addition to the issuer's; one of these."},
        {SERVICE("one_use"), TYPE_BOOL, IN_SERVICE(one_use), "no", 0, 0, "yes",
         "A token counts once on this host. Not together with reuse_login."},
        {SERVICE("reuse_login"), TYPE_BOOL, IN_SERVICE(reuse_login), "no", 0, 0, "yes",
         "The token of the ssh login counts here while it is valid and meets the demands above. Not "
         "together with one_use or audience."},
        {SERVICE("session_until_exp"), TYPE_BOOL, IN_SERVICE(session_until_exp), "no", 0, 0, "yes",
         "The session ends with the token."},
        {SERVICE("bind"), TYPE_BIND, IN_SERVICE(bind), "no", 0, 0, "ssh-key",
         "ssh-key: only tokens that are bound to the ssh key of the same login; as in an issuer. For sudo "
         "the key is the one of the ssh login, which its login record keeps."},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROW_COUNT < 64, "rows of one kind must fit the lines array");

bool pjwt_conf_option_at(size_t i, struct pjwt_conf_option *ret)
{
        if (i >= ROW_COUNT)
                return false;
        *ret = (struct pjwt_conf_option){.kind = kind_names[rows[i].kind],
                                         .name = rows[i].name,
                                         .type = type_names[rows[i].type],
                                         .def = rows[i].def,
                                         .example = rows[i].example,
                                         .help = rows[i].help};
        return true;
}

static size_t first_row(enum kind kind)
{
        size_t i = 0;

        while (rows[i].kind != kind)
                i++;
        return i;
}

/* While texts are read. */
struct builder {
        struct pjwt_conf *conf;
        const char *hostname;
        pjwt_conf_report_fn report; /* may be NULL */
        void *arg;
        struct pjwt_error *reterr;
        bool failed;
        bool no_memory;

        struct pjwt_origin host_origin; /* of [host]; file is NULL before it was seen */
        unsigned host_lines[PJWT_HOST_LINES];

        const struct row *first[KIND_COUNT]; /* the rows of each kind begin here */
        size_t room[KIND_COUNT];             /* sections that the arrays of the policy can hold */
        enum kind kind; /* of the open section; KIND_NONE: its keys are skipped, since it was refused */
        void *section;
        unsigned *lines;
        struct pjwt_origin origin; /* of the line at hand; its file lives in the arena */
        const char *key;

        struct pjwt_issuer new_issuer; /* what a section starts as */
        struct pjwt_grant new_grant;
        struct pjwt_service new_service;
};

__attribute__((format(printf, 3, 0))) static void tell(struct builder *b, bool warning, const char *fmt,
                                                       va_list ap)
{
        char text[400];
        const struct pjwt_conf_problem problem = {warning, b->origin, b->key, text};

        (void)vsnprintf(text, sizeof(text), fmt, ap);
        if (!warning) {
                b->failed = true;
                (void)pjwt_fail(b->reterr, PJWT_CONFIG, b->key ? "%s:%u: %.80s: %s" : "%s:%u: %.0s%s",
                                b->origin.file, b->origin.line, b->key ? b->key : "", text);
        }
        if (b->report)
                b->report(b->arg, &problem);
}

/* An error at the line at hand. False, so that `return wrong(...)` reads well. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct builder *b, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        tell(b, false, fmt, ap);
        va_end(ap);
        return false;
}

static void at(struct builder *b, struct pjwt_origin origin, const char *key)
{
        b->origin = origin;
        b->key = key;
}

static bool out_of_memory(struct builder *b)
{
        b->no_memory = true;
        return false;
}

static char *dup_text(struct builder *b, const char *s, size_t len)
{
        char *copy = pjwt_arena_dup(b->conf->arena, s, len);

        if (!copy)
                b->no_memory = true;
        return copy;
}

/* A string of a line lives in the text, and the text in the policy. */
static char *kept(const char *s)
{
        return (char *)(uintptr_t)s;
}

/* One word is the rule: it needs no counting. */
static char **list_of_one(struct builder *b, const char *value)
{
        char **list = pjwt_arena_alloc(b->conf->arena, 2 * sizeof(*list));

        if (list)
                list[0] = kept(value);
        else
                b->no_memory = true;
        return list;
}

/* Words between spaces, as a list that ends with NULL, cut in place; NULL when memory runs out. */
static char **split(struct builder *b, const char *value)
{
        size_t count = 1, i = 0;
        char **list;

        if (!strchr(value, ' '))
                return list_of_one(b, value);
        for (const char *p = value; *p; p++)
                count += *p == ' ';
        list = pjwt_arena_alloc(b->conf->arena, (count + 1) * sizeof(*list));
        if (!list) {
                b->no_memory = true;
                return NULL;
        }
        for (char *word = kept(value); *word; word += strspn(word, " ")) {
                list[i++] = word;
                word += strcspn(word, " ");
                if (*word)
                        *word++ = '\0';
        }
        return list;
}

static bool has_repeated(struct builder *b, char *const *list)
{
        for (size_t i = 0; i < 256 && list[i]; i++)
                for (size_t j = 0; j < i; j++)
                        if (strcmp(list[i], list[j]) == 0)
                                return wrong(b, "'%.80s' stands here twice; write it once", list[i]), true;
        return false;
}

/* ---- values by type ---- */

static bool read_word(struct builder *b, const char *value, char **ret)
{
        if (strchr(value, ' '))
                return wrong(b, "one value without spaces is expected here; write one");
        *ret = kept(value);
        return true;
}

/* What is wrong with one word of a list; NULL when nothing is. */
static const char *audience_problem(const char *word)
{
        for (const char *p = strchr(word, '%'); p; p = strchr(p + 2, '%'))
                if (p[1] != 'h' && p[1] != '%')
                        return "only %h and %% count; write %h for the host name, %% for a percent sign";
        return NULL;
}

static const char *service_problem(const char *word)
{
        return pjwt_value_service_ok(word) ? NULL
                                           : "no PAM service; write lower case letters, digits and . _ @ -";
}

/* What stands in their PAM environment is no word of sshd's. */
static const char *sshd_service_problem(const char *word)
{
        static const char *const others[] = {"sudo",  "sudo-i", "su",     "su-l", "runuser",   "login",
                                             "other", "cron",   "passwd", "doas", "runuser-l", "polkit-1"};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (strcmp(word, others[i]) == 0)
                        return "no service of sshd: nobody there has verified an ssh key; leave it out";
        return service_problem(word);
}

static const char *glob_problem(const char *word)
{
        return strpbrk(word, "/:") ? "not a glob over host names; write it like db*.acme.example" : NULL;
}

static const char *typ_problem(const char *word)
{
        for (const char *p = word; *p; p++)
                if ((unsigned char)*p >= 0x7f || strchr("\"(),;<>@[\\]{}", *p))
                        return "no media type; write at+jwt or application/at+jwt";
        return NULL;
}

static bool read_list(struct builder *b, const char *value, const char *(*check)(const char *), char ***ret)
{
        char **list = split(b, value);

        if (!list || has_repeated(b, list))
                return false;
        for (size_t i = 0; check && list[i]; i++)
                if (check(list[i]))
                        return wrong(b, "'%.80s': %s", list[i], check(list[i]));
        *ret = list;
        return true;
}

static bool unknown_alg(struct builder *b, const char *word)
{
        const char *near = NULL;
        unsigned best = 3;

        for (size_t i = 0; pjwt_alg_at(i); i++) {
                unsigned d = pjwt_value_distance(word, pjwt_alg_at(i)->name, 2);

                if (d < best) {
                        best = d;
                        near = pjwt_alg_at(i)->name;
                }
        }
        if (near)
                return wrong(b, "'%.40s' is no algorithm; did you mean %s?", word, near);
        return wrong(b, "'%.40s' is no algorithm; write names like RS256 ES256 EdDSA", word);
}

static bool read_algs(struct builder *b, const char *value, pjwt_algset *ret)
{
        char **list = split(b, value);
        pjwt_algset set = 0;

        if (!list || has_repeated(b, list))
                return false;
        for (size_t i = 0; list[i]; i++) {
                const struct pjwt_alg *alg = pjwt_alg_find(list[i], strlen(list[i]));

                if (!alg)
                        return unknown_alg(b, list[i]);
                set |= alg->bit;
        }
        *ret = set;
        return true;
}

static bool read_seconds(struct builder *b, const struct row *row, const char *value, int64_t *ret)
{
        int64_t seconds;

        if (!pjwt_value_seconds(value, &seconds))
                return wrong(b, "'%.40s' is no duration; write 30s, 5m, 2h or 7d (a bare number is seconds)",
                             value);
        if (seconds < row->min || seconds > row->max)
                return wrong(b, "%.40s is out of range; write %lld to %lld seconds", value,
                             (long long)row->min, (long long)row->max);
        *ret = seconds;
        return true;
}

static bool read_bool(struct builder *b, const char *value, bool *ret)
{
        return pjwt_value_bool(value, ret) ||
               wrong(b, "'%.40s' is neither yes nor no; write one of them", value);
}

static bool read_bind(struct builder *b, const char *value, bool *ret)
{
        *ret = strcmp(value, "ssh-key") == 0;
        return *ret || strcmp(value, "no") == 0 ||
               wrong(b, "'%.40s' is neither ssh-key nor no; write one of them", value);
}

static bool read_url(struct builder *b, const char *value, unsigned allowed, char **ret)
{
        const char *problem = pjwt_value_url_problem(value, allowed);

        return problem ? wrong(b, "%s", problem) : read_word(b, value, ret);
}

static bool read_path(struct builder *b, const char *value, char **ret)
{
        if (value[0] != '/')
                return wrong(b, "an absolute path is expected here; begin with /");
        *ret = kept(value);
        return true;
}

static bool read_host(struct builder *b, const char *value, char **ret)
{
        if (!pjwt_value_host_ok(value))
                return wrong(
                        b,
                        "'%.80s' cannot stand for this host; write a host name, not localhost and no address",
                        value);
        return read_word(b, value, ret);
}

/* As systemd writes it: lower case, and not all zero. */
static bool read_machine(struct builder *b, const char *value, char **ret)
{
        if (strlen(value) != 32 || strspn(value, "0123456789abcdef") != 32 || strspn(value, "0") == 32)
                return wrong(b,
                             "'%.80s' is no machine id; write the 32 hexadecimal digits of /etc/machine-id",
                             value);
        return read_word(b, value, ret);
}

static bool read_value(struct builder *b, const struct row *row, void *section, const char *value)
{
        void *field = (char *)section + row->offset;

        switch (row->type) {
        case TYPE_HOST:
                return read_host(b, value, field);
        case TYPE_MACHINE:
                return read_machine(b, value, field);
        case TYPE_WORD:
        case TYPE_ISSUER:
                return read_word(b, value, field);
        case TYPE_WORDS:
                return read_list(b, value, NULL, field);
        case TYPE_AUDIENCE:
                return read_list(b, value, audience_problem, field);
        case TYPE_TYPS:
                return read_list(b, value, typ_problem, field);
        case TYPE_USERS:
                return read_list(b, value, pjwt_template_problem, field);
        case TYPE_SERVICES:
                return read_list(b, value, service_problem, field);
        case TYPE_SSHD_SERVICES:
                return read_list(b, value, sshd_service_problem, field);
        case TYPE_GLOBS:
                return read_list(b, value, glob_problem, field);
        case TYPE_KEYS_URL:
                return read_url(b, value, PJWT_URL_HTTPS | PJWT_URL_HTTP_LOOPBACK | PJWT_URL_FILE, field);
        case TYPE_PROXY:
                return read_url(b, value, PJWT_URL_HTTPS | PJWT_URL_HTTP_ANY, field);
        case TYPE_ALGS:
                return read_algs(b, value, field);
        case TYPE_SECONDS:
                return read_seconds(b, row, value, field);
        case TYPE_BOOL:
                return read_bool(b, value, field);
        case TYPE_BIND:
                return read_bind(b, value, field);
        case TYPE_PATH:
                return read_path(b, value, field);
        case TYPE_MATCH: /* has a key of its own; see read_match() */
                break;
        }
        return wrong(b, "cannot be read"); /* not reached: every type is above */
}

/* ---- match.CLAIM ---- */

static bool read_regex(struct builder *b, struct pjwt_match *match)
{
        struct pjwt_error err = {0};

        switch (pjwt_regex_compile(match->pattern, &match->regex, &err)) {
        case PJWT_OK:
                return true;
        case PJWT_NO_MEMORY:
                return out_of_memory(b);
        default:
                return wrong(b, "%s", err.detail);
        }
}

static bool read_pattern(struct builder *b, struct pjwt_match *match)
{
        match->pattern = match->value;
        if (strncmp(match->value, "glob:", 5) == 0) {
                match->kind = PJWT_MATCH_GLOB;
                match->pattern += 5;
        } else if (strncmp(match->value, "regex:", 6) == 0) {
                match->kind = PJWT_MATCH_REGEX;
                match->pattern += 6;
        }
        if (match->pattern[0] == '\0')
                return wrong(b, "the pattern is empty; write glob:PATTERN or regex:PATTERN");
        return match->kind != PJWT_MATCH_REGEX || read_regex(b, match);
}

/* The array grows by doubling inside the arena: a section has few matches. */
static struct pjwt_match *add_match(struct builder *b, struct pjwt_match **matches, size_t *count)
{
        if ((*count & (*count - 1)) == 0) {
                size_t room = *count ? *count * 2 : 1;
                struct pjwt_match *more = pjwt_arena_alloc(b->conf->arena, room * sizeof(*more));

                if (!more) {
                        b->no_memory = true;
                        return NULL;
                }
                if (*count)
                        memcpy(more, *matches, *count * sizeof(*more));
                *matches = more;
        }
        return *matches + (*count)++;
}

static bool claim_ok(struct builder *b, const char *claim)
{
        if (claim[0] == '\0')
                return wrong(b, "the name of the claim is missing; write match.CLAIM = VALUE");
        if (claim[0] == '/' && !pjwt_value_pointer_ok(claim))
                return wrong(b, "no JSON Pointer; write ~0 for a ~, ~1 for a / inside a name");
        return true;
}

static bool read_match(struct builder *b, const char *value)
{
        bool grant = b->kind == KIND_GRANT;
        struct pjwt_match **matches = grant ? &((struct pjwt_grant *)b->section)->matches
                                            : &((struct pjwt_service *)b->section)->matches;
        size_t *count = grant ? &((struct pjwt_grant *)b->section)->match_count
                              : &((struct pjwt_service *)b->section)->match_count;
        const char *claim = b->key + strlen("match.");
        struct pjwt_match *match;

        if (!claim_ok(b, claim))
                return false;
        for (size_t i = 0; i < *count; i++)
                if (strcmp((*matches)[i].claim, claim) == 0)
                        return wrong(b, "repeated; it stands in line %u already, keep one of the two",
                                     (*matches)[i].origin.line);
        if (*count >= PJWT_MATCHES_MAX)
                return wrong(b, "more than %d match lines in one section; take some out", PJWT_MATCHES_MAX);
        match = add_match(b, matches, count);
        if (!match)
                return false;
        match->origin = b->origin;
        match->claim = kept(claim);
        match->value = kept(value);
        return read_pattern(b, match);
}

/* ---- lines ---- */

/* The row of a key, among those that follow `first` and are of its kind. */
static const struct row *find_row_from(const struct row *first, const char *key)
{
        for (const struct row *row = first; row < rows + ROW_COUNT && row->kind == first->kind; row++) {
                if (row->name[0] != key[0]) /* most rows fall here: a policy can be long */
                        continue;
                if (row->type == TYPE_MATCH ? strncmp(key, row->name, strlen(row->name)) == 0
                                            : strcmp(key, row->name) == 0)
                        return row;
        }
        return NULL;
}

static const struct row *find_row(enum kind kind, const char *key)
{
        return find_row_from(&rows[first_row(kind)], key);
}

static bool key_of_nothing(struct builder *b)
{
        char names[256] = "";
        size_t len = 0;

        for (size_t i = 0; i < ROW_COUNT && len < sizeof(names); i++)
                if (rows[i].kind == b->kind)
                        len += (size_t)snprintf(names + len, sizeof(names) - len, " %s%s", rows[i].name,
                                                rows[i].type == TYPE_MATCH ? "CLAIM" : "");
        return wrong(b, "unknown key; there are%s", names);
}

/* Of match.CLAIM only the word before the dot can be misspelt. */
static unsigned key_distance(const char *key, const struct row *row)
{
        char head[16] = "";
        size_t len = row->type == TYPE_MATCH ? strcspn(key, ".") + 1 : 0;

        if (len == 0 || len >= sizeof(head) || len > strlen(key))
                return pjwt_value_distance(key, row->name, 2);
        memcpy(head, key, len);
        return pjwt_value_distance(head, row->name, 2);
}

static bool unknown_key(struct builder *b)
{
        const char *near = NULL;
        unsigned best = 3;

        for (size_t i = 0; i < ROW_COUNT; i++) {
                unsigned d = rows[i].kind == b->kind ? key_distance(b->key, &rows[i]) : 3;

                if (d < best && d < strlen(b->key)) {
                        best = d;
                        near = rows[i].name;
                }
        }
        if (near)
                return wrong(b, "unknown key; did you mean %s%s?", near,
                             strcmp(near, "match.") == 0 ? "CLAIM" : "");
        for (enum kind kind = KIND_HOST; kind < KIND_COUNT; kind++)
                if (find_row(kind, b->key))
                        return wrong(b, "unknown key here; it belongs into a [%s] section",
                                     kind == KIND_HOST     ? "host"
                                     : kind == KIND_ISSUER ? "issuer/NAME"
                                     : kind == KIND_GRANT  ? "grant/NAME"
                                                           : "service/NAME");
        return key_of_nothing(b);
}

static void read_key(struct builder *b, const char *value)
{
        const struct row *row = find_row_from(b->first[b->kind], b->key);
        unsigned *line;

        if (!row) {
                (void)unknown_key(b);
        } else if (row->type == TYPE_MATCH) {
                (void)read_match(b, value);
        } else {
                line = &b->lines[row - b->first[b->kind]];
                if (*line)
                        (void)wrong(b, "repeated; it stands in line %u already, keep one of the two", *line);
                else
                        (void)read_value(b, row, b->section, value);
                if (!*line) /* a bad value is there all the same: no second error "missing" */
                        *line = b->origin.line;
        }
}

/*
 * One more element at the end of an array of the policy. There is room for all sections that the texts hold
 * (make_room()); a count that was wrong would be memory that ran out, never a write behind the end.
 */
static void *append(struct builder *b, enum kind kind, void *array, size_t *count, size_t size,
                    const void *start)
{
        if (*count >= b->room[kind]) {
                b->no_memory = true;
                return NULL;
        }
        return memcpy((char *)array + (*count)++ * size, start, size);
}

static void open_host(struct builder *b)
{
        if (b->host_origin.file) {
                (void)wrong(b, "a second [host]; the first stands at %s:%u, make one of the two",
                            b->host_origin.file, b->host_origin.line);
                return;
        }
        b->host_origin = b->origin;
        b->section = b->conf;
        b->lines = b->host_lines;
        b->kind = KIND_HOST;
}

static void open_issuer(struct builder *b, const char *name)
{
        struct pjwt_conf *conf = b->conf;
        struct pjwt_issuer *issuer;

        if (!pjwt_value_issuer_name_ok(name)) {
                (void)wrong(b, "no name of an issuer; write at most 64 of A-Z a-z 0-9 . _ -, no dot in "
                               "front");
                return;
        }
        issuer = append(b, KIND_ISSUER, conf->issuers, &conf->issuer_count, sizeof(*issuer), &b->new_issuer);
        if (!issuer)
                return;
        issuer->name = kept(name);
        issuer->origin = b->origin;
        b->section = issuer;
        b->lines = issuer->lines;
        b->kind = KIND_ISSUER;
}

static void open_grant(struct builder *b, const char *name)
{
        struct pjwt_conf *conf = b->conf;
        struct pjwt_grant *grant =
                append(b, KIND_GRANT, conf->grants, &conf->grant_count, sizeof(*grant), &b->new_grant);

        if (!grant)
                return;
        grant->name = kept(name);
        grant->origin = b->origin;
        b->section = grant;
        b->lines = grant->lines;
        b->kind = KIND_GRANT;
}

static void open_service(struct builder *b, const char *name)
{
        struct pjwt_conf *conf = b->conf;
        struct pjwt_service *service;

        if (!pjwt_value_service_ok(name)) {
                (void)wrong(b, "'%.80s': no PAM service; write lower case letters, digits and . _ @ -", name);
                return;
        }
        service = append(b, KIND_SERVICE, conf->services, &conf->service_count, sizeof(*service),
                         &b->new_service);
        if (!service)
                return;
        service->name = kept(name);
        service->origin = b->origin;
        b->section = service;
        b->lines = service->lines;
        b->kind = KIND_SERVICE;
}

static void unknown_section(struct builder *b, const char *kind)
{
        for (enum kind k = KIND_HOST; k < KIND_COUNT; k++)
                if (pjwt_value_distance(kind, kind_names[k], 2) <= 2) {
                        (void)wrong(b, "unknown section [%.40s]; did you mean [%s%s]?", kind, kind_names[k],
                                    k == KIND_HOST ? "" : "/NAME");
                        return;
                }
        (void)wrong(
                b,
                "unknown section [%.40s]; there are [host], [issuer/NAME], [grant/NAME] and [service/NAME]",
                kind);
}

static void open_section(struct builder *b, const char *kind, const char *name)
{
        b->kind = KIND_NONE;
        if (strcmp(kind, "host") == 0 && !name)
                open_host(b);
        else if (strcmp(kind, "issuer") == 0 && name)
                open_issuer(b, name);
        else if (strcmp(kind, "grant") == 0 && name)
                open_grant(b, name);
        else if (strcmp(kind, "service") == 0 && name)
                open_service(b, name);
        else
                unknown_section(b, kind);
}

static enum pjwt_reason read_line(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        struct builder *b = arg;

        (void)reterr;
        at(b, line->origin, line->key);
        if (!line->key)
                open_section(b, line->kind, line->name);
        else if (b->kind != KIND_NONE)
                read_key(b, line->value);
        return b->no_memory ? PJWT_NO_MEMORY : PJWT_OK;
}

static void bad_line(void *arg, struct pjwt_origin origin, const char *key, const char *what)
{
        struct builder *b = arg;

        at(b, origin, key);
        (void)wrong(b, "%s", what);
}

/* ---- the whole, after the last line ---- */

static struct pjwt_origin origin_of(struct pjwt_origin section, const unsigned *lines, enum kind kind,
                                    const char *key)
{
        const struct row *row = key ? find_row(kind, key) : NULL;
        unsigned line = row ? lines[(size_t)(row - rows) - first_row(kind)] : 0;

        return (struct pjwt_origin){section.file, line ? line : section.line};
}

bool pjwt_list_has(char *const *list, const char *word)
{
        for (size_t i = 0; list && list[i]; i++)
                if (strcmp(list[i], word) == 0)
                        return true;
        return false;
}

const struct pjwt_service *pjwt_conf_service(const struct pjwt_conf *conf, const char *service)
{
        for (size_t i = 0; i < conf->service_count; i++)
                if (strcmp(conf->services[i].name, service) == 0 ||
                    pjwt_list_has(conf->services[i].also, service))
                        return &conf->services[i];
        return NULL;
}

struct pjwt_origin pjwt_issuer_origin(const struct pjwt_issuer *issuer, const char *key)
{
        return origin_of(issuer->origin, issuer->lines, KIND_ISSUER, key);
}

struct pjwt_origin pjwt_grant_origin(const struct pjwt_grant *grant, const char *key)
{
        return origin_of(grant->origin, grant->lines, KIND_GRANT, key);
}

struct pjwt_origin pjwt_service_origin(const struct pjwt_service *service, const char *key)
{
        return origin_of(service->origin, service->lines, KIND_SERVICE, key);
}

/* One name and where it stands, for finding repeated ones in n log n. */
struct named {
        const char *name;
        struct pjwt_origin origin;
        size_t index;
};

static int by_name(const void *a, const void *b)
{
        const struct named *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void refuse_repeated(struct builder *b, struct named *names, size_t count, const char *key,
                            const char *what)
{
        qsort(names, count, sizeof(*names), by_name);
        for (size_t i = 1; i < count; i++)
                if (strcmp(names[i - 1].name, names[i].name) == 0) {
                        at(b, names[i].origin, key);
                        (void)wrong(b, "%s%.120s stands at %s:%u already; keep one of the two", what,
                                    names[i].name, names[i - 1].origin.file, names[i - 1].origin.line);
                }
}

static struct named *new_names(struct builder *b, size_t count)
{
        struct named *names = calloc(count + 1, sizeof(*names));

        if (!names)
                b->no_memory = true;
        return names;
}

static void check_issuer_names(struct builder *b)
{
        const struct pjwt_conf *conf = b->conf;
        struct named *names = new_names(b, conf->issuer_count);
        size_t count = 0;

        for (size_t i = 0; names && i < conf->issuer_count; i++)
                names[i] = (struct named){conf->issuers[i].name, conf->issuers[i].origin, i};
        if (names)
                refuse_repeated(b, names, conf->issuer_count, NULL, "the section issuer/");
        /* Two sections for one iss would leave open whose rules hold. */
        for (size_t i = 0; names && i < conf->issuer_count; i++)
                if (conf->issuers[i].issuer)
                        names[count++] = (struct named){conf->issuers[i].issuer,
                                                        pjwt_issuer_origin(&conf->issuers[i], "issuer"), i};
        if (names)
                refuse_repeated(b, names, count, "issuer", "the issuer ");
        free(names);
}

static size_t hash(const char *name)
{
        uint32_t h = 2166136261u; /* FNV-1a; the names are root's, nobody attacks this table */

        for (; *name; name++)
                h = (h ^ (unsigned char)*name) * 16777619u;
        return h;
}

/*
 * Grants can be many thousands: a table of their numbers, since sorting would touch several times the memory.
 */
static void check_grant_names(struct builder *b)
{
        const struct pjwt_conf *conf = b->conf;
        size_t room = 16;
        uint32_t *table; /* number of the grant, counted from 1 */

        while (room < conf->grant_count * 2) /* at most GRANT_NAME_ROOM bytes a grant */
                room *= 2;
        table = pjwt_arena_alloc(conf->arena, room * sizeof(*table));
        if (!table) {
                b->no_memory = true;
                return;
        }
        for (size_t i = 0; i < conf->grant_count; i++) {
                size_t at_slot = hash(conf->grants[i].name) & (room - 1);

                while (table[at_slot] &&
                       strcmp(conf->grants[table[at_slot] - 1].name, conf->grants[i].name) != 0)
                        at_slot = (at_slot + 1) & (room - 1);
                if (table[at_slot]) {
                        const struct pjwt_origin *first = &conf->grants[table[at_slot] - 1].origin;

                        at(b, conf->grants[i].origin, NULL);
                        (void)wrong(b,
                                    "the section grant/%.120s stands at %s:%u already; keep one of the two",
                                    conf->grants[i].name, first->file, first->line);
                } else {
                        table[at_slot] = (uint32_t)i + 1;
                }
        }
}

static size_t list_len(char *const *list)
{
        size_t n = 0;

        while (list && list[n])
                n++;
        return n;
}

/* A service has the demands of one section: neither its name nor an `also` may stand twice. */
static void check_service_names(struct builder *b)
{
        const struct pjwt_conf *conf = b->conf;
        size_t count = conf->service_count, n = 0;
        struct named *names;

        for (size_t i = 0; i < conf->service_count; i++)
                count += list_len(conf->services[i].also);
        names = new_names(b, count);
        for (size_t i = 0; names && i < conf->service_count; i++) {
                const struct pjwt_service *s = &conf->services[i];

                names[n] = (struct named){s->name, s->origin, n};
                n++;
                for (size_t j = 0; j < list_len(s->also); j++, n++)
                        names[n] = (struct named){s->also[j], pjwt_service_origin(s, "also"), n};
        }
        if (names)
                refuse_repeated(b, names, n, NULL, "the service ");
        free(names);
}

static bool is_address(const char *name)
{
        return strspn(name, "0123456789.") == strlen(name) || strchr(name, ':');
}

/* The host's own name in lower case, where no host_name is given. */
static void set_host_name(struct builder *b)
{
        char *name;

        if (b->conf->host_name || !b->hostname || b->hostname[0] == '\0')
                return;
        name = dup_text(b, b->hostname, strlen(b->hostname));
        for (char *p = name; p && *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p = (char)(*p - 'A' + 'a');
        if (name && pjwt_value_host_ok(name))
                b->conf->host_name = name;
}

/* REV-15: localhost is every host, and an address or a name that is not there is no name. */
static bool need_host_name(struct builder *b, const char *what)
{
        if (b->conf->host_name)
                return true;
        if (!b->hostname || b->hostname[0] == '\0')
                return wrong(b, "%s needs the name of this host, and it has none; set host_name in [host]",
                             what);
        return wrong(b, "%s cannot be this host's name '%.80s' (%s); set host_name in [host]", what,
                     b->hostname, is_address(b->hostname) ? "an address" : "not one that only this host has");
}

static char *expand_host(struct builder *b, const char *word)
{
        size_t len = strlen(word), host = strlen(b->conf->host_name ? b->conf->host_name : ""), n = 0;
        char *out;

        for (const char *p = word; *p; p++)
                len += *p == '%' ? host : 0;
        out = pjwt_arena_alloc(b->conf->arena, len + 1);
        if (!out) {
                b->no_memory = true;
                return NULL;
        }
        for (const char *p = word; *p; p++) {
                if (*p != '%') {
                        out[n++] = *p;
                } else if (*++p == 'h' && b->conf->host_name) {
                        memcpy(out + n, b->conf->host_name, host);
                        n += host;
                } else {
                        out[n++] = '%';
                }
        }
        return out;
}

static void expand_audience(struct builder *b, char **list)
{
        for (size_t i = 0; list && list[i]; i++) {
                if (!strchr(list[i], '%'))
                        continue;
                if (strstr(list[i], "%h") && !need_host_name(b, "%h"))
                        return;
                list[i] = expand_host(b, list[i]);
        }
}

/* 0: the key does not stand there. */
static unsigned line_of(const unsigned *lines, enum kind kind, const struct row *row)
{
        return row ? lines[(size_t)(row - rows) - first_row(kind)] : 0;
}

static void require_key(struct builder *b, struct pjwt_origin origin, const unsigned *lines, enum kind kind,
                        const char *key)
{
        const struct row *row = find_row(kind, key);

        if (line_of(lines, kind, row))
                return;
        at(b, origin, key);
        (void)wrong(b, "missing; write a line like %s = %s", key, row ? row->example : "...");
}

static bool has_secret_alg(pjwt_algset set)
{
        for (size_t i = 0; pjwt_alg_at(i); i++)
                if (pjwt_alg_at(i)->kty == PJWT_KTY_OCT && (set & pjwt_alg_at(i)->bit))
                        return true;
        return false;
}

static bool has_file_keys(const struct pjwt_issuer *issuer)
{
        return issuer->jwks && strncmp(issuer->jwks, "file:", 5) == 0;
}

/* An option that cannot have an effect is a contradiction: somebody expects one. */
static void refuse_fetch_options(struct builder *b, const struct pjwt_issuer *issuer)
{
        static const char *const keys[] = {"ca_file",   "bearer_file", "proxy",      "timeout",
                                           "max_stale", "refresh",     "min_refresh"};

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
                if (line_of(issuer->lines, KIND_ISSUER, find_row(KIND_ISSUER, keys[i]))) {
                        at(b, pjwt_issuer_origin(issuer, keys[i]), keys[i]);
                        (void)wrong(b, "has no effect, since jwks is a file; take the line out");
                }
}

static void check_issuer_keys(struct builder *b, const struct pjwt_issuer *issuer)
{
        const char *problem;

        if (has_secret_alg(issuer->algorithms) && !has_file_keys(issuer)) { /* HDR-06, KEY-13 */
                at(b, pjwt_issuer_origin(issuer, "algorithms"), "algorithms");
                (void)wrong(b, "HMAC needs a key that is on this host; write jwks = file:///PATH");
        }
        if (has_file_keys(issuer)) {
                refuse_fetch_options(b, issuer);
                return;
        }
        if (issuer->jwks || !issuer->issuer)
                return;
        problem = pjwt_value_url_problem(issuer->issuer, PJWT_URL_HTTPS | PJWT_URL_HTTP_LOOPBACK);
        if (problem) {
                at(b, pjwt_issuer_origin(issuer, "issuer"), "issuer");
                (void)wrong(b, "discovery cannot begin here (%s); set jwks", problem);
        }
}

static void check_issuer_times(struct builder *b, const struct pjwt_issuer *issuer)
{
        if (issuer->min_refresh > issuer->refresh) {
                at(b, pjwt_issuer_origin(issuer, "min_refresh"), "min_refresh");
                (void)wrong(b, "longer than refresh (%lld seconds); write less, or a longer refresh",
                            (long long)issuer->refresh);
        }
        if (issuer->max_stale < issuer->refresh) {
                at(b, pjwt_issuer_origin(issuer, "max_stale"), "max_stale");
                (void)wrong(b, "shorter than refresh (%lld seconds); write more, or a shorter refresh",
                            (long long)issuer->refresh);
        }
}

static void finish_issuer(struct builder *b, struct pjwt_issuer *issuer)
{
        require_key(b, issuer->origin, issuer->lines, KIND_ISSUER, "issuer");
        require_key(b, issuer->origin, issuer->lines, KIND_ISSUER, "audience"); /* CLM-11 */
        at(b, pjwt_issuer_origin(issuer, "audience"), "audience");
        expand_audience(b, issuer->audience);
        check_issuer_keys(b, issuer);
        check_issuer_times(b, issuer);
}

static int by_first_name(const void *key, const void *element)
{
        return strcmp(key, ((const struct named *)element)->name);
}

static void find_issuer(struct builder *b, struct pjwt_grant *grant, const struct named *names)
{
        const struct named *found =
                bsearch(grant->issuer_name, names, b->conf->issuer_count, sizeof(*names), by_first_name);

        if (found) {
                grant->issuer = &b->conf->issuers[found->index];
                return;
        }
        at(b, pjwt_grant_origin(grant, "issuer"), "issuer");
        for (size_t i = 0; i < b->conf->issuer_count; i++)
                if (pjwt_value_distance(grant->issuer_name, b->conf->issuers[i].name, 2) <= 2) {
                        (void)wrong(b, "there is no [issuer/%.64s]; did you mean %s?", grant->issuer_name,
                                    b->conf->issuers[i].name);
                        return;
                }
        (void)wrong(b, "there is no [issuer/%.64s]%s", grant->issuer_name,
                    strstr(grant->issuer_name, "://") ? "; the NAME of the section is meant, not its iss"
                                                      : "; write the NAME of a section that is there");
}

/* \1 means the groups of the one regex match that has any: with two, nobody could say whose. */
static void check_captures(struct builder *b, const struct pjwt_grant *grant)
{
        unsigned groups = 0, with_groups = 0;

        for (size_t i = 0; i < grant->match_count; i++) {
                unsigned n = grant->matches[i].regex ? pjwt_regex_groups(grant->matches[i].regex) : 0;

                groups = n ? n : groups;
                with_groups += n > 0;
        }
        for (size_t i = 0; grant->user[i]; i++) {
                unsigned most = pjwt_template_groups(grant->user[i]);

                if (most == 0)
                        continue;
                at(b, pjwt_grant_origin(grant, "user"), "user");
                if (with_groups != 1)
                        (void)wrong(b,
                                    "'%.80s' takes a group; write exactly one regex: match with groups into "
                                    "this grant",
                                    grant->user[i]);
                else if (most > groups)
                        (void)wrong(b, "'%.80s' takes group %u; write one up to %u, as the regex: has",
                                    grant->user[i], most, groups);
        }
}

static void check_suffix(struct builder *b, const struct pjwt_grant *grant)
{
        bool templated = false;

        if (!grant->strip_suffix)
                return;
        for (size_t i = 0; grant->user[i]; i++)
                templated = templated || !pjwt_template_is_literal(grant->user[i]);
        if (templated)
                return;
        at(b, pjwt_grant_origin(grant, "strip_suffix"), "strip_suffix");
        (void)wrong(b, "has no effect, since no user of this grant is a template; take the line out");
}

static void finish_grant(struct builder *b, struct pjwt_grant *grant, const struct named *names)
{
        if (!grant->issuer_name)
                require_key(b, grant->origin, grant->lines, KIND_GRANT, "issuer");
        else if (names)
                find_issuer(b, grant, names);
        check_captures(b, grant);
        check_suffix(b, grant);
        if (grant->hosts) {
                at(b, pjwt_grant_origin(grant, "hosts"), "hosts");
                (void)need_host_name(b, "hosts");
        }
}

static void finish_grants(struct builder *b)
{
        struct named *names = new_names(b, b->conf->issuer_count);

        for (size_t i = 0; names && i < b->conf->issuer_count; i++)
                names[i] = (struct named){b->conf->issuers[i].name, b->conf->issuers[i].origin, i};
        if (names)
                qsort(names, b->conf->issuer_count, sizeof(*names), by_name);
        for (size_t i = 0; i < b->conf->grant_count; i++)
                finish_grant(b, &b->conf->grants[i], names);
        free(names);
}

static void finish_service(struct builder *b, struct pjwt_service *service)
{
        at(b, pjwt_service_origin(service, "audience"), "audience");
        expand_audience(b, service->audience);
        at(b, pjwt_service_origin(service, "reuse_login"), "reuse_login");
        if (service->reuse_login && service->one_use) /* REV-12 */
                (void)wrong(b, "not together with one_use, since the login has used the token; take one out");
        if (service->reuse_login && service->audience)
                (void)wrong(
                        b,
                        "not together with audience, since the login's token is for the login; take one out");
}

static void finish(struct builder *b)
{
        struct pjwt_conf *conf = b->conf;

        set_host_name(b);
        check_issuer_names(b);
        check_grant_names(b);
        check_service_names(b);
        for (size_t i = 0; i < conf->issuer_count; i++)
                finish_issuer(b, &conf->issuers[i]);
        finish_grants(b);
        for (size_t i = 0; i < conf->service_count; i++)
                finish_service(b, &conf->services[i]);
}

/* What a section starts as: the defaults of the rows, read by the same code as the file. */
static bool set_defaults(struct builder *b)
{
        void *starts[KIND_COUNT] = {b->conf, &b->new_issuer, &b->new_grant, &b->new_service};
        const char *def;

        for (enum kind kind = KIND_HOST; kind < KIND_COUNT; kind++)
                b->first[kind] = &rows[first_row(kind)];
        for (size_t i = 0; i < ROW_COUNT && !b->no_memory; i++) {
                if (!rows[i].def)
                        continue;
                at(b, (struct pjwt_origin){"defaults", (unsigned)i + 1}, rows[i].name);
                if (rows[i].type == TYPE_ALGS) {
                        b->new_issuer.algorithms = pjwt_alg_default();
                        continue;
                }
                def = dup_text(b, rows[i].def, strlen(rows[i].def));
                if (def)
                        (void)read_value(b, &rows[i], starts[rows[i].kind], def);
        }
        return !b->failed && !b->no_memory;
}

/* One file while it is read. */
struct source {
        char *file;
        char *text; /* room for one byte more */
        size_t len;
};

struct sources {
        struct source *at;
        size_t count;
};

static enum pjwt_reason read_sources(struct builder *b, const struct sources *sources)
{
        for (size_t i = 0; i < sources->count; i++) {
                const struct source *source = &sources->at[i];
                char *file = dup_text(b, source->file, strlen(source->file));
                enum pjwt_reason reason;

                if (!file)
                        return PJWT_NO_MEMORY;
                b->kind = KIND_NONE;
                reason = pjwt_ini_cut(source->text, source->len, file, read_line, bad_line, b, b->reterr);
                if (reason != PJWT_OK && reason != PJWT_CONFIG)
                        return reason;
                b->failed = b->failed || reason != PJWT_OK;
        }
        finish(b);
        return b->no_memory ? PJWT_NO_MEMORY : b->failed ? PJWT_CONFIG : PJWT_OK;
}

/* The texts go over to the policy, whatever comes of it. */
static bool adopt(struct pjwt_conf *conf, struct sources *sources)
{
        conf->texts = calloc(sources->count + 1, sizeof(*conf->texts));
        for (size_t i = 0; conf->texts && i < sources->count; i++) {
                conf->texts[conf->text_count++] = sources->at[i].text;
                sources->at[i].text = NULL;
        }
        return conf->texts;
}

/* How many sections of each kind there may be: lines that begin like one. */
static void count_sections(const struct source *source, size_t counts[KIND_COUNT])
{
        const char *end = source->text + source->len, *p = source->text;

        for (; p < end && (p = memchr(p, '[', (size_t)(end - p))); p++)
                for (enum kind kind = KIND_HOST; (p == source->text || p[-1] == '\n') && kind < KIND_COUNT;
                     kind++)
                        counts[kind] += p + 1 < end && p[1] == kind_names[kind][0];
}

/* The arena, and in it the arrays: their size is known before the first line is read, so nothing moves. */
static bool make_room(struct builder *b, const struct sources *sources)
{
        struct pjwt_conf *conf = b->conf;
        size_t expected = 0; /* lists take about as much as the text that they are of */

        for (size_t i = 0; i < sources->count; i++) {
                count_sections(&sources->at[i], b->room);
                expected += sources->at[i].len;
        }
        expected += b->room[KIND_GRANT] * (sizeof(*conf->grants) + GRANT_NAME_ROOM);
        conf->arena = pjwt_arena_new(expected);
        if (!conf->arena)
                return false;
        conf->issuers = pjwt_arena_alloc(conf->arena, b->room[KIND_ISSUER] * sizeof(*conf->issuers));
        conf->grants = pjwt_arena_alloc(conf->arena, b->room[KIND_GRANT] * sizeof(*conf->grants));
        conf->services = pjwt_arena_alloc(conf->arena, b->room[KIND_SERVICE] * sizeof(*conf->services));
        return conf->issuers && conf->grants && conf->services;
}

static enum pjwt_reason build(struct builder *b, struct sources *sources)
{
        struct sources borrowed = *sources;
        enum pjwt_reason reason = PJWT_NO_MEMORY;

        borrowed.at = calloc(sources->count + 1, sizeof(*borrowed.at));
        b->conf = calloc(1, sizeof(*b->conf));
        if (borrowed.at && b->conf) {
                if (sources->count)
                        memcpy(borrowed.at, sources->at, sources->count * sizeof(*borrowed.at));
                if (make_room(b, sources) && adopt(b->conf, sources) && set_defaults(b))
                        reason = read_sources(b, &borrowed);
        }
        free(borrowed.at);
        return reason;
}

/* ---- where texts come from ---- */

static void free_sources(struct sources *sources)
{
        for (size_t i = 0; i < sources->count; i++) {
                free(sources->at[i].file);
                free(sources->at[i].text);
        }
        free(sources->at);
}

/* Takes the text over, also when it fails. */
static enum pjwt_reason add_source(struct sources *sources, const char *file, char *text, size_t len,
                                   struct pjwt_error *reterr)
{
        struct source *more = text ? realloc(sources->at, (sources->count + 1) * sizeof(*more)) : NULL;
        char *name = more ? strdup(file) : NULL;

        if (more)
                sources->at = more;
        if (!name) {
                free(text);
                return pjwt_fail_memory(reterr);
        }
        sources->at[sources->count++] = (struct source){name, text, len};
        return PJWT_OK;
}

static enum pjwt_reason finish_check(struct sources *sources, const char *hostname,
                                     pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                     struct pjwt_error *reterr)
{
        struct builder b = {
                .hostname = hostname, .report = report, .arg = arg, .reterr = reterr, .kind = KIND_NONE};
        enum pjwt_reason reason = build(&b, sources);

        if (reason != PJWT_OK) {
                pjwt_conf_free(b.conf);
                return reason == PJWT_NO_MEMORY ? pjwt_fail_memory(reterr) : reason;
        }
        if (report)
                pjwt_conf_warn(b.conf, report, arg);
        *ret = b.conf;
        return PJWT_OK;
}

enum pjwt_reason pjwt_conf_check(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                 struct pjwt_error *reterr)
{
        struct sources sources = {0};
        enum pjwt_reason reason = PJWT_OK;

        for (size_t i = 0; reason == PJWT_OK && i < count; i++) {
                char *copy = texts[i].len < PJWT_INI_BYTES_MAX * 2 ? malloc(texts[i].len + 1) : NULL;

                if (copy && texts[i].len > 0)
                        memcpy(copy, texts[i].text, texts[i].len);
                reason = add_source(&sources, texts[i].file, copy, texts[i].len, reterr);
        }
        if (reason == PJWT_OK)
                reason = finish_check(&sources, hostname, report, arg, ret, reterr);
        free_sources(&sources);
        return reason;
}

enum pjwt_reason pjwt_conf_parse(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 struct pjwt_conf **ret, struct pjwt_error *reterr)
{
        return pjwt_conf_check(texts, count, hostname, NULL, NULL, ret, reterr);
}

/* ---- files ---- */

static enum pjwt_reason add_file(struct sources *sources, const char *path, struct pjwt_error *reterr)
{
        char *bytes = NULL;
        size_t len = 0;
        enum pjwt_reason reason = pjwt_file_read(path, 0, PJWT_INI_BYTES_MAX, &bytes, &len, NULL, reterr);

        return reason == PJWT_OK ? add_source(sources, path, bytes, len, reterr) : reason;
}

/* NAME.conf; an editor's NAME.conf~ and a hidden file are no configuration. */
static int is_conf_name(const struct dirent *entry)
{
        size_t len = strlen(entry->d_name);

        return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static enum pjwt_reason add_folder(struct sources *sources, const char *folder, struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;
        struct dirent **entries = NULL;
        int count = scandir(folder, &entries, is_conf_name, by_bytes);

        if (count < 0)
                return errno == ENOENT ? PJWT_OK
                       : errno == ENOMEM
                               ? pjwt_fail_memory(reterr)
                               : pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", folder, strerror(errno));
        for (int i = 0; i < count; i++) {
                char path[PATH_MAX];

                if (reason == PJWT_OK &&
                    (size_t)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) >= sizeof(path))
                        reason = pjwt_fail(reterr, PJWT_FILE_OPEN, "%.200s: the name is too long", folder);
                if (reason == PJWT_OK)
                        reason = add_file(sources, path, reterr);
                free(entries[i]);
        }
        free(entries);
        return reason;
}

enum pjwt_reason pjwt_conf_load_check(const char *path, const char *hostname, pjwt_conf_report_fn report,
                                      void *arg, struct pjwt_conf **ret, struct pjwt_error *reterr)
{
        struct sources sources = {0};
        char folder[PATH_MAX];
        enum pjwt_reason reason = add_file(&sources, path, reterr);

        if ((size_t)snprintf(folder, sizeof(folder), "%s.d", path) >= sizeof(folder))
                reason = pjwt_fail(reterr, PJWT_FILE_OPEN, "%.200s: the name is too long", path);
        if (reason == PJWT_OK)
                reason = add_folder(&sources, folder, reterr);
        if (reason == PJWT_OK)
                reason = finish_check(&sources, hostname, report, arg, ret, reterr);
        free_sources(&sources);
        return reason;
}

enum pjwt_reason pjwt_conf_load(const char *path, const char *hostname, struct pjwt_conf **ret,
                                struct pjwt_error *reterr)
{
        return pjwt_conf_load_check(path, hostname, NULL, NULL, ret, reterr);
}

/* ---- module arguments ---- */

/*
 * Written as the file that it stands for, and read by the same code: equal in effect by construction. No
 * argument may bring in a line of its own.
 */
enum pjwt_reason pjwt_conf_from_arguments(const char *issuer, const char *audience, const char *jwks,
                                          const char *service, const char *hostname, struct pjwt_conf **ret,
                                          struct pjwt_error *reterr)
{
        struct pjwt_conf_text text = {.file = "arguments"};
        enum pjwt_reason reason;
        char *bytes = NULL;
        int len;

        if (!issuer || !audience)
                return pjwt_fail(reterr, PJWT_CONFIG, "arguments: issuer= and audience= belong together");
        if (strpbrk(issuer, "\n\r") || strpbrk(audience, "\n\r") || (jwks && strpbrk(jwks, "\n\r")) ||
            strpbrk(service, "\n\r"))
                return pjwt_fail(reterr, PJWT_CONFIG, "arguments: a line end inside an argument");
        len = asprintf(&bytes,
                       "[issuer/arguments]\nissuer = %s\naudience = %s\n%s%s%s"
                       "[grant/arguments]\nissuer = arguments\nservices = %s\n",
                       issuer, audience, jwks ? "jwks = " : "", jwks ? jwks : "", jwks ? "\n" : "", service);
        if (len < 0)
                return pjwt_fail_memory(reterr);
        text.text = bytes;
        text.len = (size_t)len;
        reason = pjwt_conf_parse(&text, 1, hostname, ret, reterr);
        free(bytes);
        return reason;
}

static void free_matches(struct pjwt_match *matches, size_t count)
{
        for (size_t i = 0; i < count; i++)
                pjwt_regex_free(matches[i].regex);
}

void pjwt_conf_free(struct pjwt_conf *conf)
{
        if (!conf)
                return;
        for (size_t i = 0; i < conf->grant_count; i++)
                free_matches(conf->grants[i].matches, conf->grants[i].match_count);
        for (size_t i = 0; i < conf->service_count; i++)
                free_matches(conf->services[i].matches, conf->services[i].match_count);
        for (size_t i = 0; i < conf->text_count; i++)
                free(conf->texts[i]);
        free(conf->texts);
        pjwt_arena_free(conf->arena);
        free(conf);
}
