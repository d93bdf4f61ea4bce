/* Claims as JSON under several policies; an acceptance is checked again from the values. */
#include <string.h>

#include "claims.h"
#include "fuzz.h"

#define NOW INT64_C(1700000000)

static const char *const audience[] = {"ssh://host.example", "b", NULL};
static const char *const require[] = {"jti", NULL};
static const char *const clients[] = {"good", NULL};
static const char *const typ[] = {"at+jwt", NULL};

static const struct pjwt_claims_policy policies[] = {
        {.issuer = "https://issuer.example", .audience = audience, .leeway = 30, .max_lifetime = 86400},
        {.issuer = "https://issuer.example",
         .audience = audience,
         .leeway = INT64_MAX,
         .max_lifetime = INT64_MAX},
        {.issuer = "https://issuer.example",
         .audience = audience,
         .require = require,
         .clients = clients,
         .typ = typ,
         .subject = "alice"},
        {.flags = PJWT_IF_PRESENT, .leeway = -1},
        {.flags = PJWT_SKIP_EXP | PJWT_SKIP_NBF | PJWT_SKIP_IAT | PJWT_SKIP_AUD | PJWT_SKIP_ISS,
         .max_lifetime = 1},
};

/*
 * The first policy is that of a login: an accepted token must be valid now, from the issuer and for our
 * audience.
 */
static void check_login(const struct pjwt_token *token, const struct pjwt_times *times)
{
        size_t len = 0;
        const char *iss = pjwt_token_claim(token, "iss", &len);

        FUZZ_CHECK(iss != NULL && strcmp(iss, "https://issuer.example") == 0);
        FUZZ_CHECK(times->exp > NOW - 30 && times->exp <= PJWT_TIME_MAX && times->nbf <= NOW + 30 &&
                   times->iat <= NOW + 30);
        FUZZ_CHECK(pjwt_json_member(token->claims, "aud") != NULL &&
                   pjwt_json_member(token->claims, "cnf") == NULL);
        if (pjwt_json_member(token->claims, "iat") != NULL)
                FUZZ_CHECK(times->exp - times->iat <= 86400);
        else
                FUZZ_CHECK(times->exp - NOW <= 86400);
}

static bool check(const struct pjwt_token *token, const struct pjwt_claims_policy *policy)
{
        struct pjwt_error err = {0};
        struct pjwt_times times = {-1, -1, -1};
        enum pjwt_reason r = pjwt_claims_check(token, policy, NOW, &times, &err);

        FUZZ_CHECK(r == PJWT_OK ? err.reason == PJWT_UNDECIDED : err.reason == r);
        FUZZ_CHECK(r == PJWT_OK || (times.exp == -1 && times.iat == -1));
        if (r == PJWT_OK && policy == &policies[0])
                check_login(token, &times);
        return r == PJWT_OK;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct pjwt_error err = {0};
        struct pjwt_token token = {.typ = "at+jwt", .typ_len = 6};
        bool accepted = false;

        if (pjwt_json_parse_object((const char *)data, size, "claims", &token.claims, &err) != PJWT_OK)
                return false;
        for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
                accepted |= check(&token, &policies[i]);
        json_object_put(token.claims);
        return accepted;
}
