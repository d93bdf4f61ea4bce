#include "secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void pjwt_wipe(void *p, size_t len)
{
        if (p && len > 0)
                explicit_bzero(p, len);
}

void pjwt_wipe_free(void *p, size_t len)
{
        pjwt_wipe(p, len);
        free(p);
}

void pjwt_wipe_free_str(char *s)
{
        pjwt_wipe_free(s, s ? strlen(s) : 0);
}

char *pjwt_secret_dup(const char *s, size_t len)
{
        char *copy;

        if (len == SIZE_MAX)
                return NULL;
        copy = malloc(len + 1);
        if (!copy)
                return NULL;
        if (len > 0)
                memcpy(copy, s, len);
        copy[len] = '\0';
        return copy;
}

/*
 * As CRYPTO_memcmp(), without libcrypto: the prompt needs it, and a login without a token loads no OpenSSL.
 * volatile: the compiler may not end the loop early (tests/cases/constant_time.c looks at what it made).
 */
bool pjwt_secret_equal(const void *a, size_t alen, const void *b, size_t blen)
{
        const volatile unsigned char *one = a, *other = b;
        unsigned char difference = 0;

        if (alen != blen)
                return false;
        for (size_t i = 0; i < alen; i++)
                difference = (unsigned char)(difference | (one[i] ^ other[i]));
        return difference == 0;
}
