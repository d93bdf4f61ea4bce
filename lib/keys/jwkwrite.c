#include "jwkwrite.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "jwkmember.h"
#include "secret.h"

/* The members that define the key, in the order of RFC 7638 section 3.2. */
static const char *const *required_members(enum pjwt_kty kty)
{
        static const char *const members[][5] = {
                [PJWT_KTY_NONE] = {NULL},
                [PJWT_KTY_RSA] = {"e", "kty", "n", NULL},
                [PJWT_KTY_EC] = {"crv", "kty", "x", "y", NULL},
                [PJWT_KTY_OKP] = {"crv", "kty", "x", NULL},
                [PJWT_KTY_OCT] = {"k", "kty", NULL},
                [PJWT_KTY_AKP] = {"alg", "kty", "pub", NULL},
        };

        return members[kty];
}

static struct json_object *encoded_secret(const struct pjwt_key *key)
{
        char *text = malloc(PJWT_B64URL_ENCODED(key->secret_len) + 1);
        struct json_object *o;

        if (!text)
                return NULL;
        pjwt_b64url_encode(key->secret, key->secret_len, text);
        o = json_object_new_string(text);
        pjwt_wipe_free_str(text);
        return o;
}

static bool add(struct json_object *object, const char *name, struct json_object *value)
{
        if (value && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool copy_member(const struct pjwt_key *key, const char *name, struct json_object *object)
{
        size_t len = 0;
        const char *s;

        if (strcmp(name, "k") == 0)
                return add(object, name, encoded_secret(key));
        if (strcmp(name, "kty") == 0)
                return add(object, name, json_object_new_string(pjwt_kty_name(key->kty)));
        s = pjwt_json_string(pjwt_json_member(key->source, name), &len);
        return s && add(object, name, json_object_new_string_len(s, (int)len));
}

static struct json_object *required_jwk(const struct pjwt_key *key)
{
        struct json_object *jwk = key->unusable == PJWT_OK ? json_object_new_object() : NULL;
        bool ok = jwk != NULL;

        for (const char *const *name = required_members(key->kty); ok && *name; name++)
                ok = copy_member(key, *name, jwk);
        if (ok)
                return jwk;
        json_object_put(jwk);
        return NULL;
}

struct json_object *pjwt_key_jwk(const struct pjwt_key *key)
{
        struct json_object *jwk = required_jwk(key);
        bool ok = jwk != NULL;

        if (ok && key->kid)
                ok = copy_member(key, "kid", jwk);
        if (ok && key->alg)
                ok = add(jwk, "alg", json_object_new_string(key->alg->name));
        if (ok)
                return jwk;
        json_object_put(jwk);
        return NULL;
}

static bool sha256(OSSL_LIB_CTX *libctx, const char *text, unsigned char out[32])
{
        return EVP_Q_digest(libctx, "SHA256", NULL, text, strlen(text), out, NULL) == 1;
}

enum pjwt_reason pjwt_key_thumbprint(const struct pjwt_key *key, char out[44], struct pjwt_error *reterr)
{
        struct json_object *jwk = required_jwk(key);
        const char *text = jwk ? json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN) : NULL;
        unsigned char digest[32];
        bool ok = text && sha256(key->state->libctx, text, digest);

        if (text && key->kty == PJWT_KTY_OCT)
                pjwt_wipe((void *)(uintptr_t)text, strlen(text));
        if (jwk && key->kty == PJWT_KTY_OCT)
                pjwt_jwk_wipe(jwk, "k");
        json_object_put(jwk);
        if (key->unusable != PJWT_OK)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "%s", key->note);
        if (!ok)
                return pjwt_fail(reterr, PJWT_CRYPTO, "the SHA-256 thumbprint could not be computed");
        pjwt_b64url_encode(digest, sizeof(digest), out);
        return PJWT_OK;
}

static bool add_public(struct json_object *list, const struct pjwt_key *key)
{
        struct json_object *jwk;

        if (key->unusable != PJWT_OK || key->kty == PJWT_KTY_OCT)
                return true;
        jwk = pjwt_key_jwk(key);
        if (jwk && json_object_array_add(list, jwk) == 0)
                return true;
        json_object_put(jwk);
        return false;
}

struct json_object *pjwt_keyset_public_jwks(const struct pjwt_keyset *set)
{
        struct json_object *doc = json_object_new_object(), *list = json_object_new_array();
        bool ok = doc && list && json_object_object_add(doc, "keys", list) == 0;

        if (!ok)
                json_object_put(list);
        for (size_t i = 0; ok && i < set->count; i++)
                ok = add_public(list, &set->keys[i]);
        if (ok)
                return doc;
        json_object_put(doc);
        return NULL;
}

enum pjwt_reason pjwt_jwk_thumbprint(struct json_object *jwk, char out[44], struct pjwt_error *reterr)
{
        const char *text = json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN);
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r;

        if (!text)
                return pjwt_fail_memory(reterr);
        r = pjwt_keyset_parse(text, strlen(text), PJWT_KEYS_PUBLIC_ONLY, &set, reterr);
        if (!set)
                return r;
        r = pjwt_keyset_check_all(set, reterr);
        if (r == PJWT_OK && (set->count != 1 || set->doc != set->keys[0].source))
                r = pjwt_fail(reterr, PJWT_BAD_KEY, "not a single JWK");
        else if (r == PJWT_OK && set->keys[0].note[0])
                r = pjwt_fail(reterr, PJWT_BAD_KEY, "%s", set->keys[0].note);
        if (r == PJWT_OK)
                r = pjwt_key_thumbprint(&set->keys[0], out, reterr);
        pjwt_keyset_free(set);
        return r;
}
