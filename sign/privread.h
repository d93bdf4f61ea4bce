/* Reads private keys: PEM, OpenSSH's form, JWK and JWKS, and secrets. */
#ifndef CLI_PRIVREAD_H
#define CLI_PRIVREAD_H

#include "privkey.h"

/*
 * Reads one private key that is not encrypted: PEM (PKCS#8, PKCS#1, SEC1, OpenSSH's own form), a private JWK,
 * or a JWKS.
 * kid: which key of a JWKS; NULL when it holds one only.
 * ret: for cli_privkey_free(); untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_BAD_JSON, PJWT_UNKNOWN_KID, PJWT_NO_MEMORY, PJWT_CRYPTO.
 */
enum pjwt_reason cli_privkey_parse(const char *bytes, size_t len, const char *kid, struct cli_privkey **ret,
                                   struct pjwt_error *reterr);
/* An HMAC key of these bytes; an empty one is PJWT_BAD_KEY. */
enum pjwt_reason cli_privkey_from_secret(const char *secret, size_t len, struct cli_privkey **ret,
                                         struct pjwt_error *reterr);

#endif
