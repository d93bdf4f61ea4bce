/* The rules for RSA keys: how large the modulus is, and which exponents and moduli are refused. Pure. */
#ifndef PJWT_RSA_H
#define PJWT_RSA_H

#include "reason.h"

#define PJWT_RSA_BITS_MIN  2048 /* RFC 7518 sections 3.3 and 3.5 */
#define PJWT_RSA_BITS_MAX  8192 /* a larger one costs the host more time than a login is worth */
#define PJWT_RSA_BITS_NEW  3072 /* of a new key for which no size is given */
#define PJWT_RSA_BYTES_MAX (PJWT_RSA_BITS_MAX / 8)

/*
 * Checks a public key. n, e: big-endian, at least one byte, the first byte is not zero.
 * retbits: the size of the modulus, also when the key is refused.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason pjwt_rsa_check(const unsigned char *n, size_t n_len, const unsigned char *e, size_t e_len,
                                unsigned *retbits, struct pjwt_error *reterr);

#endif
