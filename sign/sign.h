/* Signing (RFC 7515 section 5.1). Only the command contains this. */
#ifndef CLI_SIGN_H
#define CLI_SIGN_H

#include "buf.h"
#include "privkey.h"

/*
 * Whether the key can sign with alg, by its type, curve, size, and the alg of its JWK.
 * weak: a secret may be shorter than the digest, as with --secret.
 * Returns PJWT_OK or PJWT_BAD_KEY, whose detail says what does not match.
 */
enum pjwt_reason cli_sign_fits(const struct cli_privkey *key, const struct pjwt_alg *alg, bool weak,
                               struct pjwt_error *reterr);

/*
 * The RFC 7638 thumbprint of a key or secret.
 * out: untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_CRYPTO, PJWT_NO_MEMORY.
 */
enum pjwt_reason cli_sign_thumbprint(const struct cli_privkey *key, char out[44], struct pjwt_error *reterr);

/* The size of an id by cli_sign_jti(), with its NUL. */
#define CLI_SIGN_JTI 23

/* A new id for a token: 16 random bytes in base64url. False if none can be generated. */
bool cli_sign_jti(char out[CLI_SIGN_JTI]);

/* Appends the signing input: header and payload in base64url. False if one of the three has failed. */
bool cli_sign_input(const struct cli_buf *header, const struct cli_buf *payload, struct cli_buf *out);

/*
 * Appends `.SIGNATURE` to the signing input in buf, which becomes a compact JWS. cli_sign_fits() must have
 * returned PJWT_OK.
 * Returns PJWT_OK, PJWT_CRYPTO, PJWT_NO_MEMORY.
 */
enum pjwt_reason cli_sign(const struct cli_privkey *key, const struct pjwt_alg *alg, struct cli_buf *buf,
                          struct pjwt_error *reterr);

#endif
