#include "keyset.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evpkey.h"
#include "jwkread.h"
#include "libctx.h"
#include "pem.h"
#include "prepared.h"
#include "secret.h"

static struct pjwt_keyset *new_set(size_t room)
{
        struct pjwt_keyset *set = calloc(1, sizeof(*set));

        if (!set)
                return NULL;
        set->keys = calloc(room + 1, sizeof(*set->keys)); /* never zero */
        set->states = calloc(room + 1, sizeof(*set->states));
        set->libctx = pjwt_libctx();
        if (set->keys && set->states && set->libctx)
                return set;
        pjwt_keyset_free(set);
        return NULL;
}

/* The next, empty key of the set. */
static struct pjwt_key *next_key(struct pjwt_keyset *set)
{
        struct pjwt_key *key = &set->keys[set->count];

        key->state = &set->states[set->count++];
        key->state->libctx = set->libctx;
        return key;
}

static void free_key(struct pjwt_key *key)
{
        pjwt_wipe_free(key->secret, key->secret_len);
        pjwt_prepared_free(atomic_load(&key->state->prepared));
        EVP_PKEY_free(atomic_load(&key->state->pkey));
}

void pjwt_keyset_free(struct pjwt_keyset *set)
{
        if (!set)
                return;
        for (size_t i = 0; i < set->count; i++)
                free_key(&set->keys[i]);
        free(set->keys);
        free(set->states);
        json_object_put(set->doc);
        free(set);
}

/* A key, for sorting by name. */
struct named {
        struct pjwt_key *key;
};

/* By key type, then by kid; keys without a kid come last. */
static int compare_names(const void *pa, const void *pb)
{
        const struct pjwt_key *a = ((const struct named *)pa)->key, *b = ((const struct named *)pb)->key;
        size_t n = a->kid_len < b->kid_len ? a->kid_len : b->kid_len;
        int c;

        if (!a->kid || !b->kid)
                return (a->kid == NULL) - (b->kid == NULL);
        if (a->kty != b->kty)
                return a->kty < b->kty ? -1 : 1;
        c = memcmp(a->kid, b->kid, n);
        return c != 0 ? c : (a->kid_len > b->kid_len) - (a->kid_len < b->kid_len);
}

/* It is unknown which of two keys with the same name is meant, so neither is used (KEY-11). */
static enum pjwt_reason refuse_duplicates(struct pjwt_keyset *set, struct pjwt_error *reterr)
{
        struct named *sorted = calloc(set->count + 1, sizeof(*sorted));

        if (!sorted)
                return pjwt_fail_memory(reterr);
        for (size_t i = 0; i < set->count; i++)
                sorted[i].key = &set->keys[i];
        qsort(sorted, set->count, sizeof(*sorted), compare_names);
        for (size_t i = 1; i < set->count && sorted[i].key->kid; i++) {
                const char *kty = pjwt_kty_name(sorted[i].key->kty);

                if (compare_names(&sorted[i - 1], &sorted[i]) != 0)
                        continue;
                pjwt_key_fault(sorted[i - 1].key, "another %s key has the same kid", kty);
                pjwt_key_fault(sorted[i].key, "another %s key has the same kid", kty);
        }
        free(sorted);
        return PJWT_OK;
}

/* ML-DSA requires OpenSSL 3.5; the version at run time matters, not the one at build time (SIG-26). */
static bool openssl_has(OSSL_LIB_CTX *libctx, const char *name)
{
        EVP_SIGNATURE *found;

        (void)ERR_set_mark();
        found = EVP_SIGNATURE_fetch(libctx, name, NULL);
        (void)ERR_pop_to_mark();
        EVP_SIGNATURE_free(found);
        return found != NULL;
}

