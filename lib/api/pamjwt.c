/* The public functions of pamjwt.h: a thin layer over the stages, for programs other than login services. */
#include "pamjwt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "keyset.h"
#include "safefile.h"
#include "secret.h"
#include "token.h"
#include "verify.h"

static_assert(PJWT_LOAD_PUBLIC == (int)PJWT_KEYS_PUBLIC_ONLY && PJWT_LOAD_WEAK == (int)PJWT_KEYS_WEAK_SECRET,
              "the public flags are those of the stages");
static_assert(PJWT_NO_EXP == (int)PJWT_SKIP_EXP && PJWT_NO_NBF == (int)PJWT_SKIP_NBF &&
                      PJWT_NO_IAT == (int)PJWT_SKIP_IAT && PJWT_NO_AUD == (int)PJWT_SKIP_AUD &&
                      PJWT_NO_ISS == (int)PJWT_SKIP_ISS && PJWT_OPTIONAL == (int)PJWT_IF_PRESENT,
              "the public flags are those of the stages");

/* A list of strings that ends with NULL. */
struct list {
        char **items;
        size_t count;
};

struct pjwt_checks {
        char *issuer;
        char *subject;
        struct list audience;
        struct list typ;
        struct list clients;
        struct list require;
        pjwt_algset algorithms; /* 0: the default set */
        int64_t leeway;
        int64_t max_lifetime;
        unsigned flags;
};

/* A verified token; created only by pjwt_decode(). */
struct pjwt_claims {
        struct pjwt_token *token;
        char *kid;
};

struct pjwt_unverified {
        struct pjwt_token *token;
};

const char *pjwt_version(void)
{
        return PJWT_VERSION;
}

/* ---- keys ---- */

/*
 * All keys are prepared at once: a program that loads keys uses them often, and needs to know about errors.
 */
static enum pjwt_reason ready(struct pjwt_keyset *set, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        enum pjwt_reason r = pjwt_keyset_check_all(set, reterr);

        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
}

enum pjwt_reason pjwt_keys_load(const void *bytes, size_t len, unsigned flags, struct pjwt_keyset **ret,
                                struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r = pjwt_keyset_parse(bytes, len, flags, &set, reterr);

        return r == PJWT_OK ? ready(set, ret, reterr) : r;
}

enum pjwt_reason pjwt_keys_load_file(const char *path, unsigned flags, struct pjwt_keyset **ret,
                                     struct pjwt_error *reterr)
{
        char *bytes = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, 0, PJWT_KEYSET_BYTES_MAX, &bytes, &len, NULL, reterr);

        if (r == PJWT_OK)
                r = pjwt_keys_load(bytes, len, flags, ret, reterr);
        pjwt_wipe_free(bytes, bytes ? len + 1 : 0);
        return r;
}

enum pjwt_reason pjwt_keys_load_secret(const void *secret, size_t len, unsigned flags,
                                       struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        return pjwt_keyset_from_secret(secret, len, flags, ret, reterr);
}

size_t pjwt_keys_count(const struct pjwt_keyset *keys)
{
        return keys->count;
}

enum pjwt_reason pjwt_keys_fault(const struct pjwt_keyset *keys, size_t i, const char **retnote)
{
        if (i >= keys->count)
                return PJWT_UNDECIDED;
        if (retnote)
                *retnote = keys->keys[i].note;
        return keys->keys[i].unusable;
}

void pjwt_keys_free(struct pjwt_keyset *keys)
{
        pjwt_keyset_free(keys);
}

/* ---- checks ---- */

struct pjwt_checks *pjwt_checks_new(void)
{
        return calloc(1, sizeof(struct pjwt_checks));
}

static void free_list(struct list *list)
{
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i]);
        free(list->items);
}

void pjwt_checks_free(struct pjwt_checks *checks)
{
        if (!checks)
                return;
        free(checks->issuer);
        free(checks->subject);
        free_list(&checks->audience);
        free_list(&checks->typ);
        free_list(&checks->clients);
        free_list(&checks->require);
        free(checks);
}

/* An empty value would be equal to an empty claim (CLM-15). */
static enum pjwt_reason copy(const char *value, char **ret)
{
        if (!value || !*value)
                return PJWT_CONFIG;
        *ret = strdup(value);
        return *ret ? PJWT_OK : PJWT_NO_MEMORY;
}

static enum pjwt_reason set(char **member, const char *value)
{
        char *new = NULL;
        enum pjwt_reason r = copy(value, &new);

        if (r != PJWT_OK)
                return r;
        free(*member);
        *member = new;
        return PJWT_OK;
}

