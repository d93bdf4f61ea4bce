/* Reads private keys in PEM, OpenSSH's format, JWK and JWKS, and secrets. */
#ifndef CLI_PRIVREAD_H
#define CLI_PRIVREAD_H

#include "privkey.h"

/*
 * Reads one unencrypted private key: PEM (PKCS#8, PKCS#1, SEC1, OpenSSH's format), a private JWK, or a JWKS.
 * kid: which key of a JWKS; NULL if it contains only one.
 * ret: for cli_privkey_free(); untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_BAD_JSON, PJWT_UNKNOWN_KID, PJWT_NO_MEMORY, PJWT_CRYPTO.
 */
enum pjwt_reason cli_privkey_parse(const char *bytes, size_t len, const char *kid, struct cli_privkey **ret,
                                   struct pjwt_error *reterr);
/* An HMAC key with these bytes; PJWT_BAD_KEY if it is empty. */
enum pjwt_reason cli_privkey_from_secret(const char *secret, size_t len, struct cli_privkey **ret,
                                         struct pjwt_error *reterr);

#endif
