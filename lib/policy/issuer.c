#include "issuer.h"

#include <string.h>

enum pjwt_reason pjwt_issuer_find(const struct pjwt_conf *conf, const struct pjwt_token *token,
                                  const struct pjwt_issuer **ret, struct pjwt_error *reterr)
{
        struct json_object *claim = pjwt_json_member(token->claims, "iss");
        size_t len = 0;
        const char *iss = pjwt_json_string(claim, &len);

        if (!claim)
                return pjwt_fail(reterr, PJWT_CLAIM_MISSING, "the token has no iss");
        if (!iss)
                return pjwt_fail(reterr, PJWT_CLAIM_TYPE, "iss is not a string");
        /* Byte for byte: prefixes, case and a trailing slash make a difference (CLM-10). */
        for (size_t i = 0; i < conf->issuer_count; i++)
                if (strlen(conf->issuers[i].issuer) == len &&
                    memcmp(conf->issuers[i].issuer, iss, len) == 0) {
                        *ret = &conf->issuers[i];
                        return PJWT_OK;
                }
        return pjwt_fail(reterr, PJWT_ISSUER_UNKNOWN, "iss '%.200s'", iss);
}

const char *pjwt_issuer_option(enum pjwt_reason reason)
{
        switch (reason) {
        case PJWT_BAD_AUDIENCE:
                return "audience";
        case PJWT_LIFETIME:
                return "max_lifetime";
        case PJWT_EXPIRED:
        case PJWT_NOT_YET_VALID:
        case PJWT_ISSUED_IN_FUTURE:
                return "leeway";
        case PJWT_BAD_TYP:
                return "typ";
        case PJWT_BAD_CLIENT:
                return "azp";
        case PJWT_CLAIM_MISSING:
                return "require";
        default:
                return "issuer";
        }
}

static const char *const *list(char **strings)
{
        return (const char *const *)strings;
}

struct pjwt_claims_policy pjwt_issuer_policy(const struct pjwt_issuer *issuer)
{
        return (struct pjwt_claims_policy){.issuer = issuer->issuer,
                                           .audience = list(issuer->audience),
                                           .typ = list(issuer->typ),
                                           .require = list(issuer->require),
                                           .clients = list(issuer->clients),
                                           .leeway = issuer->leeway,
                                           .max_lifetime = issuer->max_lifetime,
                                           .flags = PJWT_MAY_BE_BOUND};
}
