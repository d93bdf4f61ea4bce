#include "bound.h"

#include <string.h>

#include "b64url.h"
#include "jwkwrite.h"

#define THUMBPRINT_LEN 43 /* of 32 bytes in base64url */

static enum pjwt_reason read_jkt(struct json_object *value, char ret[44], struct pjwt_error *reterr)
{
        unsigned char digest[PJWT_B64URL_DECODED(THUMBPRINT_LEN)];
        size_t len = 0, bytes = 0;
        const char *s = pjwt_json_string(value, &len);

        if (!s || len != THUMBPRINT_LEN || !pjwt_b64url_decode(s, len, digest, &bytes))
                return pjwt_fail(reterr, PJWT_BAD_CNF, "cnf.jkt is not a SHA-256 thumbprint");
        memcpy(ret, s, THUMBPRINT_LEN + 1);
        return PJWT_OK;
}

static enum pjwt_reason read_jwk(struct json_object *value, char ret[44], struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r;

        if (!json_object_is_type(value, json_type_object))
                return pjwt_fail(reterr, PJWT_BAD_CNF, "cnf.jwk is not an object");
        r = pjwt_jwk_thumbprint(value, ret, &err);
        if (r == PJWT_OK || r == PJWT_NO_MEMORY)
                return r == PJWT_OK ? r : pjwt_fail_memory(reterr);
        return pjwt_fail(reterr, PJWT_BAD_CNF, "cnf.jwk: %s", err.detail);
}

/* The first member other than these two; NULL if there is none. */
static const char *unknown_member(struct json_object *cnf)
{
        struct json_object_iterator at = json_object_iter_begin(cnf), end = json_object_iter_end(cnf);

        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
                const char *name = json_object_iter_peek_name(&at);

                if (strcmp(name, "jkt") != 0 && strcmp(name, "jwk") != 0)
                        return name;
        }
        return NULL;
}

enum pjwt_reason pjwt_bound_key(const struct pjwt_token *token, char ret[44], struct pjwt_error *reterr)
{
        struct json_object *cnf = NULL, *jkt = NULL, *jwk = NULL;
        const char *unknown;

        if (!pjwt_json_find(token->claims, "cnf", &cnf)) {
                ret[0] = '\0';
                return PJWT_OK;
        }
        if (!json_object_is_type(cnf, json_type_object))
                return pjwt_fail(reterr, PJWT_BAD_CNF, "cnf is not an object");
        unknown = unknown_member(cnf);
        if (unknown)
                return pjwt_fail(reterr, PJWT_BAD_CNF, "cnf.%.40s is not supported; use jkt or jwk", unknown);
        if (pjwt_json_find(cnf, "jkt", &jkt) == pjwt_json_find(cnf, "jwk", &jwk))
                return pjwt_fail(reterr, PJWT_BAD_CNF,
                                 json_object_object_length(cnf) > 0 ? "cnf contains both jkt and jwk"
                                                                    : "cnf contains neither jkt nor jwk");
        return pjwt_json_find(cnf, "jkt", NULL) ? read_jkt(jkt, ret, reterr) : read_jwk(jwk, ret, reterr);
}
