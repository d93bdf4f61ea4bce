#include "claims.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static bool has_items(const char *const *list)
{
        return list && *list;
}

static bool in_list(const char *const *list, const char *s, size_t len)
{
        for (; list && *list; list++)
                if (strlen(*list) == len && memcmp(*list, s, len) == 0)
                        return true;
        return false;
}

static enum pjwt_reason missing(const char *claim, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_CLAIM_MISSING, "%s is missing", claim);
}

static enum pjwt_reason wrong(const char *claim, const char *what, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_CLAIM_TYPE, "%s is %s", claim, what);
}

/* A registered claim that must be a non-empty string if present. *ret stays NULL if it is absent. */
static enum pjwt_reason string_claim(const struct pjwt_token *token, const char *name, const char **ret,
                                     size_t *retlen, struct pjwt_error *reterr)
{
        struct json_object *value = NULL;

        if (!pjwt_json_find(token->claims, name, &value))
                return PJWT_OK;
        *ret = pjwt_json_string(value, retlen);
        if (!*ret)
                return wrong(name, "not a string", reterr);
        return *retlen > 0 ? PJWT_OK : wrong(name, "empty", reterr);
}

/*
 * A NumericDate, if present. A fraction is rounded so that the token is valid for a shorter time: exp and
 * iat down, nbf up, since `now` is in whole seconds.
 */
static enum pjwt_reason time_claim(const struct pjwt_token *token, const char *name, bool up, int64_t *ret,
                                   bool *rethas, struct pjwt_error *reterr)
{
        struct json_object *value = NULL;
        bool fraction = false;

        *rethas = pjwt_json_find(token->claims, name, &value);
        if (!*rethas)
                return PJWT_OK;
        if (!pjwt_json_numericdate(value, ret, &fraction))
                return wrong(name, "not a time between 1970 and 9999", reterr);
        *ret += up && fraction;
        return PJWT_OK;
}

/* The policy's leeway, limited to the range in which no sum of times overflows. */
static int64_t leeway_of(const struct pjwt_claims_policy *policy)
{
        if (policy->leeway < 0)
                return 0;
        return policy->leeway < PJWT_TIME_MAX ? policy->leeway : PJWT_TIME_MAX;
}

static enum pjwt_reason check_exp(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  int64_t now, struct pjwt_times *times, struct pjwt_error *reterr)
{
        bool has = false;
        enum pjwt_reason r = time_claim(token, "exp", false, &times->exp, &has, reterr);

        if (r != PJWT_OK || (policy->flags & PJWT_SKIP_EXP))
                return r;
        if (!has) /* RVW-07: no exp lives longer than any limit */
                return policy->flags & PJWT_IF_PRESENT && policy->max_lifetime <= 0 ? PJWT_OK
                                                                                    : missing("exp", reterr);
        if (times->exp + leeway_of(policy) > now)
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_EXPIRED, "exp %" PRId64 ", now %" PRId64, times->exp, now);
}

static enum pjwt_reason check_nbf(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  int64_t now, struct pjwt_times *times, struct pjwt_error *reterr)
{
        bool has = false;
        enum pjwt_reason r = time_claim(token, "nbf", true, &times->nbf, &has, reterr);

        if (r != PJWT_OK || !has || (policy->flags & PJWT_SKIP_NBF) || times->nbf - leeway_of(policy) <= now)
                return r;
        return pjwt_fail(reterr, PJWT_NOT_YET_VALID, "nbf %" PRId64 ", now %" PRId64, times->nbf, now);
}

static enum pjwt_reason check_iat(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  int64_t now, struct pjwt_times *times, bool *rethas,
                                  struct pjwt_error *reterr)
{
        enum pjwt_reason r = time_claim(token, "iat", false, &times->iat, rethas, reterr);

        if (r != PJWT_OK || !*rethas || (policy->flags & PJWT_SKIP_IAT) ||
            times->iat - leeway_of(policy) <= now)
                return r;
        return pjwt_fail(reterr, PJWT_ISSUED_IN_FUTURE, "iat %" PRId64 ", now %" PRId64, times->iat, now);
}

/*
 * exp - iat, or exp - now if there is no iat; also catches milliseconds used as seconds (CLM-05). An iat
 * that is not compared with the clock may be in the future; then the time is counted from now.
 */
