#include "rate.h"

#include "pamjwt.h"

#include <string.h>

static struct pjwt_keyset *keys;
static struct pjwt_checks *checks;

bool rate_load(const struct rate_case *given)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_keys_load(given->jwk, strlen(given->jwk), 0, &keys, &err);

        checks = pjwt_checks_new();
        return r == PJWT_OK && checks && pjwt_checks_issuer(checks, RATE_ISSUER) == PJWT_OK &&
               pjwt_checks_audience(checks, RATE_AUDIENCE) == PJWT_OK &&
               pjwt_checks_algorithm(checks, given->alg) == PJWT_OK;
}

bool rate_decode(const struct rate_case *given)
{
        struct pjwt_error err = {0};
        struct pjwt_claims *claims = NULL;
        enum pjwt_reason r =
                pjwt_decode(keys, checks, given->token, given->token_len, given->now, &claims, &err);

        pjwt_claims_free(claims);
        return r == PJWT_OK;
}

void rate_unload(void)
{
        pjwt_keys_free(keys);
        pjwt_checks_free(checks);
        keys = NULL;
        checks = NULL;
}
