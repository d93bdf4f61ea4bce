/* Escaping for the log: any bytes become unambiguous printable text within the length limit. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "fuzz.h"
#include "ini.h"

static void check(const char *in, size_t len, size_t cap)
{
        char *out = malloc(cap + 1); /* exact size, so that ASan detects any byte read beyond it */
        size_t n;

        if (out == NULL)
                return;
        n = pjwt_audit_escape(in, len, out, cap);
        FUZZ_CHECK(n <= cap);
        for (size_t i = 0; i < n; i++) {
                FUZZ_CHECK(out[i] != '\'' && out[i] != '"' && (unsigned char)out[i] >= 0x20 &&
                           out[i] != 0x7f);
                if (out[i] == '\\') /* every backslash begins a complete escape */
                        FUZZ_CHECK(i + 3 < n && out[i + 1] == 'x');
        }
        FUZZ_CHECK(n == 0 || pjwt_ini_text_ok(out, n)); /* and it is valid UTF-8 */
        free(out);
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        static const size_t caps[] = {0, 1, 2, 3, 4, 5, 7, 16, 64, 512};

        for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
                check((const char *)data, size, caps[i]);
        check((const char *)data, size, 4 * size + 4);
        return true;
}
