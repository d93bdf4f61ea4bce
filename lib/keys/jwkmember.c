#include "jwkmember.h"

#include <string.h>

#include "b64url.h"
#include "secret.h"

const char *pjwt_jwk_string(struct pjwt_key *key, const char *name, size_t *retlen)
{
        struct json_object *value = NULL;
        const char *s;

        if (!pjwt_json_find(key->source, name, &value))
                return NULL;
        s = pjwt_json_string(value, retlen);
        if (!s)
                pjwt_key_fault(key, "%s is not a string", name);
        return s;
}

/* Decodes a base64url member into at most max bytes. */
static bool bytes_member(struct pjwt_key *key, const char *name, unsigned char *out, size_t max,
                         size_t *retlen)
{
        unsigned char buf[PJWT_B64URL_DECODED(PJWT_B64URL_ENCODED(PJWT_CURVE_PUBLIC_MAX)) + 1];
        const char *s;
        size_t len = 0, n = 0;

        s = pjwt_jwk_string(key, name, &len);
        if (!s)
                return pjwt_key_fault(key, "%s is missing", name);
        if (len > PJWT_B64URL_ENCODED(max))
                return pjwt_key_fault(key, "%s is too long", name);
        if (!pjwt_b64url_decode(s, len, buf, &n))
                return pjwt_key_fault(key, "%s is not strict base64url", name);
        memcpy(out, buf, n);
        *retlen = n;
        return true;
}

bool pjwt_jwk_exact(struct pjwt_key *key, const char *name, unsigned char *out, size_t size)
{
        size_t len = 0;

        if (!bytes_member(key, name, out, size, &len))
                return false;
        return len == size || pjwt_key_fault(key, "%s has %zu bytes instead of %zu", name, len, size);
}

bool pjwt_jwk_number(struct pjwt_key *key, const char *name, unsigned char out[PJWT_JWK_NUMBER_MAX],
                     size_t *retlen)
{
        if (!bytes_member(key, name, out, PJWT_JWK_NUMBER_MAX, retlen))
                return false;
        return (*retlen > 0 && out[0] != 0) ||
               pjwt_key_fault(key, "%s is zero or begins with a zero byte", name);
}

void pjwt_jwk_wipe(struct json_object *jwk, const char *name)
{
        struct json_object *value = pjwt_json_member(jwk, name);
        size_t len = 0;
        const char *s = pjwt_json_string(value, &len);

        if (s)
                pjwt_wipe((void *)(uintptr_t)s, len);
        json_object_object_del(jwk, name);
}
