#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "b64url.h"

/*
 * Decodes between buffers of the exact size, so that ASan and valgrind detect any byte beyond them
 * (PRS-19).
 */
static bool decode(const char *in, size_t len, unsigned char *out, size_t *retlen)
{
        char *tight = malloc(len ? len : 1);
        unsigned char *room = malloc(PJWT_B64URL_DECODED(len));
        bool ok;

        assert_non_null(tight);
        assert_non_null(room);
        memcpy(tight, in, len);
        ok = pjwt_b64url_decode(tight, len, room, retlen);
        if (ok)
                memcpy(out, room, *retlen);
        free(tight);
        free(room);
        return ok;
}

static void assert_decodes(const char *in, const char *bytes, size_t len)
{
        unsigned char out[64];
        size_t n = 999;

        assert_true(decode(in, strlen(in), out, &n));
        assert_int_equal(n, len);
        assert_memory_equal(out, bytes, len);
}

static void assert_refused(const char *in, size_t len)
{
        unsigned char out[64];
        size_t n = 999;

        assert_false(decode(in, len, out, &n));
        assert_int_equal(n, 999);
}

static void letters_become_bytes(void **state)
{
        (void)state;
        assert_decodes("", "", 0);
        assert_decodes("Zg", "f", 1);
        assert_decodes("Zm8", "fo", 2);
        assert_decodes("Zm9v", "foo", 3);
        assert_decodes("Zm9vYg", "foob", 4);
        assert_decodes("A-z_", "\x03\xec\xff", 3);
        assert_decodes("____", "\xff\xff\xff", 3);
}

/* PRS-03, PRS-04, PRS-05, PRS-06 */
static void every_other_byte_is_refused_at_every_place(void **state)
{
        static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

        (void)state;
        for (int c = 0; c < 256; c++) {
                bool letter = c != 0 && strchr(good, c);

                for (size_t len = 2; len <= 7; len++) {
                        for (size_t at = 0; len != 5 && at < len; at++) {
                                char text[8] = "AAAAAAA";
                                unsigned char out[8];
                                size_t n;

                                text[at] = (char)c;
                                if (letter && at + 1 < len)
                                        assert_true(decode(text, len, out, &n));
                                else if (!letter)
                                        assert_refused(text, len);
                        }
                }
        }
}

/* PRS-03 */
static void padding_is_refused(void **state)
{
        (void)state;
        assert_refused("Zg==", 4);
        assert_refused("Zm8=", 4);
        assert_refused("Zm9v=", 5);
        assert_refused("=", 1);
}

/* PRS-08 */
static void one_letter_too_many_is_refused(void **state)
{
        (void)state;
        assert_refused("A", 1);
        assert_refused("AAAAA", 5);
}

/* PRS-07: only one encoding of a last byte is valid. */
static void spare_bits_must_be_zero(void **state)
{
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        unsigned char out[8];
        size_t n;

        (void)state;
        for (int i = 0; i < 64; i++) {
                char two[] = {'A', letters[i]}, three[] = {'A', 'A', letters[i]};

                assert_int_equal(decode(two, 2, out, &n), i % 16 == 0);
                assert_int_equal(decode(three, 3, out, &n), i % 4 == 0);
        }
}

static void what_is_encoded_decodes_to_the_same(void **state)
{
        unsigned char in[48], out[64];
        char text[PJWT_B64URL_ENCODED(sizeof(in)) + 1];

        (void)state;
        for (size_t len = 0; len <= sizeof(in); len++) {
                size_t n = 999;

                for (size_t i = 0; i < len; i++)
                        in[i] = (unsigned char)(i * 37 + len * 11 + 200);
                pjwt_b64url_encode(in, len, text);
                assert_int_equal(strlen(text), PJWT_B64URL_ENCODED(len));
                assert_true(decode(text, strlen(text), out, &n));
                assert_int_equal(n, len);
                assert_memory_equal(in, out, len);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(letters_become_bytes),
                cmocka_unit_test(every_other_byte_is_refused_at_every_place),
                cmocka_unit_test(padding_is_refused),
                cmocka_unit_test(one_letter_too_many_is_refused),
                cmocka_unit_test(spare_bits_must_be_zero),
                cmocka_unit_test(what_is_encoded_decodes_to_the_same),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
