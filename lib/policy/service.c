#include "service.h"

#include <inttypes.h>
#include <string.h>

#include "email.h"
#include "match.h"

enum pjwt_reason pjwt_service_find(const struct pjwt_conf *conf, const char *service,
                                   const struct pjwt_service **retservice, struct pjwt_error *reterr)
{
        const struct pjwt_service *section = pjwt_conf_service(conf, service);
        bool known = section != NULL;

        for (size_t i = 0; !known && i < conf->grant_count; i++)
                known = pjwt_list_has(conf->grants[i].services, service);
        if (!known) /* REV-09: sudo-i and su-l are separate services */
                return pjwt_fail(reterr, PJWT_SERVICE, "service '%.64s'", service);
        *retservice = section;
        return PJWT_OK;
}

static enum pjwt_reason check_matches(const struct pjwt_service *service, const struct pjwt_issuer *issuer,
                                      struct json_object *claims, struct pjwt_error *reterr)
{
        for (size_t i = 0; i < service->match_count; i++) {
                const struct pjwt_match *match = &service->matches[i];

                if (!pjwt_match_claims(match, claims))
                        return pjwt_fail(reterr, PJWT_SERVICE_MATCH,
                                         "%.80s does not match %.120s, as required by service %s",
                                         match->claim, match->value, service->name);
                if (pjwt_email_is(match->claim, strlen(match->claim)) && !pjwt_email_counts(issuer, claims))
                        return pjwt_fail(reterr, PJWT_EMAIL_UNVERIFIED, "email_verified is not true");
        }
        return PJWT_OK;
}

/* Whether the time in a claim is at most `most` seconds ago. A time in the future is not an age. */
static enum pjwt_reason check_age(struct json_object *claims, const char *name, int64_t most, int64_t leeway,
                                  int64_t now, struct pjwt_error *reterr)
{
        struct json_object *claim = pjwt_json_member(claims, name);
        int64_t then = 0;

        if (most == 0)
                return PJWT_OK;
        if (!claim)
                return pjwt_fail(reterr, PJWT_CLAIM_MISSING,
                                 "the token has no %s, which the service requires", name);
        if (!pjwt_json_numericdate(claim, &then, NULL))
                return pjwt_fail(reterr, PJWT_CLAIM_TYPE, "%s is not a time", name);
        if (then - leeway > now)
                return pjwt_fail(reterr, PJWT_ISSUED_IN_FUTURE, "%s %" PRId64 ", now %" PRId64, name, then,
                                 now);
        if (then + most + leeway < now)
                return pjwt_fail(reterr, PJWT_TOO_OLD,
                                 "%s %" PRId64 ", now %" PRId64 ", allowed %" PRId64 "s", name, then, now,
                                 most);
        return PJWT_OK;
}

static enum pjwt_reason check_audience(const struct pjwt_service *service, struct json_object *claims,
                                       struct pjwt_error *reterr)
{
        struct pjwt_texts texts = pjwt_texts_of(claims, "aud");
        const char *text = NULL;
        size_t len = 0;

        if (!service->audience)
                return PJWT_OK;
        while (pjwt_texts_next(&texts, &text, &len))
                if (strlen(text) == len && pjwt_list_has(service->audience, text))
                        return PJWT_OK;
        return pjwt_fail(reterr, PJWT_BAD_AUDIENCE, "aud does not contain %.120s, which service %s requires",
                         service->audience[0], service->name);
}

enum pjwt_reason pjwt_service_check(const struct pjwt_service *service, const struct pjwt_issuer *issuer,
                                    const struct pjwt_token *token, int64_t now, struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;

        if (!service)
                return PJWT_OK;
        reason = check_matches(service, issuer, token->claims, reterr);
        if (reason == PJWT_OK)
                reason = check_age(token->claims, "auth_time", service->max_age, issuer->leeway, now, reterr);
        if (reason == PJWT_OK)
                reason = check_age(token->claims, "iat", service->max_token_age, issuer->leeway, now, reterr);
        if (reason == PJWT_OK)
                reason = check_audience(service, token->claims, reterr);
        return reason;
}

const char *pjwt_service_option(enum pjwt_reason reason)
{
        switch (reason) {
        case PJWT_BAD_AUDIENCE:
                return "audience";
        case PJWT_TOO_OLD:
        case PJWT_ISSUED_IN_FUTURE:
                return "max_age";
        default:
                return NULL;
        }
}

enum pjwt_reason pjwt_service_reuse(const struct pjwt_service *service, const char *name,
                                    struct pjwt_error *reterr)
{
        if (service && service->reuse_login && !service->one_use)
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_NO_RECORD, "service %s does not set reuse_login", name);
}
