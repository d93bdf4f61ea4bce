#include "grant.h"

#include <stdio.h>
#include <string.h>

#include "email.h"
#include "match.h"
#include "template.h"

#define USER_MAX 256

/* ---- users ---- */

/* User names for which tokens can be used at all (design section 3; USR-06, USR-07). */
static bool name_is_legal(const char *name)
{
        size_t len = strlen(name);

        return len > 0 && len <= USER_MAX && name[0] != '-' && name[0] != '.' && !strpbrk(name, " /:") &&
               strspn(name, "0123456789") != len && pjwt_ini_text_ok(name, len);
}

static bool is_system_account(const struct pjwt_user *user)
{
        /* 65534 is the overflow uid; systemd uses 61184 to 65519 for DynamicUser= services. */
        return user->uid <= user->system_uid_max || user->uid == 65534 ||
               (user->uid >= 61184 && user->uid <= 65519) || user->uid == (uid_t)-1;
}

/* ---- grants ---- */

/* How far a grant matched. The log reports the one that matched furthest. */
enum rank { RANK_NONE, RANK_SERVICE, RANK_HOST, RANK_MATCH, RANK_USER, RANK_EMAIL, RANK_BIND, RANK_SYSTEM };

/* One search. Constant members come first. */
struct search {
        const struct pjwt_conf *conf;
        const struct pjwt_issuer *issuer;
        struct json_object *claims;
        const struct pjwt_user *user;
        const char *service;
        bool bound;

        enum rank rank;
        const struct pjwt_grant *nearest;
        const struct pjwt_match *missed; /* RANK_MATCH */
};

static bool missed(struct search *s, const struct pjwt_grant *grant, enum rank rank,
                   const struct pjwt_match *match)
{
        if (rank > s->rank) {
                s->rank = rank;
                s->nearest = grant;
                s->missed = match;
        }
        return false;
}

/* The captures of the regex, and the text they refer to. */
struct captures {
        const char *text;
        struct pjwt_group spans[PJWT_REGEX_GROUPS + 1];
};

/* The bytes of one piece of a template; false if there are none: an absent claim does not produce a name. */
static bool piece_bytes(const struct search *s, const struct captures *captures,
                        const struct pjwt_piece *piece, const char **ret, size_t *retlen)
{
        char name[USER_MAX];

        switch (piece->kind) {
        case PJWT_PIECE_TEXT:
                *ret = piece->text;
                *retlen = piece->len;
                return true;
        case PJWT_PIECE_CLAIM: /* the parser has limited its length */
                if (piece->len >= sizeof(name))
                        return false;
                memcpy(name, piece->text, piece->len);
                name[piece->len] = '\0';
                *ret = pjwt_json_string(pjwt_claim_find(s->claims, name), retlen);
                return *ret && *retlen > 0; /* CLM-16: a non-empty string */
        case PJWT_PIECE_GROUP:
                if (!captures || captures->spans[piece->group].start == SIZE_MAX)
                        return false;
                *ret = captures->text + captures->spans[piece->group].start;
                *retlen = captures->spans[piece->group].end - captures->spans[piece->group].start;
                return *retlen > 0;
        }
        return false;
}

static bool expand(const struct search *s, const char *template, const struct captures *captures,
                   char out[USER_MAX + 1], size_t *retlen)
{
        struct pjwt_piece piece;
        size_t n = 0;

        while (pjwt_template_next(&template, &piece)) {
                const char *bytes = NULL;
                size_t len = 0;

                if (!piece_bytes(s, captures, &piece, &bytes, &len) || len > USER_MAX - n)
                        return false;
                memcpy(out + n, bytes, len);
                n += len;
        }
        out[n] = '\0';
        *retlen = n;
        return n > 0;
}

/* USR-05: exactly the configured suffix is removed, and the rest must not contain @. */
static bool strip(const char *suffix, const char *name, size_t *len)
{
        size_t cut = strlen(suffix);

        if (*len <= cut || memcmp(name + *len - cut, suffix, cut) != 0)
                return false;
        *len -= cut;
        return !memchr(name, '@', *len);
}

static bool names_user(const struct search *s, const struct pjwt_grant *grant, const char *template,
                       const struct captures *captures)
{
        char name[USER_MAX + 1];
        size_t len = 0;

        if (!expand(s, template, captures, name, &len))
                return false;
        if (grant->strip_suffix && !pjwt_template_is_literal(template) &&
            !strip(grant->strip_suffix, name, &len))
                return false;
        return strlen(s->user->name) == len && memcmp(s->user->name, name, len) == 0; /* USR-01, USR-04 */
}

