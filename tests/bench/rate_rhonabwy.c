/* rhonabwy: key and claims with its own functions. */
#include "rate.h"

#include <rhonabwy.h>
#include <string.h>

static jwk_t *key;

bool rate_load(const struct rate_case *given)
{
        return r_jwk_init(&key) == RHN_OK && r_jwk_import_from_json_str(key, given->jwk) == RHN_OK &&
               rate_decode(given);
}

bool rate_decode(const struct rate_case *given)
{
        jwt_t *jwt = NULL;
        bool ok = r_jwt_init(&jwt) == RHN_OK &&
                  r_jwt_parsen(jwt, given->token, given->token_len, 0) == RHN_OK &&
                  r_jwt_verify_signature(jwt, key, 0) == RHN_OK &&
                  r_jwt_validate_claims(jwt, R_JWT_CLAIM_ISS, RATE_ISSUER, R_JWT_CLAIM_AUD, RATE_AUDIENCE,
                                        R_JWT_CLAIM_EXP, R_JWT_CLAIM_NOW, R_JWT_CLAIM_NOP) == RHN_OK;

        r_jwt_free(jwt);
        return ok;
}

void rate_unload(void)
{
        r_jwk_free(key);
        key = NULL;
}
