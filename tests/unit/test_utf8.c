/* RFC 3629: what is a valid character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "utf8.h"

static size_t encode(uint32_t c, char out[4])
{
        static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

        for (size_t i = n; i-- > 1; c >>= 6)
                out[i] = (char)(0x80 | (c & 0x3f));
        out[0] = (char)(heads[n] | c);
        return n;
}

static void test_every_character_but_surrogates(void **state)
{
        (void)state;
        for (uint32_t c = 0; c <= 0x10ffff; c++) {
                uint32_t found = UINT32_MAX;
                char text[4];
                size_t n = encode(c, text);

                if (c >= 0xd800 && c <= 0xdfff) {
                        assert_int_equal(pjwt_utf8_char(text, n, &found), 0);
                        assert_int_equal(found, UINT32_MAX);
                        continue;
                }
                assert_int_equal(pjwt_utf8_char(text, n, &found), n);
                assert_int_equal(found, c);
                if (n > 1)
                        assert_int_equal(pjwt_utf8_char(text, n - 1, &found), 0);
        }
}

static void test_other_sequences_are_none(void **state)
{
        static const struct {
                const char *bytes;
                size_t len;
        } rows[] = {
                {"\x80", 1},             /* not a valid first byte */
                {"\xbf\x80", 2},         /* likewise */
                {"\xc0\x80", 2},         /* overlong NUL */
                {"\xc1\xbf", 2},         /* overlong */
                {"\xe0\x9f\xbf", 3},     /* overlong */
                {"\xf0\x8f\xbf\xbf", 4}, /* overlong */
                {"\xed\xa0\x80", 3},     /* surrogate */
                {"\xf4\x90\x80\x80", 4}, /* above U+10FFFF */
                {"\xf8\x88\x80\x80", 4}, /* five bytes, allowed in old versions */
                {"\xff", 1},
                {"\xc3\x28", 2}, /* the second byte is invalid */
                {"\xe2\x82\x28", 3},
                {"\xf0\x9f\x98\x28", 4},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint32_t c = 0;

                assert_int_equal(pjwt_utf8_char(rows[i].bytes, rows[i].len, &c), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_character_but_surrogates),
                cmocka_unit_test(test_other_sequences_are_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
