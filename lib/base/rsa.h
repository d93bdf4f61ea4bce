/* Requirements for RSA keys: modulus size, exponents and moduli that are refused. Pure. */
#ifndef PJWT_RSA_H
#define PJWT_RSA_H

#include "reason.h"

#define PJWT_RSA_BITS_MIN  2048 /* RFC 7518 sections 3.3 and 3.5 */
#define PJWT_RSA_BITS_MAX  8192 /* verification with a larger modulus takes too long */
#define PJWT_RSA_BITS_NEW  3072 /* of a new key if no size is given */
#define PJWT_RSA_BYTES_MAX (PJWT_RSA_BITS_MAX / 8)

/*
 * Checks a public key. n, e: big-endian, at least one byte, first byte not zero.
 * retbits: the size of the modulus, also if the key is refused.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason pjwt_rsa_check(const unsigned char *n, size_t n_len, const unsigned char *e, size_t e_len,
                                unsigned *retbits, struct pjwt_error *reterr);

#endif
