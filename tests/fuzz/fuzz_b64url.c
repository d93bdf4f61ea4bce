/* Strict base64url: exactly one encoding for each byte string. */
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "fuzz.h"

static bool decode(const char *in, size_t size)
{
        unsigned char *out = malloc(
                PJWT_B64URL_DECODED(size)); /* exact size, so that ASan detects any byte read beyond it */
        char *again = NULL;
        size_t len = SIZE_MAX;
        bool ok;

        if (out == NULL)
                return false;
        ok = pjwt_b64url_decode(in, size, out, &len);
        FUZZ_CHECK(ok ? len <= PJWT_B64URL_DECODED(size) : len == SIZE_MAX);
        if (ok && (again = malloc(PJWT_B64URL_ENCODED(len) + 1)) != NULL) {
                pjwt_b64url_encode(out, len, again);
                FUZZ_CHECK(strlen(again) == size && memcmp(again, in, size) == 0);
        }
        free(again);
        free(out);
        return ok;
}

static void encode(const uint8_t *data, size_t size)
{
        char *text = malloc(PJWT_B64URL_ENCODED(size) + 1);
        unsigned char *out = text != NULL ? malloc(PJWT_B64URL_DECODED(PJWT_B64URL_ENCODED(size))) : NULL;
        size_t len = SIZE_MAX;

        if (out != NULL) {
                pjwt_b64url_encode(data, size, text);
                FUZZ_CHECK(strlen(text) == PJWT_B64URL_ENCODED(size));
                FUZZ_CHECK(pjwt_b64url_decode(text, strlen(text), out, &len));
                FUZZ_CHECK(len == size && memcmp(out, data, size) == 0);
        }
        free(out);
        free(text);
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        encode(data, size);
        return decode((const char *)data, size);
}
