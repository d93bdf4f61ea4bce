/*
 * libjwt 1.x: reads the key again for every token, which cannot be avoided; claims are compared by our
 * code.
 */
#include "rate.h"

#include <jwt.h>
#include <string.h>

bool rate_load(const struct rate_case *given)
{
        return rate_decode(given);
}

bool rate_decode(const struct rate_case *given)
{
        const unsigned char *key = (const unsigned char *)(given->secret_len ? given->secret : given->pem);
        jwt_t *jwt = NULL;
        const char *iss, *aud;
        bool ok;

        if (jwt_decode(&jwt, given->token, key,
                       (int)(given->secret_len ? given->secret_len : strlen(given->pem))) != 0)
                return false;
        iss = jwt_get_grant(jwt, "iss");
        aud = jwt_get_grant(jwt, "aud");
        ok = iss && aud && strcmp(iss, RATE_ISSUER) == 0 && strcmp(aud, RATE_AUDIENCE) == 0 &&
             jwt_get_grant_int(jwt, "exp") > given->now;
        jwt_free(jwt);
        return ok;
}

void rate_unload(void)
{
}
