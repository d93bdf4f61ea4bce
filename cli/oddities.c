/* What a person should know about a text that may be a token: the notes of pamjwt inspect. */
#include "oddities.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "alg.h"
#include "clients.h"
#include "out.h"
#include "strictjson.h"
#include "token.h"

#define DAY 86400

static void note(struct cli_view *view, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void note(struct cli_view *view, const char *fmt, ...)
{
        char text[1024];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        json_object_array_add(view->notes, json_object_new_string(text));
}

/* A string member; NULL if there is none. */
static const char *string_of(struct json_object *object, const char *name)
{
        return pjwt_json_string(pjwt_json_member(object, name), NULL);
}

/* --- what is odd about the text --- */

/* Opaque tokens known by their first letters; only their issuer can read them. */
static const struct {
        const char *prefix;
        const char *whose;
} opaque_rows[] = {
        {"ghp_", "GitHub"},   {"gho_", "GitHub"},        {"ghs_", "GitHub"},
        {"ghu_", "GitHub"},   {"github_pat_", "GitHub"}, {"glpat-", "GitLab"},
        {"ya29.", "Google"},  {"xoxb-", "Slack"},        {"xoxp-", "Slack"},
        {"dp0", "Dynatrace"}, {"hvs.", "Vault"},         {"1//", "Google (a refresh token)"},
};

static const char *opaque_owner(const char *text)
{
        for (size_t i = 0; i < sizeof(opaque_rows) / sizeof(opaque_rows[0]); i++)
                if (strncmp(text, opaque_rows[i].prefix, strlen(opaque_rows[i].prefix)) == 0)
                        return opaque_rows[i].whose;
        return NULL;
}

static void note_no_jws(struct cli_view *view)
{
        const char *owner = opaque_owner(view->text);

        if (owner)
                note(view, "an opaque token of %s, which only its issuer can read; request a JWT instead",
                     owner);
        else if (view->text[0] == '{' || strncmp(view->text, "-----BEGIN", 10) == 0)
                note(view, "this is a key or a document, not a token");
        else if (strncasecmp(view->text, "Bearer ", 7) == 0)
                note(view, "\"Bearer \" before the token is not part of it; remove it");
        else if (view->dots == 4)
                note(view, "an encrypted token (JWE): only its audience can read it; request a signed access "
                           "token");
        else if (view->dots == 0)
                note(view,
                     "an opaque token, or part of a token, not a JWT; some providers issue a JWT only if an "
                     "audience is requested");
        else if (view->dots == 1)
                note(view, "the third part is missing: the token was truncated");
        else
                note(view, "%zu parts; a signed token has three", view->dots + 1);
}

static void note_size(struct cli_view *view)
{
        if (view->len > PJWT_TOKEN_MAX)
                note(view, "%zu bytes; at most %d bytes are read", view->len, PJWT_TOKEN_MAX);
        else if (view->len > PJWT_SSH_MOST)
                note(view,
                     "%zu bytes: longer than the %d bytes that an ssh prompt accepts, and the %d of sudo; "
                     "send it in parts (pamjwt-askpass)",
                     view->len, PJWT_SSH_MOST, PJWT_SUDO_MOST);
        else if (view->len > PJWT_SUDO_MOST)
                note(view,
                     "%zu bytes: fits an ssh prompt, but is longer than the %d bytes that sudo's prompt "
                     "accepts; use sudo -A with pamjwt-askpass",
                     view->len, PJWT_SUDO_MOST);
}

/* --- what is odd about the header --- */

static const struct {
        const char *name;
        const char *text;
} header_rows[] = {
        {"jwk", "the header contains a key (jwk); it is never used"},
        {"jku", "the header contains a URL of keys (jku); it is never fetched"},
        {"x5u", "the header contains a URL of a certificate (x5u); it is never fetched"},
        {"x5c", "the header contains a certificate (x5c); it is never used"},
        {"crit", "the header requires an extension (crit); unknown ones are refused"},
        {"zip", "the content is compressed (zip), which is refused"},
        {"nonce",
         "the header contains a nonce: Microsoft issues such tokens for its own APIs, and only those can "
         "verify them"},
};

static void note_alg(struct cli_view *view)
{
        const char *name = string_of(view->header, "alg");
        const struct pjwt_alg *alg = name ? pjwt_alg_find(name, strlen(name)) : NULL;

        if (!name)
                note(view, "the header has no alg");
        else if (strcasecmp(name, "none") == 0)
                note(view, "alg is \"%s\": the token is not signed, anyone could have written it", name);
        else if (!alg)
                note(view, "alg is \"%s\", which is not supported", name);
        else if (alg->kty == PJWT_KTY_OCT)
                note(view,
                     "%s: anyone who can verify it can also forge it; a login accepts it only with a key "
                     "file of its own and if it is listed in the issuer's algorithms",
                     name);
        else if (alg->by_name_only)
                note(view, "%s: refused unless it is listed in the issuer's algorithms", name);
}

static void note_typ(struct cli_view *view)
{
        static const char *const others[] = {"logout+jwt", "dpop+jwt", "secevent+jwt", "kb+jwt",
                                             "oauth-authz-req+jwt"};
        const char *typ = string_of(view->header, "typ");

        for (size_t i = 0; typ && i < sizeof(others) / sizeof(others[0]); i++)
                if (strcasecmp(typ, others[i]) == 0)
                        note(view, "typ is \"%s\": not a token for logins", typ);
}

static void note_header(struct cli_view *view)
{
        struct json_object *b64 = pjwt_json_member(view->header, "b64");

        note_alg(view);
        note_typ(view);
        for (size_t i = 0; i < sizeof(header_rows) / sizeof(header_rows[0]); i++)
                if (pjwt_json_find(view->header, header_rows[i].name, NULL))
                        note(view, "%s", header_rows[i].text);
        if (b64 && !json_object_get_boolean(b64))
                note(view, "the header sets b64=false, which is not allowed in a JWT");
        if (!pjwt_json_find(view->header, "kid", NULL))
                note(view, "no kid: every key of the issuer that suits alg is tried");
}

/* --- what is odd about the claims --- */

/* Audiences of APIs that many people have tokens for; such a token is not meant for a login here. */
static const struct {
        const char *audience; /* the whole value, or its beginning followed by * */
        const char *whose;
} api_rows[] = {
        {"00000003-0000-0000-c000-000000000000", "Microsoft Graph"},
        {"00000002-0000-0000-c000-000000000000", "Azure AD Graph"},
        {"https://graph.microsoft.com*", "Microsoft Graph"},
        {"https://management.azure.com*", "Azure's management API"},
        {"https://management.core.windows.net*", "Azure's management API"},
        {"api://AzureADTokenExchange", "Azure's workload identity federation"},
        {"https://www.googleapis.com*", "Google's APIs"},
        {"https://oauth2.googleapis.com*", "Google's token endpoint"},
        {"https://iam.googleapis.com*", "Google Cloud's workload identity federation"},
        {"sts.amazonaws.com", "AWS"},
        {"https://kubernetes.default.svc*", "a Kubernetes API server"},
        {"account", "Keycloak's account page (Keycloak sets it if there is no audience mapper)"},
        {"pypi", "PyPI"},
        {"sigstore", "Sigstore"},
};

static const char *api_of(const char *audience)
{
        for (size_t i = 0; i < sizeof(api_rows) / sizeof(api_rows[0]); i++) {
                const char *pattern = api_rows[i].audience;
                size_t len = strlen(pattern);

                if (pattern[len - 1] == '*' ? strncmp(audience, pattern, len - 1) == 0
                                            : strcmp(audience, pattern) == 0)
                        return api_rows[i].whose;
        }
        return NULL;
}

static void note_one_audience(struct cli_view *view, const char *audience)
{
        const char *whose = audience ? api_of(audience) : NULL;
        size_t len = audience ? strlen(audience) : 0;

        if (whose)
                note(view, "meant for another API: aud \"%s\" is %s", audience, whose);
        else if (len > 9 && strcmp(audience + len - 9, "/userinfo") == 0)
                note(view, "meant for another API: aud \"%s\" is the provider's own userinfo page", audience);
        else if (strncmp(audience ? audience : "", "https://", 8) == 0)
                note(view,
                     "meant for another API? aud \"%s\": a login accepts it only if it is the issuer's "
                     "audience",
                     audience);
}

static void note_audience(struct cli_view *view)
{
        struct json_object *aud = NULL;

        if (!pjwt_json_find(view->claims, "aud", &aud)) {
                note(view, "no aud: not meant for any particular recipient; a login refuses it");
                return;
        }
        if (!json_object_is_type(aud, json_type_array)) {
                note_one_audience(view, pjwt_json_string(aud, NULL));
                return;
        }
        for (size_t i = 0; i < json_object_array_length(aud) && i < 8; i++)
                note_one_audience(view, pjwt_json_string(json_object_array_get_idx(aud, i), NULL));
        if (json_object_array_length(aud) > 1)
                note(view, "meant for %zu audiences: each of them can use it to access the others",
                     json_object_array_length(aud));
}

/* A time claim. False if it is absent, or not a time, which is noted. */
static bool time_of(struct cli_view *view, const char *name, int64_t *ret)
{
        struct json_object *value = NULL;
        int64_t number;

        if (!pjwt_json_find(view->claims, name, &value))
                return false;
        if (pjwt_json_numericdate(value, ret, NULL))
                return true;
        number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
        note(view, "%s is not a time in seconds%s", name,
             number > PJWT_TIME_MAX && number / 1000 <= PJWT_TIME_MAX ? "; it may be in milliseconds" : "");
        return false;
}

static void note_times(struct cli_view *view)
{
        char away[48];
        int64_t exp = 0;
        int64_t nbf = 0;
        int64_t iat = 0;
        bool has_exp = time_of(view, "exp", &exp);
        bool has_iat = time_of(view, "iat", &iat);

        if (!has_exp && !pjwt_json_find(view->claims, "exp", NULL))
                note(view, "no exp: never expires; a login refuses it");
        if (has_exp && exp <= view->now)
                note(view, "expired %s", cli_away(exp, view->now, away));
        if (time_of(view, "nbf", &nbf) && nbf > view->now)
                note(view, "not valid yet: valid from %s", cli_away(nbf, view->now, away));
        if (has_iat && iat > view->now)
                note(view, "issued in the future, %s: compare the clocks", cli_away(iat, view->now, away));
        if (has_exp && has_iat && exp - iat > DAY)
                note(view, "lifetime of more than a day; max_lifetime limits it (default 24h)");
}

static bool has_string(struct json_object *claims, const char *name, const char *value)
{
        const char *text = string_of(claims, name);

        return text && strcmp(text, value) == 0;
}

static void note_kind(struct cli_view *view)
{
        struct json_object *claims = view->claims;
        const char *sub = string_of(claims, "sub");
        const char *client =
                string_of(claims, "azp") ? string_of(claims, "azp") : string_of(claims, "client_id");
        size_t len = sub ? strlen(sub) : 0;

        if (has_string(claims, "typ", "Refresh") || has_string(claims, "typ", "Offline"))
                note(view,
                     "a refresh token of Keycloak: it belongs to the client that requested it and cannot "
                     "be used to log in");
        else if (has_string(claims, "typ", "ID") || pjwt_json_find(claims, "at_hash", NULL) ||
                 pjwt_json_find(claims, "c_hash", NULL) || pjwt_json_find(claims, "nonce", NULL))
                note(view,
                     "an ID token: it tells an application which user logged in there; use an access token");
        if (pjwt_json_find(claims, "events", NULL))
                note(view, "a security event or logout token: it cannot be used to log in");
        if (has_string(claims, "gty", "client-credentials") ||
            (len > 8 && strcmp(sub + len - 8, "@clients") == 0) ||
            (sub && client && strcmp(sub, client) == 0))
                note(view, "a token for a program (client credentials), not for a person: sub is the client");
}

static void note_claims(struct cli_view *view)
{
        struct json_object *verified = pjwt_json_member(view->claims, "email_verified");

        if (!pjwt_json_find(view->claims, "iss", NULL))
                note(view, "no iss: a login refuses it");
        if (!pjwt_json_find(view->claims, "sub", NULL))
                note(view, "no sub: a grant must take the user from another claim");
        note_audience(view);
        note_times(view);
        note_kind(view);
        if (pjwt_json_find(view->claims, "email", NULL) &&
            !(json_object_is_type(verified, json_type_boolean) && json_object_get_boolean(verified)))
                note(view, "email is set, but email_verified is not true");
        if (pjwt_json_find(view->claims, "cnf", NULL))
                note(view, "bound to a key (cnf): of no use without proof of that key");
        if (pjwt_json_find(view->claims, "_claim_names", NULL) ||
            pjwt_json_find(view->claims, "hasgroups", NULL))
                note(view,
                     "the user is in too many groups, so the provider has omitted the groups from the token");
}

void cli_oddities(struct cli_view *view)
{
        if (view->dots != 2 || !view->header)
                note_no_jws(view);
        note_size(view);
        if (view->header)
                note_header(view);
        if (view->claims)
                note_claims(view);
        else if (view->header && view->dots == 2)
                note(view, "the payload is not a JSON object that pam_jwt accepts");
        if (view->dots == 2 && view->signature_len == 0)
                note(view, "the signature is empty or unreadable");
        if (view->refused.reason)
                note(view, "refused: %s: %s", pjwt_reason_name(view->refused.reason), view->refused.detail);
}
