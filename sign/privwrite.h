/* Writes private keys as JWK and PEM, and their public keys as JWK. */
#ifndef CLI_PRIVWRITE_H
#define CLI_PRIVWRITE_H

#include "buf.h"
#include "privkey.h"

/*
 * Writes the JWK, with or without its private members (an oct key has only those: without them it fails with
 * PJWT_BAD_KEY).
 */
enum pjwt_reason cli_privkey_jwk(const struct cli_privkey *key, bool with_private, struct cli_buf *out,
                                 struct pjwt_error *reterr);
/* Writes PKCS#8 PEM; PJWT_BAD_KEY for an oct key. */
enum pjwt_reason cli_privkey_pem(const struct cli_privkey *key, struct cli_buf *out,
                                 struct pjwt_error *reterr);

#endif
