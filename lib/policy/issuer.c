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
                return pjwt_fail(reterr, PJWT_CLAIM_TYPE, "iss is no string");
        /* Byte for byte: no prefix, no case, no trailing slash makes two issuers one (CLM-10). */
        for (size_t i = 0; i < conf->issuer_count; i++)
                if (strlen(conf->issuers[i].issuer) == len &&
                    memcmp(conf->issuers[i].issuer, iss, len) == 0) {
                        *ret = &conf->issuers[i];
                        return PJWT_OK;
                }
        return pjwt_fail(reterr, PJWT_ISSUER_UNKNOWN, "iss '%.200s'", iss);
}
