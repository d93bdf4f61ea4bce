/*
 * SIG-22: the time of comparing an HMAC must not depend on its value. Run under valgrind: the secret is
 * marked as uninitialised, and so is everything computed from it; valgrind then reports every branch and
 * every address that depends on it. The result of the comparison is public, so it is marked as initialised
 * again.
 */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "keyset.h"
#include "secret.h"
#include "token.h"
#include "verify.h"

#define TOKEN                                                                                                \
        "eyJhbGciOiJIUzI1NiJ9.e30."                                                                          \
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static unsigned compared;

bool __real_pjwt_secret_equal(const void *a, size_t alen, const void *b, size_t blen);
bool __wrap_pjwt_secret_equal(const void *a, size_t alen, const void *b, size_t blen);

bool __wrap_pjwt_secret_equal(const void *a, size_t alen, const void *b, size_t blen)
{
        bool r = __real_pjwt_secret_equal(a, alen, b, blen);

        VALGRIND_MAKE_MEM_DEFINED(&r, sizeof(r));
        compared++;
        return r;
}

int main(void)
{
        static const unsigned char secret[] = "0123456789abcdef0123456789abcdef";
        struct pjwt_error err = {0};
        struct pjwt_keyset *set = NULL;
        struct pjwt_token *token = NULL;
        const struct pjwt_key *key, *held = NULL;
        enum pjwt_reason r;

        if (pjwt_keyset_from_secret(secret, 32, 0, &set, &err) != PJWT_OK ||
            pjwt_token_parse(TOKEN, strlen(TOKEN), PJWT_TOKEN_ANY_PAYLOAD, &token, &err) != PJWT_OK) {
                printf("%s\n", err.detail);
                return 2;
        }
        key = &set->keys[0];
        VALGRIND_MAKE_MEM_UNDEFINED(key->secret, key->secret_len);
        r = pjwt_verify_token(&key, 1, token, &held, &err);
        VALGRIND_MAKE_MEM_DEFINED(key->secret, key->secret_len);
        pjwt_token_free(token);
        pjwt_keyset_free(set);
        if (r != PJWT_BAD_SIGNATURE || compared != 1) {
                printf("%s, compared %u times by pjwt_secret_equal\n", pjwt_reason_name(r), compared);
                return 1;
        }
        return 0;
}
