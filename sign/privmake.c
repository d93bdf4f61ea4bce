#include "privmake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "rsa.h"

static enum pjwt_reason generate_secret(struct cli_privkey *key, unsigned bits, struct pjwt_error *reterr)
{
        key->kty = PJWT_KTY_OCT;
        key->bits = bits;
        key->secret_len = bits / 8;
        key->secret = malloc(key->secret_len);
        if (!key->secret)
                return pjwt_fail_memory(reterr);
        if (RAND_priv_bytes_ex(key->libctx, key->secret, key->secret_len, 0) != 1)
                return pjwt_fail(reterr, PJWT_CRYPTO, "cannot generate random bytes");
        return PJWT_OK;
}

static EVP_PKEY *generate_pkey(OSSL_LIB_CTX *libctx, const struct pjwt_alg *alg, unsigned bits)
{
        const struct pjwt_curve *curve;

        if (alg->kty == PJWT_KTY_RSA)
                return EVP_PKEY_Q_keygen(libctx, NULL, "RSA", (size_t)(bits ? bits : PJWT_RSA_BITS_NEW));
        curve = alg->curve ? alg->curve : &pjwt_curves[PJWT_ED25519];
        if (alg->kty == PJWT_KTY_EC)
                return EVP_PKEY_Q_keygen(libctx, NULL, "EC", curve->openssl);
        return EVP_PKEY_Q_keygen(libctx, NULL, curve->openssl);
}

enum pjwt_reason cli_privkey_generate(const struct pjwt_alg *alg, unsigned bits, struct cli_privkey **ret,
                                      struct pjwt_error *reterr)
{
        struct cli_privkey *key = cli_privkey_new();

        if (!key)
                return pjwt_fail_memory(reterr);
        key->alg = alg;
        if (alg->kty == PJWT_KTY_OCT)
                return cli_privkey_hand_over(key, generate_secret(key, bits ? bits : alg->min_bits, reterr),
                                             ret);
        key->pkey = generate_pkey(key->libctx, alg, bits);
        return cli_privkey_hand_over(
                key, key->pkey ? cli_privkey_describe(key, reterr) : cli_openssl_failed(alg->name, reterr),
                ret);
}