static enum pjwt_reason append(struct list *list, const char *value)
{
        char *new = NULL, **items;
        enum pjwt_reason r = copy(value, &new);

        if (r != PJWT_OK)
                return r;
        items = realloc(list->items, (list->count + 2) * sizeof(*items));
        if (!items) {
                free(new);
                return PJWT_NO_MEMORY;
        }
        list->items = items;
        items[list->count++] = new;
        items[list->count] = NULL;
        return PJWT_OK;
}

enum pjwt_reason pjwt_checks_issuer(struct pjwt_checks *checks, const char *iss)
{
        return set(&checks->issuer, iss);
}

enum pjwt_reason pjwt_checks_subject(struct pjwt_checks *checks, const char *sub)
{
        return set(&checks->subject, sub);
}

enum pjwt_reason pjwt_checks_audience(struct pjwt_checks *checks, const char *aud)
{
        return append(&checks->audience, aud);
}

enum pjwt_reason pjwt_checks_type(struct pjwt_checks *checks, const char *typ)
{
        return append(&checks->typ, typ);
}

enum pjwt_reason pjwt_checks_client(struct pjwt_checks *checks, const char *client)
{
        return append(&checks->clients, client);
}

enum pjwt_reason pjwt_checks_require(struct pjwt_checks *checks, const char *claim)
{
        return append(&checks->require, claim);
}

enum pjwt_reason pjwt_checks_algorithm(struct pjwt_checks *checks, const char *alg)
{
        const struct pjwt_alg *row = alg ? pjwt_alg_find(alg, strlen(alg)) : NULL;

        if (!row)
                return PJWT_CONFIG;
        checks->algorithms |= row->bit;
        return PJWT_OK;
}

enum pjwt_reason pjwt_checks_leeway(struct pjwt_checks *checks, int64_t seconds)
{
        if (seconds < 0)
                return PJWT_CONFIG;
        checks->leeway = seconds;
        return PJWT_OK;
}

enum pjwt_reason pjwt_checks_max_lifetime(struct pjwt_checks *checks, int64_t seconds)
{
        if (seconds <= 0)
                return PJWT_CONFIG;
        checks->max_lifetime = seconds;
        return PJWT_OK;
}

enum pjwt_reason pjwt_checks_skip(struct pjwt_checks *checks, unsigned flags)
{
        if (flags &
            ~(unsigned)(PJWT_NO_EXP | PJWT_NO_NBF | PJWT_NO_IAT | PJWT_NO_AUD | PJWT_NO_ISS | PJWT_OPTIONAL))
                return PJWT_CONFIG;
        checks->flags = flags;
        return PJWT_OK;
}

/* ---- decode ---- */

static const char *const *strings(const struct list *list)
{
        return (const char *const *)list->items;
}

static enum pjwt_reason check_claims(const struct pjwt_token *token, const struct pjwt_checks *checks,
                                     int64_t now, struct pjwt_error *reterr)
{
        const struct pjwt_claims_policy policy = {
                .issuer = checks->issuer,
                .audience = strings(&checks->audience),
                .subject = checks->subject,
                .typ = strings(&checks->typ),
                .require = strings(&checks->require),
                .clients = strings(&checks->clients),
                .leeway = checks->leeway,
                .max_lifetime = checks->max_lifetime,
                .flags = checks->flags,
        };

        return pjwt_claims_check(token, &policy, now, NULL, reterr);
}

static enum pjwt_reason check_signature(const struct pjwt_token *token, const struct pjwt_keyset *keys,
                                        const struct pjwt_checks *checks, const struct pjwt_key **retkey,
                                        struct pjwt_error *reterr)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES];
        pjwt_algset allowed = checks->algorithms ? checks->algorithms : pjwt_alg_default();
        size_t count = 0;
        enum pjwt_reason r;

        if (!(token->alg->bit & allowed))
                return pjwt_fail(reterr, PJWT_ALG_NOT_ALLOWED, "alg %s is not allowed", token->alg->name);
        r = pjwt_keyset_pick(keys, token->alg, token->kid, token->kid_len, picks, &count, reterr);
        return r == PJWT_OK ? pjwt_verify_token(picks, count, token, retkey, reterr) : r;
}

/* Takes ownership of the token, also on failure. */
static enum pjwt_reason verified(struct pjwt_token *token, const struct pjwt_key *key,
                                 struct pjwt_claims **ret, struct pjwt_error *reterr)
{
        struct pjwt_claims *claims = calloc(1, sizeof(*claims));

        if (!claims || (key && key->kid && !(claims->kid = strdup(key->kid)))) {
                free(claims);
                pjwt_token_free(token);
                return pjwt_fail_memory(reterr);
        }
        claims->token = token;
        *ret = claims;
        return PJWT_OK;
}

