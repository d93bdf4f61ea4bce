#include "b64url.h"

#include <stdint.h>

/*
 * The value of each character; NO for a byte that is not in the alphabet. Bit 7 survives an OR, so four
 * characters are tested at once.
 */
#define NO 0x80
static const uint8_t value_of[256] = {
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* 00 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* 10 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, /* 20: only - */
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, /* 30: 0-9 */
        NO, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, /* 40: A-O */
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63, /* 50: P-Z _ */
        NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* 60: a-o */
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO, /* 70: p-z */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* 80 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* 90 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* a0 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* b0 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* c0 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* d0 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* e0 */
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, /* f0 */
};

static const char letters[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/*
 * The two or three characters after the last complete group of four: unused bits must be zero (RFC 4648
 * section 3.5).
 */
static bool decode_tail(const unsigned char *in, size_t len, unsigned char *out)
{
        unsigned a = value_of[in[0]], b = value_of[in[1]], c = len == 3 ? value_of[in[2]] : 0;

        if ((a | b | c) & NO)
                return false;
        out[0] = (unsigned char)(a << 2 | b >> 4);
        if (len == 2)
                return (b & 0x0f) == 0;
        out[1] = (unsigned char)((b << 4 | c >> 2) & 0xff);
        return (c & 0x03) == 0;
}

bool pjwt_b64url_decode(const char *in, size_t len, unsigned char *out, size_t *retlen)
{
        const unsigned char *p = (const unsigned char *)in;
        size_t tail = len % 4, n = len / 4 * 3;
        unsigned bad = 0;

        if (tail == 1)
                return false;
        for (size_t i = len / 4; i > 0; i--, p += 4, out += 3) {
                unsigned a = value_of[p[0]], b = value_of[p[1]], c = value_of[p[2]], d = value_of[p[3]];

                bad |= a | b | c | d;
                out[0] = (unsigned char)((a << 2 | b >> 4) & 0xff);
                out[1] = (unsigned char)((b << 4 | c >> 2) & 0xff);
                out[2] = (unsigned char)((c << 6 | d) & 0xff);
        }
        if ((bad & NO) || (tail > 0 && !decode_tail(p, tail, out)))
                return false;
        *retlen = n + (tail > 0 ? tail - 1 : 0);
        return true;
}

void pjwt_b64url_encode(const unsigned char *in, size_t len, char *out)
{
        for (; len >= 3; len -= 3, in += 3) {
                *out++ = letters[in[0] >> 2];
                *out++ = letters[(in[0] & 0x03) << 4 | in[1] >> 4];
                *out++ = letters[(in[1] & 0x0f) << 2 | in[2] >> 6];
                *out++ = letters[in[2] & 0x3f];
        }
        if (len > 0) {
                *out++ = letters[in[0] >> 2];
                *out++ = letters[(in[0] & 0x03) << 4 | (len == 2 ? in[1] >> 4 : 0)];
                if (len == 2)
                        *out++ = letters[(in[1] & 0x0f) << 2];
        }
        *out = '\0';
}
