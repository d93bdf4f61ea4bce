/* Private JWKs (RFC 7517, 7518, 8037, 9964). */
#ifndef CLI_PRIVJWK_H
#define CLI_PRIVJWK_H

#include "privkey.h"

/*
 * Fills an empty key from a private JWK, or from one of a JWKS.
 * kid: which key of a JWKS; NULL if it contains only one.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_BAD_JSON, PJWT_UNKNOWN_KID, PJWT_NO_MEMORY; on failure the key still
 * has to be freed with cli_privkey_free().
 */
enum pjwt_reason cli_privjwk_parse(struct cli_privkey *key, const char *bytes, size_t len, const char *kid,
                                   struct pjwt_error *reterr);

#endif