static void refuse_unsupported(struct pjwt_keyset *set)
{
        const struct pjwt_curve *has = NULL,
                                *lacks = NULL; /* cached, so that OpenSSL is not asked for every key */

        for (size_t i = 0; i < set->count; i++) {
                struct pjwt_key *key = &set->keys[i];

                if (key->kty != PJWT_KTY_AKP || key->unusable != PJWT_OK || key->curve == has)
                        continue;
                if (key->curve != lacks && openssl_has(set->libctx, key->curve->openssl))
                        has = key->curve;
                else
                        lacks = key->curve;
                if (key->curve == lacks)
                        pjwt_key_fault(key, "%s needs OpenSSL 3.5", key->curve->name);
        }
}

/*
 * A set that mixes an HMAC secret and public keys leads to algorithm confusion, and a secret from the
 * network is not secret (KEY-13).
 */
static enum pjwt_reason refuse_mixture(const struct pjwt_keyset *set, unsigned flags,
                                       struct pjwt_error *reterr)
{
        size_t secret = 0, public = 0;

        for (size_t i = 0; i < set->count; i++) {
                secret += set->keys[i].kty == PJWT_KTY_OCT;
                public += set->keys[i].kty != PJWT_KTY_OCT && set->keys[i].kty != PJWT_KTY_NONE;
        }
        if (secret > 0 && (flags & PJWT_KEYS_PUBLIC_ONLY))
                return pjwt_fail(reterr, PJWT_BAD_KEYSET,
                                 "an HMAC key (oct), but only public keys are allowed here");
        if (secret > 0 && public > 0)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "HMAC keys (oct) and public keys in one set");
        return PJWT_OK;
}

/* Counts the usable keys; the error for a set without any describes the first key's fault. */
static enum pjwt_reason count_usable(struct pjwt_keyset *set, struct pjwt_error *reterr)
{
        const char *note = "there are no keys";

        set->usable = 0;
        for (size_t i = 0; i < set->count; i++)
                set->usable += set->keys[i].unusable == PJWT_OK;
        if (set->usable > 0)
                return PJWT_OK;
        if (set->count > 0)
                note = set->keys[0].note;
        return pjwt_fail(reterr, PJWT_BAD_KEYSET, "no usable key: %s", note);
}

static enum pjwt_reason finish(struct pjwt_keyset *set, unsigned flags, struct pjwt_error *reterr)
{
        enum pjwt_reason r = refuse_mixture(set, flags, reterr);

        if (r == PJWT_OK)
                r = refuse_duplicates(set, reterr);
        if (r != PJWT_OK)
                return r;
        refuse_unsupported(set);
        return count_usable(set, reterr);
}

static bool has_kid(struct json_object *jwk)
{
        return pjwt_json_find(jwk, "kid", NULL);
}

/* The keys of a JWKS, or of a single JWK. *retlist is NULL for the latter. */
static enum pjwt_reason find_list(struct json_object *doc, struct json_object **retlist, size_t *retcount,
                                  struct pjwt_error *reterr)
{
        struct json_object *list = NULL;
        bool jwks = pjwt_json_find(doc, "keys", &list), jwk = pjwt_json_find(doc, "kty", NULL);

        if (jwks == jwk)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET,
                                 jwks ? "both a JWK and a JWKS: it has keys and kty"
                                      : "neither a JWK nor a JWKS: it has no kty and no keys");
        if (jwks && !json_object_is_type(list, json_type_array))
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "keys is not a list");
        *retcount = jwks ? json_object_array_length(list) : 1;
        if (*retcount == 0)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "the key set is empty");
        if (*retcount > PJWT_KEYSET_KEYS_MAX)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%zu keys; at most %d are accepted", *retcount,
                                 PJWT_KEYSET_KEYS_MAX);
        *retlist = list;
        return PJWT_OK;
}