enum pjwt_reason pjwt_decode(const struct pjwt_keyset *keys, const struct pjwt_checks *checks,
                             const char *token, size_t len, int64_t now, struct pjwt_claims **ret,
                             struct pjwt_error *reterr)
{
        struct pjwt_token *parsed = NULL;
        const struct pjwt_key *key = NULL;
        enum pjwt_reason r = pjwt_token_parse(token, len, 0, &parsed, reterr);

        if (r == PJWT_OK)
                r = check_signature(parsed, keys, checks, &key, reterr);
        if (r == PJWT_OK)
                r = check_claims(parsed, checks, now, reterr);
        if (r == PJWT_OK && key)
                return verified(parsed, key, ret, reterr);
        pjwt_token_free(parsed);
        return r == PJWT_OK ? PJWT_UNDECIDED : r; /* accepted without a key: impossible */
}

void pjwt_claims_free(struct pjwt_claims *claims)
{
        if (!claims)
                return;
        pjwt_token_free(claims->token);
        free(claims->kid);
        free(claims);
}

/* ---- claims ---- */

static struct json_object *claim(const struct pjwt_claims *claims, const char *name)
{
        return pjwt_json_member(claims->token->claims, name);
}

bool pjwt_claims_has(const struct pjwt_claims *claims, const char *name)
{
        return claim(claims, name) != NULL;
}

const char *pjwt_claims_string(const struct pjwt_claims *claims, const char *name, size_t *retlen)
{
        return pjwt_json_string(claim(claims, name), retlen);
}

bool pjwt_claims_integer(const struct pjwt_claims *claims, const char *name, int64_t *ret)
{
        struct json_object *value = claim(claims, name);

        if (!json_object_is_type(value, json_type_int))
                return false;
        *ret = json_object_get_int64(value);
        return true;
}

bool pjwt_claims_time(const struct pjwt_claims *claims, const char *name, int64_t *retseconds)
{
        return pjwt_json_numericdate(claim(claims, name), retseconds, NULL);
}

bool pjwt_claims_boolean(const struct pjwt_claims *claims, const char *name, bool *ret)
{
        struct json_object *value = claim(claims, name);

        if (!json_object_is_type(value, json_type_boolean))
                return false;
        *ret = json_object_get_boolean(value) != 0;
        return true;
}

size_t pjwt_claims_list_length(const struct pjwt_claims *claims, const char *name)
{
        struct json_object *value = claim(claims, name);

        return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

const char *pjwt_claims_list_string(const struct pjwt_claims *claims, const char *name, size_t i,
                                    size_t *retlen)
{
        if (i >= pjwt_claims_list_length(claims, name))
                return NULL;
        return pjwt_json_string(json_object_array_get_idx(claim(claims, name), i), retlen);
}

const char *pjwt_claims_json(const struct pjwt_claims *claims, size_t *retlen)
{
        if (retlen)
                *retlen = claims->token->payload_len;
        return (const char *)claims->token->payload;
}

const char *pjwt_claims_algorithm(const struct pjwt_claims *claims)
{
        return claims->token->alg->name;
}

const char *pjwt_claims_key_id(const struct pjwt_claims *claims)
{
        return claims->kid;
}

const char *pjwt_claims_header_string(const struct pjwt_claims *claims, const char *name, size_t *retlen)
{
        return pjwt_json_string(pjwt_json_member(claims->token->header, name), retlen);
}

/* ---- unverified ---- */

enum pjwt_reason pjwt_unverified_parse(const char *token, size_t len, struct pjwt_unverified **ret,
                                       struct pjwt_error *reterr)
{
        struct pjwt_unverified *unverified = calloc(1, sizeof(*unverified));
        enum pjwt_reason r;

        if (!unverified)
                return pjwt_fail_memory(reterr);
        r = pjwt_token_parse(token, len, PJWT_TOKEN_ANY_ALG, &unverified->token, reterr);
        if (r == PJWT_OK)
                *ret = unverified;
        else
                free(unverified);
        return r;
}

void pjwt_unverified_free(struct pjwt_unverified *unverified)
{
        if (!unverified)
                return;
        pjwt_token_free(unverified->token);
        free(unverified);
}

const char *pjwt_unverified_claim(const struct pjwt_unverified *unverified, const char *name, size_t *retlen)
{
        return pjwt_token_claim(unverified->token, name, retlen);
}

const char *pjwt_unverified_header(const struct pjwt_unverified *unverified, const char *name, size_t *retlen)
{
        return pjwt_json_string(pjwt_json_member(unverified->token->header, name), retlen);
}
