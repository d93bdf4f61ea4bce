/*
 * DER of any kind in a PEM block whose label is selected by the first byte. The rest is text before and
 * after the block.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "keyset.h"

static const char *const labels[] = {"PUBLIC KEY",     "PRIVATE KEY", "RSA PUBLIC KEY",  "RSA PRIVATE KEY",
                                     "EC PRIVATE KEY", "CERTIFICATE", "X509 CERTIFICATE"};

bool fuzz_target(const uint8_t *data, size_t size)
{
        static char text[32768];
        static unsigned char base64[24576];
        struct pjwt_error err = {0};
        struct pjwt_keyset *set = NULL;
        const char *label;
        enum pjwt_reason r;
        int n;

        if (size < 1 || size > 12000)
                return false;
        label = labels[data[0] % (sizeof(labels) / sizeof(labels[0]))];
        n = EVP_EncodeBlock(base64, data + 1, (int)size - 1);
        n = snprintf(text, sizeof(text), "-----BEGIN %s-----\n%.*s\n-----END %s-----\n", label, n, base64,
                     label);
        r = pjwt_keyset_parse(text, (size_t)n, 0, &set, &err);
        FUZZ_CHECK((r == PJWT_OK) == (set != NULL));
        if (set != NULL) {
                FUZZ_CHECK(set->count == 1 && set->nameless && set->keys[0].kty != PJWT_KTY_OCT);
                (void)pjwt_keyset_check_all(set, &err);
        }
        pjwt_keyset_free(set);
        return r == PJWT_OK;
}
