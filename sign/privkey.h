/*
 * One private key or secret. Only the command and the client can sign, so only they contain this; the library
 * has only public keys and HMAC secrets. privread.h reads keys, privmake.h makes them, privwrite.h writes
 * them.
 */
#ifndef CLI_PRIVKEY_H
#define CLI_PRIVKEY_H

#include <openssl/types.h>

#include "alg.h"
#include "reason.h"

struct cli_privkey {
        enum pjwt_kty kty;
        const struct pjwt_curve *curve; /* NULL for RSA and oct */
        const struct pjwt_alg *alg;     /* the alg of its JWK; NULL: any that suits it */
        char *kid;                      /* NULL: none */
        unsigned bits;
        EVP_PKEY *pkey;        /* NULL for oct */
        unsigned char *secret; /* oct only; wiped when freed */
        size_t secret_len;
        OSSL_LIB_CTX *libctx; /* its own, so that the host's openssl.cnf is ignored */
};

/* The members of an RSA key (RFC 7518 section 6.3.2): n, e, d, and the factors, which a key may omit. */
struct cli_rsa_member {
        const char *jwk;
        const char *openssl;
};

#define CLI_RSA_PUBLIC  2 /* n and e */
#define CLI_RSA_NEEDED  3 /* and d */
#define CLI_RSA_MEMBERS 8

extern const struct cli_rsa_member cli_rsa_members[CLI_RSA_MEMBERS];

#define CLI_MLDSA_SEED "seed" /* OSSL_PKEY_PARAM_ML_DSA_SEED, since OpenSSL 3.5 */

/* Accepts NULL. */
void cli_privkey_free(struct cli_privkey *key);

/* The algorithm to use if none is given. Never NULL. */
const struct pjwt_alg *cli_privkey_default_alg(const struct cli_privkey *key);

/* For the files that read and make keys: */

/* An empty key with its own library context; NULL if out of memory. */
struct cli_privkey *cli_privkey_new(void);
/* Sets type, curve and size from key->pkey. Returns PJWT_OK or PJWT_BAD_KEY. */
enum pjwt_reason cli_privkey_describe(struct cli_privkey *key, struct pjwt_error *reterr);
/* Returns r: for PJWT_OK the key is *ret, else it is freed and *ret is untouched. */
enum pjwt_reason cli_privkey_hand_over(struct cli_privkey *key, enum pjwt_reason r, struct cli_privkey **ret);
/* PJWT_BAD_KEY with OpenSSL's reason for `what`; clears OpenSSL's error queue. */
enum pjwt_reason cli_openssl_failed(const char *what, struct pjwt_error *reterr);

#endif
