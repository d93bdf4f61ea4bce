/*
 * Private keys: PEM and JWK, read, made and written. Only the command signs, so only the command contains
 * this; the library knows public keys and HMAC secrets.
 */
#ifndef CLI_PRIVKEY_H
#define CLI_PRIVKEY_H

#include <openssl/types.h>

#include "alg.h"
#include "buf.h"
#include "reason.h"

struct cli_privkey {
        enum pjwt_kty kty;
        const struct pjwt_curve *curve; /* NULL for RSA and oct */
        const struct pjwt_alg *alg;     /* what a JWK's alg pins it to; NULL: any that fits */
        char *kid;                      /* NULL: none */
        unsigned bits;
        EVP_PKEY *pkey;        /* NULL for oct */
        unsigned char *secret; /* oct only; wiped when freed */
        size_t secret_len;
        OSSL_LIB_CTX *libctx; /* own: the host's openssl.cnf does not matter */
};

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
/* A new key for alg. bits: modulus or secret size, 0: the usual one. */
enum pjwt_reason cli_privkey_generate(const struct pjwt_alg *alg, unsigned bits, struct cli_privkey **ret,
                                      struct pjwt_error *reterr);

void cli_privkey_free(struct cli_privkey *key);

/*
 * Writes the JWK: with its private members, or without (an oct key has no other, and fails with
 * PJWT_BAD_KEY).
 */
enum pjwt_reason cli_privkey_jwk(const struct cli_privkey *key, bool with_private, struct cli_buf *out,
                                 struct pjwt_error *reterr);
/* Writes PKCS#8 PEM; PJWT_BAD_KEY for an oct key. */
enum pjwt_reason cli_privkey_pem(const struct cli_privkey *key, struct cli_buf *out,
                                 struct pjwt_error *reterr);

/* The algorithm that is used when nobody names one. Never NULL. */
const struct pjwt_alg *cli_privkey_default_alg(const struct cli_privkey *key);

#endif