static enum pjwt_reason read_list(struct pjwt_keyset *set, struct json_object *list, size_t count,
                                  unsigned flags, struct pjwt_error *reterr)
{
        enum pjwt_reason r = PJWT_OK;

        for (size_t i = 0; r == PJWT_OK && i < count; i++)
                r = pjwt_jwk_read(list ? json_object_array_get_idx(list, i) : set->doc,
                                  flags & PJWT_KEYS_WEAK_SECRET, next_key(set), reterr);
        return r == PJWT_OK ? finish(set, flags, reterr) : r;
}

static enum pjwt_reason parse_json(const char *bytes, size_t len, unsigned flags, struct pjwt_keyset **ret,
                                   struct pjwt_error *reterr)
{
        struct json_object *doc = NULL, *list = NULL;
        struct pjwt_keyset *set;
        size_t count = 0;
        enum pjwt_reason r = pjwt_json_parse_object(bytes, len, "key set", &doc, reterr);

        if (r != PJWT_OK)
                return r;
        r = find_list(doc, &list, &count, reterr);
        set = r == PJWT_OK ? new_set(count) : NULL;
        if (!set) {
                json_object_put(doc);
                return r == PJWT_OK ? pjwt_fail_memory(reterr) : r;
        }
        set->doc = doc;
        set->nameless = !list && !has_kid(doc);
        r = read_list(set, list, count, flags, reterr);
        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
}

/* One PEM block. Its JWK is added to the set's document, which owns it. */
static enum pjwt_reason add_pem_key(void *arg, const struct pjwt_pem_key *pem, struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = arg;
        struct pjwt_key *key = next_key(set);
        enum pjwt_reason r;

        key->unusable = PJWT_OK;
        if (!pem->jwk) {
                pjwt_key_fault(key, "%s", pem->note);
                return PJWT_OK;
        }
        if (json_object_array_add(set->doc, pem->jwk) != 0) {
                json_object_put(pem->jwk);
                return pjwt_fail_memory(reterr);
        }
        r = pjwt_jwk_read(pem->jwk, false, key, reterr);
        key->pss_only = pem->pss_only;
        return r;
}

static size_t count_blocks(const char *bytes, size_t len)
{
        static const char begin[] = "-----BEGIN ";
        const char *end = bytes + len, *p = bytes;
        size_t count = 0;

        while ((p = memmem(p, (size_t)(end - p), begin, sizeof(begin) - 1))) {
                p += sizeof(begin) - 1;
                count++;
        }
        return count;
}

static enum pjwt_reason parse_pem(const char *bytes, size_t len, unsigned flags, struct pjwt_keyset **ret,
                                  struct pjwt_error *reterr)
{
        size_t count = count_blocks(bytes, len);
        struct pjwt_keyset *set;
        enum pjwt_reason r;

        if (count == 0 || count > PJWT_KEYSET_KEYS_MAX)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET,
                                 count == 0 ? "neither JSON nor PEM" : "too many PEM blocks");
        set = new_set(count);
        if (!set || !(set->doc = json_object_new_array())) {
                pjwt_keyset_free(set);
                return pjwt_fail_memory(reterr);
        }
        set->nameless = true;
        r = pjwt_pem_read(set->libctx, bytes, len, add_pem_key, set, reterr);
        if (r == PJWT_OK)
                r = finish(set, flags, reterr);
        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
}

enum pjwt_reason pjwt_keyset_parse(const char *bytes, size_t len, unsigned flags, struct pjwt_keyset **ret,
                                   struct pjwt_error *reterr)
{
        size_t i = 0;

        if (len > PJWT_KEYSET_BYTES_MAX)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%zu bytes; at most %d are accepted", len,
                                 PJWT_KEYSET_BYTES_MAX);
        while (i < len && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n'))
                i++;
        if (i < len && bytes[i] == '{')
                return parse_json(bytes, len, flags, ret, reterr);
        return parse_pem(bytes, len, flags, ret, reterr);
}

