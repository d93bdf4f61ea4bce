/* cjose: supports only signatures, not claims, which are read with json-c. */
#include "rate.h"

#include <cjose/cjose.h>
#include <json-c/json.h>
#include <string.h>

static cjose_jwk_t *key;

bool rate_load(const struct rate_case *given)
{
        cjose_err err;

        key = cjose_jwk_import(given->jwk, strlen(given->jwk), &err);
        return key && rate_decode(given);
}

static bool claim_is(struct json_object *claims, const char *name, const char *want)
{
        struct json_object *value = NULL;

        return json_object_object_get_ex(claims, name, &value) &&
               strcmp(json_object_get_string(value), want) == 0;
}

static bool claims_hold(const unsigned char *text, size_t len, long now)
{
        struct json_tokener *tokener = json_tokener_new();
        struct json_object *claims =
                tokener ? json_tokener_parse_ex(tokener, (const char *)text, (int)len) : NULL;
        struct json_object *exp = NULL;
        bool ok = claim_is(claims, "iss", RATE_ISSUER) && claim_is(claims, "aud", RATE_AUDIENCE) &&
                  json_object_object_get_ex(claims, "exp", &exp) && json_object_get_int64(exp) > now;

        json_object_put(claims);
        json_tokener_free(tokener);
        return ok;
}

bool rate_decode(const struct rate_case *given)
{
        cjose_err err;
        cjose_jws_t *jws = cjose_jws_import(given->token, given->token_len, &err);
        unsigned char *text = NULL;
        size_t len = 0;
        bool ok = jws && cjose_jws_verify(jws, key, &err) &&
                  cjose_jws_get_plaintext(jws, &text, &len, &err) && claims_hold(text, len, given->now);

        cjose_jws_release(jws);
        return ok;
}

void rate_unload(void)
{
        cjose_jwk_release(key);
        key = NULL;
}