static enum pjwt_reason check_lifetime(const struct pjwt_claims_policy *policy, int64_t now,
                                       const struct pjwt_times *times, bool has_iat,
                                       struct pjwt_error *reterr)
{
        bool from_iat = has_iat && (!(policy->flags & PJWT_SKIP_IAT) || times->iat <= now);
        int64_t lifetime;

        if (policy->max_lifetime <= 0 || (policy->flags & PJWT_SKIP_EXP))
                return PJWT_OK;
        if (__builtin_sub_overflow(times->exp, from_iat ? times->iat : now, &lifetime) ||
            lifetime > policy->max_lifetime)
                return pjwt_fail(reterr, PJWT_LIFETIME,
                                 "exp %" PRId64 " is more than %" PRId64 " seconds after %s", times->exp,
                                 policy->max_lifetime, from_iat ? "iat" : "now");
        return PJWT_OK;
}

static enum pjwt_reason check_times(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                    int64_t now, struct pjwt_times *times, struct pjwt_error *reterr)
{
        bool has_iat = false;
        enum pjwt_reason r = check_exp(token, policy, now, times, reterr);

        if (r == PJWT_OK)
                r = check_nbf(token, policy, now, times, reterr);
        if (r == PJWT_OK)
                r = check_iat(token, policy, now, times, &has_iat, reterr);
        if (r == PJWT_OK)
                r = check_lifetime(policy, now, times, has_iat, reterr);
        return r;
}

/* Byte for byte (CLM-10). */
static enum pjwt_reason check_iss(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  struct pjwt_error *reterr)
{
        const char *iss = NULL;
        size_t len = 0;
        enum pjwt_reason r = string_claim(token, "iss", &iss, &len, reterr);

        if (r != PJWT_OK || (policy->flags & PJWT_SKIP_ISS))
                return r;
        if (!policy->issuer)
                return policy->flags & PJWT_IF_PRESENT
                               ? PJWT_OK
                               : pjwt_fail(reterr, PJWT_BAD_ISSUER, "no issuer is configured");
        if (!iss)
                return missing("iss", reterr);
        if (len == strlen(policy->issuer) && memcmp(iss, policy->issuer, len) == 0)
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_BAD_ISSUER, "iss '%.200s' is not '%.200s'", iss, policy->issuer);
}

static enum pjwt_reason check_sub(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  struct pjwt_error *reterr)
{
        const char *sub = NULL;
        size_t len = 0;
        enum pjwt_reason r = string_claim(token, "sub", &sub, &len, reterr);

        if (r != PJWT_OK || !policy->subject)
                return r;
        if (!sub)
                return missing("sub", reterr);
        if (len == strlen(policy->subject) && memcmp(sub, policy->subject, len) == 0)
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_BAD_SUBJECT, "sub '%.200s' is not '%.200s'", sub, policy->subject);
}

/*
 * aud is a string or a list of strings (RFC 7519 section 4.1.3). *retmatch: whether it contains one of
 * ours.
 */
static enum pjwt_reason match_audience(struct json_object *aud, const char *const *ours, bool *retmatch,
                                       struct pjwt_error *reterr)
{
        bool list = json_object_is_type(aud, json_type_array);
        size_t count = list ? json_object_array_length(aud) : 1;

        if (count == 0)
                return wrong("aud", "empty", reterr);
        for (size_t i = 0; i < count; i++) {
                size_t len = 0;
                const char *s = pjwt_json_string(list ? json_object_array_get_idx(aud, i) : aud, &len);

                if (!s)
                        return wrong("aud", "neither a string nor a list of strings", reterr);
                if (len == 0)
                        return wrong("aud", "empty", reterr);
                *retmatch |= in_list(ours, s, len);
        }
        return PJWT_OK;
}

static enum pjwt_reason check_aud(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  struct pjwt_error *reterr)
{
        struct json_object *aud = NULL;
        bool has = pjwt_json_find(token->claims, "aud", &aud), match = false;
        enum pjwt_reason r = has ? match_audience(aud, policy->audience, &match, reterr) : PJWT_OK;

