#include "sshwire.h"

#include <string.h>

bool pjwt_ssh_take_number(struct pjwt_ssh_bytes *from, uint32_t *ret)
{
        const unsigned char *p = from->at;

        if (from->len < 4)
                return false;
        *ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        from->at += 4;
        from->len -= 4;
        return true;
}

bool pjwt_ssh_take_string(struct pjwt_ssh_bytes *from, struct pjwt_ssh_bytes *ret)
{
        struct pjwt_ssh_bytes rest = *from;
        uint32_t len = 0;

        if (!pjwt_ssh_take_number(&rest, &len) || len > rest.len)
                return false;
        *ret = (struct pjwt_ssh_bytes){rest.at, len};
        *from = (struct pjwt_ssh_bytes){rest.at + len, rest.len - len};
        return true;
}

bool pjwt_ssh_take_mpint(struct pjwt_ssh_bytes *from, struct pjwt_ssh_bytes *ret)
{
        struct pjwt_ssh_bytes rest = *from, number;

        if (!pjwt_ssh_take_string(&rest, &number) || number.len == 0 || number.at[0] & 0x80)
                return false;
        if (number.at[0] == 0) {
                number.at++;
                number.len--;
                if (number.len == 0 || !(number.at[0] & 0x80))
                        return false;
        }
        *ret = number;
        *from = rest;
        return true;
}

bool pjwt_ssh_is(struct pjwt_ssh_bytes bytes, const char *text)
{
        return bytes.len == strlen(text) && memcmp(bytes.at, text, bytes.len) == 0;
}
