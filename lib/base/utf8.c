#include "utf8.h"

size_t pjwt_utf8_char(const char *s, size_t len, uint32_t *ret)
{
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        const unsigned char *p = (const unsigned char *)s;
        size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
        uint32_t c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

        if (n == 0 || n > len)
                return 0;
        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (p[i] & 0x3f);
        }
        if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return n;
}

/* Control characters, blanks that are not spaces, and Default_Ignorable_Code_Point of Unicode 15. */
static const struct range {
        uint32_t from, to;
} invisible[] = {{0x00, 0x1f},      {0x7f, 0xa0},     {0xad, 0xad},       {0x34f, 0x34f},
                 {0x61c, 0x61c},    {0x115f, 0x1160}, {0x1680, 0x1680},   {0x17b4, 0x17b5},
                 {0x180b, 0x180f},  {0x2000, 0x200f}, {0x2028, 0x202f},   {0x205f, 0x206f},
                 {0x3000, 0x3000},  {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
                 {0xffa0, 0xffa0},  {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
                 {0xe0000, 0xe0fff}};

bool pjwt_utf8_visible(uint32_t c)
{
        for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
                if (c >= invisible[i].from && c <= invisible[i].to)
                        return false;
        return true;
}