        if (r != PJWT_OK || match || (policy->flags & PJWT_SKIP_AUD))
                return r;
        if (!has && !has_items(policy->audience) && (policy->flags & PJWT_IF_PRESENT))
                return PJWT_OK;
        if (!has)
                return missing("aud", reterr);
        if (!has_items(policy->audience))
                return pjwt_fail(reterr, PJWT_BAD_AUDIENCE,
                                 "the token has an audience, but none was given to compare it with");
        return pjwt_fail(
                reterr, PJWT_BAD_AUDIENCE, "aud %.300s does not contain '%.100s'%s",
                json_object_to_json_string_ext(aud, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                policy->audience[0], policy->audience[1] ? " or another accepted audience" : "");
}

static const char *without_application(const char *type)
{
        static const char prefix[] = "application/";

        return strncasecmp(type, prefix, sizeof(prefix) - 1) == 0 ? type + sizeof(prefix) - 1 : type;
}

static enum pjwt_reason check_typ(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                  struct pjwt_error *reterr)
{
        if (!has_items(policy->typ))
                return PJWT_OK;
        for (const char *const *typ = policy->typ; token->typ && *typ; typ++)
                if (strcasecmp(without_application(token->typ), without_application(*typ)) == 0)
                        return PJWT_OK;
        return pjwt_fail(reterr, PJWT_BAD_TYP, "typ '%.100s' is not '%.100s'%s", token->typ ? token->typ : "",
                         policy->typ[0], policy->typ[1] ? " or another accepted type" : "");
}

static enum pjwt_reason check_required(const struct pjwt_token *token,
                                       const struct pjwt_claims_policy *policy, struct pjwt_error *reterr)
{
        for (const char *const *name = policy->require; name && *name; name++)
                if (!pjwt_json_member(token->claims, *name))
                        return missing(*name, reterr);
        return PJWT_OK;
}

/*
 * The client that the token was issued to: azp (OpenID Connect Core section 2) or client_id (RFC 9068
 * section 2.2).
 */
static enum pjwt_reason check_client(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                     struct pjwt_error *reterr)
{
        const char *name = pjwt_json_find(token->claims, "azp", NULL) ? "azp" : "client_id", *client = NULL;
        size_t len = 0;
        enum pjwt_reason r;

        if (!has_items(policy->clients))
                return PJWT_OK;
        r = string_claim(token, name, &client, &len, reterr);
        if (r != PJWT_OK)
                return r;
        if (!client)
                return missing("azp", reterr);
        if (in_list(policy->clients, client, len))
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_BAD_CLIENT, "%s '%.200s' is not listed", name, client);
}

static enum pjwt_reason check_jti(const struct pjwt_token *token, struct pjwt_error *reterr)
{
        const char *jti = NULL;
        size_t len = 0;

        return string_claim(token, "jti", &jti, &len, reterr);
}

/*
 * A bound token is accepted only with a proof of possession of the key in cnf (RFC 7800), which is not
 * handled here.
 */
static enum pjwt_reason check_bound(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                    struct pjwt_error *reterr)
{
        if (!(policy->flags & PJWT_MAY_BE_BOUND) && pjwt_json_find(token->claims, "cnf", NULL))
                return pjwt_fail(reterr, PJWT_BOUND,
                                 "the token has cnf, but there is no proof of possession of its key");
        return PJWT_OK;
}

enum pjwt_reason pjwt_claims_check(const struct pjwt_token *token, const struct pjwt_claims_policy *policy,
                                   int64_t now, struct pjwt_times *rettimes, struct pjwt_error *reterr)
{
        struct pjwt_times times = {0};
        enum pjwt_reason r;

        if (!token->claims)
                return wrong("the payload", "not a JSON object", reterr);
        r = check_times(token, policy, now, &times, reterr);
        if (r == PJWT_OK)
                r = check_iss(token, policy, reterr);
        if (r == PJWT_OK)
                r = check_aud(token, policy, reterr);
        if (r == PJWT_OK)
                r = check_sub(token, policy, reterr);
        if (r == PJWT_OK)
                r = check_jti(token, reterr);
        if (r == PJWT_OK)
                r = check_typ(token, policy, reterr);
        if (r == PJWT_OK)
                r = check_required(token, policy, reterr);
        if (r == PJWT_OK)
                r = check_client(token, policy, reterr);
        if (r == PJWT_OK)
                r = check_bound(token, policy, reterr);
        if (r == PJWT_OK && rettimes)
                *rettimes = times;
        return r;
}