/*
 * Whether the grant names the user. USR-02, USR-03: a system account must be spelled out; a template never
 * counts.
 */
static bool user_holds(struct search *s, const struct pjwt_grant *grant, const struct captures *captures)
{
        bool named = false;

        for (size_t i = 0; grant->user[i]; i++) {
                bool literal = pjwt_template_is_literal(grant->user[i]);

                if (!names_user(s, grant, grant->user[i], captures))
                        continue;
                if (literal || !s->user->exists || !is_system_account(s->user))
                        return true;
                named = true;
        }
        return missed(s, grant, named ? RANK_SYSTEM : RANK_USER, NULL);
}

static bool takes_groups(const struct pjwt_match *match)
{
        return match->regex && pjwt_regex_groups(match->regex) > 0;
}

/* With groups, any element of an array that the regex matches may provide the user name. */
static bool captured_user_holds(struct search *s, const struct pjwt_grant *grant,
                                const struct pjwt_match *match)
{
        struct pjwt_texts texts = pjwt_texts_of(s->claims, match->claim);
        struct captures captures;
        size_t len = 0;
        bool matched = false;

        while (pjwt_texts_next(&texts, &captures.text, &len)) {
                if (!pjwt_match_text(match, captures.text, len, captures.spans))
                        continue;
                matched = true;
                if (user_holds(s, grant, &captures))
                        return true;
        }
        return matched ? false : missed(s, grant, RANK_MATCH, match);
}

static bool claims_hold(struct search *s, const struct pjwt_grant *grant)
{
        const struct pjwt_match *capturing = NULL;

        for (size_t i = 0; i < grant->match_count; i++) {
                const struct pjwt_match *match = &grant->matches[i];

                if (takes_groups(match) && !capturing)
                        capturing = match;
                else if (!pjwt_match_claims(match, s->claims))
                        return missed(s, grant, RANK_MATCH, match);
        }
        return capturing ? captured_user_holds(s, grant, capturing) : user_holds(s, grant, NULL);
}

static bool host_holds(const struct pjwt_conf *conf, const struct pjwt_grant *grant)
{
        if (!grant->hosts)
                return true;
        for (size_t i = 0; conf->host_name && grant->hosts[i]; i++)
                if (pjwt_glob_match(grant->hosts[i], conf->host_name, strlen(conf->host_name)))
                        return true;
        return false;
}

static bool holds(struct search *s, const struct pjwt_grant *grant)
{
        if (grant->issuer != s->issuer) /* CLM-18: the same sub from another issuer is a different user */
                return false;
        if (!pjwt_list_has(grant->services, s->service))
                return missed(s, grant, RANK_SERVICE, NULL);
        if (!host_holds(s->conf, grant))
                return missed(s, grant, RANK_HOST, NULL);
        if (!claims_hold(s, grant))
                return false;
        if (pjwt_email_used_by(grant) && !pjwt_email_counts(s->issuer, s->claims)) /* USR-09 */
                return missed(s, grant, RANK_EMAIL, NULL);
        if (grant->bind && !s->bound)
                return missed(s, grant, RANK_BIND, NULL);
        return true;
}

static enum pjwt_reason refused(const struct search *s, struct pjwt_error *reterr)
{
        const char *name = s->nearest ? s->nearest->name : "";

        switch (s->rank) {
        case RANK_NONE:
                break;
        case RANK_SERVICE:
                return pjwt_fail(reterr, PJWT_NO_GRANT, "no grant of this issuer applies to service %.64s",
                                 s->service);
        case RANK_HOST:
                return pjwt_fail(reterr, PJWT_NO_GRANT, "grant %.64s does not apply to host %.100s", name,
                                 s->conf->host_name ? s->conf->host_name : "?");
        case RANK_MATCH:
                return pjwt_fail(reterr, PJWT_NO_GRANT, "grant %.64s: %.80s does not match %.120s", name,
                                 s->missed->claim, s->missed->value);
        case RANK_USER:
                return pjwt_fail(reterr, PJWT_NO_GRANT, "grant %.64s matches, but does not name this user",
                                 name);
        case RANK_EMAIL:
                return pjwt_fail(reterr, PJWT_EMAIL_UNVERIFIED,
                                 "grant %.64s uses email, but email_verified is not true", name);
        case RANK_BIND:
                return pjwt_fail(reterr, PJWT_UNBOUND,
                                 "grant %.64s sets bind = ssh-key, but the token has no cnf", name);
        case RANK_SYSTEM:
                return pjwt_fail(reterr, PJWT_SYSTEM_ACCOUNT, "grant %.64s allows uid %lu only by a template",
                                 name, (unsigned long)s->user->uid);
        }
        return pjwt_fail(reterr, PJWT_NO_GRANT, "there is no grant for issuer %.64s", s->issuer->name);
}

