#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
        uint32_t net;
        int bits;
} local_v4[] = {
        {0x00000000, 8},  /* this network */
        {0x0a000000, 8},  /* private (RFC 1918) */
        {0x64400000, 10}, /* shared by carriers (RFC 6598) */
        {0x7f000000, 8},  /* loopback */
        {0xa9fe0000, 16}, /* link-local; metadata services of clouds */
        {0xac100000, 12}, /* private */
        {0xc0000000, 24}, /* protocol assignments */
        {0xc0a80000, 16}, /* private */
        {0xc6120000, 15}, /* benchmarks */
        {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static const struct {
        uint8_t net[2];
        int bits;
} local_v6[] = {
        {{0xfc, 0x00}, 7},  /* unique local */
        {{0xfe, 0x80}, 10}, /* link-local */
        {{0xfe, 0xc0}, 10}, /* site-local */
        {{0xff, 0x00}, 8},  /* multicast */
};

static bool v4_is_public(uint32_t address)
{
        for (size_t i = 0; i < COUNT(local_v4); i++)
                if ((address ^ local_v4[i].net) >> (32 - local_v4[i].bits) == 0)
                        return false;
        return true;
}

static uint32_t v4_at(const uint8_t *bytes)
{
        return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool v6_is_public(const uint8_t a[16])
{
        static const uint8_t zero[12], mapped[12] = {[10] = 0xff, [11] = 0xff},
                                       nat64[12] = {0x00, 0x64, 0xff, 0x9b},
                                       local_nat64[6] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
        unsigned first = (unsigned)a[0] << 8 | a[1];

        if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
                return v4_is_public(v4_at(a + 12));
        if (memcmp(a, zero, 12) == 0 || memcmp(a, local_nat64, 6) == 0) /* also :: and ::1 */
                return false;
        if (first == 0x2002) /* 6to4 */
                return v4_is_public(v4_at(a + 2));
        for (size_t i = 0; i < COUNT(local_v6); i++)
                if ((first ^ ((unsigned)local_v6[i].net[0] << 8 | local_v6[i].net[1])) >>
                            (16 - local_v6[i].bits) ==
                    0)
                        return false;
        return true;
}

bool fetch_address_is_public(const struct sockaddr *address)
{
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;

        if (address->sa_family == AF_INET) {
                memcpy(&v4, address, sizeof(v4));
                return v4_is_public(ntohl(v4.sin_addr.s_addr));
        }
        if (address->sa_family != AF_INET6)
                return false;
        memcpy(&v6, address, sizeof(v6));
        return v6_is_public(v6.sin6_addr.s6_addr);
}

bool fetch_address_parse(const char *text, bool *retpublic)
{
        char bare[INET6_ADDRSTRLEN + 1];
        struct in_addr v4;
        struct in6_addr v6;
        size_t n;

        if (inet_pton(AF_INET, text, &v4) == 1) {
                *retpublic = v4_is_public(ntohl(v4.s_addr));
                return true;
        }
        text += text[0] == '[';
        n = strcspn(text, "]%"); /* a zone names a link: only what is link-local has one */
        if (n >= sizeof(bare))
                return false;
        memcpy(bare, text, n);
        bare[n] = '\0';
        if (inet_pton(AF_INET6, bare, &v6) != 1)
                return false;
        *retpublic = v6_is_public(v6.s6_addr);
        return true;
}
