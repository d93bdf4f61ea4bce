#include "rsa.h"

#include <stdbool.h>
#include <stdint.h>

static unsigned modulo(const unsigned char *n, size_t len, unsigned prime)
{
        uint64_t r = 0;

        for (; len >= 4; len -= 4, n += 4)
                r = (r << 32 | (uint64_t)n[0] << 24 | (uint64_t)n[1] << 16 | (uint64_t)n[2] << 8 | n[3]) %
                    prime;
        for (; len > 0; len--, n++)
                r = (r << 8 | *n) % prime;
        return (unsigned)r;
}

static bool is_power_of_65537(unsigned value, unsigned prime)
{
        unsigned generator = 65537 % prime, power = 1;

        do {
                if (power == value)
                        return true;
                power = power * generator % prime;
        } while (power != 1);
        return false;
}

/*
 * The fingerprint of ROCA (CVE-2017-15361, SIG-13): vulnerable chips use primes of the form k*M + (65537^a
 * mod M), where M is the product of the first primes, so n is a power of 65537 modulo each of them. These
 * are the primes for which the test is significant; a sound modulus passes all of them about once in
 * several hundred million.
 */
static bool is_roca(const unsigned char *n, size_t len)
{
        static const unsigned char primes[] = {11, 13, 17,  19,  37,  53,  61,  71, 73,
                                               79, 97, 103, 107, 109, 127, 151, 157};

        for (size_t i = 0; i < sizeof(primes); i++)
                if (!is_power_of_65537(modulo(n, len, primes[i]), primes[i]))
                        return false;
        return true;
}

static unsigned bit_length(const unsigned char *n, size_t len)
{
        return (unsigned)len * 8 - (unsigned)__builtin_clz(n[0]) + 24; /* n[0] is not zero */
}

enum pjwt_reason pjwt_rsa_check(const unsigned char *n, size_t n_len, const unsigned char *e, size_t e_len,
                                unsigned *retbits, struct pjwt_error *reterr)
{
        unsigned bits = bit_length(n, n_len);

        *retbits = bits;
        if (bits < PJWT_RSA_BITS_MIN || bits > PJWT_RSA_BITS_MAX)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the RSA modulus has %u bits; %d to %d are accepted",
                                 bits, PJWT_RSA_BITS_MIN, PJWT_RSA_BITS_MAX);
        if (!(n[n_len - 1] & 1))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the RSA modulus is even");
        if (e_len > 4 || !(e[e_len - 1] & 1) || (e_len == 1 && e[0] < 3))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the RSA exponent is even, below 3 or above 2^32");
        if (is_roca(n, n_len))
                return pjwt_fail(reterr, PJWT_BAD_KEY,
                                 "the RSA modulus has the ROCA fingerprint (CVE-2017-15361)");
        return PJWT_OK;
}