/*
 * The search is completed before the existence of the user is checked, so that the time does not reveal
 * which users exist (PAM-15).
 */
enum pjwt_reason pjwt_grant_find(const struct pjwt_conf *conf, const struct pjwt_issuer *issuer,
                                 const struct pjwt_token *token, const struct pjwt_user *user,
                                 const char *service, bool bound, const struct pjwt_grant **ret,
                                 struct pjwt_error *reterr)
{
        struct search s = {.conf = conf,
                           .issuer = issuer,
                           .claims = token->claims,
                           .user = user,
                           .service = service,
                           .bound = bound};
        const struct pjwt_grant *found = NULL;

        for (size_t i = 0; !found && conf->grants && i < conf->grant_count; i++)
                if (holds(&s, &conf->grants[i]))
                        found = &conf->grants[i];
        if (!name_is_legal(user->name))
                return pjwt_fail(reterr, PJWT_BAD_USER,
                                 "the name is empty, too long, a number, or contains an invalid character");
        if (!user->exists)
                return pjwt_fail(reterr, PJWT_UNKNOWN_USER, "the user does not exist on this host");
        if (!found)
                return refused(&s, reterr);
        *ret = found;
        return PJWT_OK;
}

/* ---- what could be granted ---- */

/*
 * Where the rest of the name may begin after the piece: a literal matches itself, a claim or group one byte
 * or more.
 */
static void advance(const struct pjwt_piece *piece, const char *name, size_t len, const bool *from, bool *to)
{
        bool begun = false;

        memset(to, 0, len + 1);
        for (size_t i = 0; i <= len; i++) {
                if (piece->kind != PJWT_PIECE_TEXT) {
                        to[i] = begun;
                        begun = begun || from[i];
                } else if (from[i] && piece->len <= len - i &&
                           memcmp(name + i, piece->text, piece->len) == 0) {
                        to[i + piece->len] = true;
                }
        }
}

static bool template_can_make(const char *template, const char *name, size_t len)
{
        bool reached[2][2 * USER_MAX + 1] = {{true}};
        struct pjwt_piece piece;
        unsigned now = 0;

        while (pjwt_template_next(&template, &piece)) {
                advance(&piece, name, len, reached[now], reached[!now]);
                now = !now;
        }
        return reached[now][len];
}

/* strip_suffix applies to the result of a template, which must end with it. */
static bool grant_can_make(const struct pjwt_grant *grant, const char *template, const char *user)
{
        char name[2 * USER_MAX + 1];
        const char *suffix =
                grant->strip_suffix && !pjwt_template_is_literal(template) ? grant->strip_suffix : "";
        int len = snprintf(name, sizeof(name), "%s%s", user, suffix);

        return len > 0 && (size_t)len < sizeof(name) && template_can_make(template, name, (size_t)len) &&
               (!*suffix || !strchr(user, '@'));
}

static bool grant_names(const struct pjwt_grant *grant, const struct pjwt_user *user)
{
        for (size_t i = 0; grant->user[i]; i++)
                if ((pjwt_template_is_literal(grant->user[i]) || !is_system_account(user)) &&
                    grant_can_make(grant, grant->user[i], user->name))
                        return true;
        return false;
}

bool pjwt_grant_possible(const struct pjwt_conf *conf, const struct pjwt_user *user, const char *service,
                         bool bound)
{
        const struct pjwt_service *section = pjwt_conf_service(conf, service);

        if (!user->exists || !name_is_legal(user->name))
                return false;
        for (size_t i = 0; i < conf->grant_count; i++) {
                const struct pjwt_grant *grant = &conf->grants[i];

                if ((!bound || grant->bind || grant->issuer->bind || (section && section->bind)) &&
                    pjwt_list_has(grant->services, service) && host_holds(conf, grant) &&
                    grant_names(grant, user))
                        return true;
        }
        return false;
}