static enum pjwt_reason take_secret(struct pjwt_keyset *set, const unsigned char *secret, size_t len,
                                    unsigned flags, struct pjwt_error *reterr)
{
        struct pjwt_key *key = next_key(set);

        set->nameless = true;
        key->unusable = PJWT_OK;
        key->kty = PJWT_KTY_OCT;
        key->weak = flags & PJWT_KEYS_WEAK_SECRET;
        key->secret = (unsigned char *)pjwt_secret_dup((const char *)secret, len);
        if (!key->secret)
                return pjwt_fail_memory(reterr);
        key->secret_len = len;
        (void)pjwt_jwk_check_secret(key);
        return count_usable(set, reterr);
}

enum pjwt_reason pjwt_keyset_from_secret(const unsigned char *secret, size_t len, unsigned flags,
                                         struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = new_set(1);
        enum pjwt_reason r;

        if (!set)
                return pjwt_fail_memory(reterr);
        r = take_secret(set, secret, len, flags, reterr);
        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
}

enum pjwt_reason pjwt_keyset_check_all(struct pjwt_keyset *set, struct pjwt_error *reterr)
{
        EVP_PKEY *pkey;

        for (size_t i = 0; i < set->count; i++) {
                struct pjwt_key *key = &set->keys[i];

                if (key->kty != PJWT_KTY_OCT && key->unusable == PJWT_OK &&
                    pjwt_key_public(key, &pkey, NULL) != PJWT_OK)
                        pjwt_key_fault(key, "OpenSSL refuses the key%s",
                                       key->kty == PJWT_KTY_EC ? ": the point is not on the curve" : "");
        }
        return count_usable(set, reterr);
}

static bool has_name(const struct pjwt_key *key, const char *kid, size_t kid_len)
{
        return key->kid && key->kid_len == kid_len && memcmp(key->kid, kid, kid_len) == 0;
}

static enum pjwt_reason pick_by_kid(const struct pjwt_keyset *set, const struct pjwt_alg *alg,
                                    const char *kid, size_t kid_len, const struct pjwt_key **ret,
                                    struct pjwt_error *reterr)
{
        const struct pjwt_key *key = NULL;
        int shown = kid_len < 64 ? (int)kid_len : 64;

        for (size_t i = 0; i < set->count; i++) {
                if (!has_name(&set->keys[i], kid, kid_len))
                        continue;
                key = &set->keys[i];
                if (key->kty == alg->kty)
                        break;
        }
        if (!key)
                return pjwt_fail(reterr, PJWT_UNKNOWN_KID, "no key has the kid '%.*s'", shown, kid);
        if (key->unusable != PJWT_OK)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "key '%.*s': %s", shown, kid, key->note);
        if (!pjwt_key_fits(key, alg))
                return pjwt_fail(reterr, PJWT_NO_FITTING_KEY, "key '%.*s' can be used for %s, not for %s",
                                 shown, kid, key->alg ? key->alg->name : pjwt_kty_name(key->kty), alg->name);
        *ret = key;
        return PJWT_OK;
}

enum pjwt_reason pjwt_keyset_pick(const struct pjwt_keyset *set, const struct pjwt_alg *alg, const char *kid,
                                  size_t kid_len, const struct pjwt_key **picks, size_t *retcount,
                                  struct pjwt_error *reterr)
{
        size_t n = 0;

        if (kid && !set->nameless) {
                enum pjwt_reason r = pick_by_kid(set, alg, kid, kid_len, picks, reterr);

                if (r == PJWT_OK)
                        *retcount = 1;
                return r;
        }
        for (size_t i = 0; i < set->count && n < PJWT_KEYSET_TRIES; i++)
                if (set->keys[i].unusable == PJWT_OK && pjwt_key_fits(&set->keys[i], alg))
                        picks[n++] = &set->keys[i];
        if (n == 0)
                return pjwt_fail(reterr, PJWT_NO_FITTING_KEY, "none of %zu usable keys can be used for %s",
                                 set->usable, alg->name);
        *retcount = n;
        return PJWT_OK;
}
