#include "privkey.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

const struct cli_rsa_member cli_rsa_members[CLI_RSA_MEMBERS] = {
        {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
        {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};

struct cli_privkey *cli_privkey_new(void)
{
        struct cli_privkey *key = calloc(1, sizeof(*key));

        if (!key)
                return NULL;
        key->libctx = OSSL_LIB_CTX_new();
        if (key->libctx)
                return key;
        free(key);
        return NULL;
}

void cli_privkey_free(struct cli_privkey *key)
{
        if (!key)
                return;
        free(key->kid);
        EVP_PKEY_free(key->pkey);
        pjwt_wipe_free(key->secret, key->secret_len);
        OSSL_LIB_CTX_free(key->libctx);
        free(key);
}

enum pjwt_reason cli_privkey_hand_over(struct cli_privkey *key, enum pjwt_reason r, struct cli_privkey **ret)
{
        if (r == PJWT_OK)
                *ret = key;
        else
                cli_privkey_free(key);
        return r;
}

enum pjwt_reason cli_privkey_describe(struct cli_privkey *key, struct pjwt_error *reterr)
{
        char group[64] = "";

        key->bits = (unsigned)EVP_PKEY_get_bits(key->pkey);
        if (EVP_PKEY_is_a(key->pkey, "RSA")) {
                key->kty = PJWT_KTY_RSA;
                return PJWT_OK;
        }
        key->curve = pjwt_curve_of(key->pkey);
        if (key->curve) {
                key->kty = key->curve->kty;
                key->bits = key->curve->bits;
                return PJWT_OK;
        }
        if (EVP_PKEY_is_a(key->pkey, "EC"))
                EVP_PKEY_get_group_name(key->pkey, group, sizeof(group), NULL);
        return pjwt_fail(reterr, PJWT_BAD_KEY, "a key of type %s %s cannot sign JWTs",
                         EVP_PKEY_get0_type_name(key->pkey), group);
}

enum pjwt_reason cli_openssl_failed(const char *what, struct pjwt_error *reterr)
{
        unsigned long code = ERR_peek_last_error();
        const char *why = code ? ERR_reason_error_string(code) : NULL;
        enum pjwt_reason r =
                pjwt_fail(reterr, PJWT_BAD_KEY, "%s: %s", what, why ? why : "OpenSSL does not accept it");

        ERR_clear_error();
        return r;
}

const struct pjwt_alg *cli_privkey_default_alg(const struct cli_privkey *key)
{
        const struct pjwt_alg *alg = key->alg;

        for (size_t i = 0; !alg && pjwt_alg_at(i); i++) {
                const struct pjwt_alg *row = pjwt_alg_at(i);

                if (row->kty == key->kty && (!row->curve || row->curve == key->curve))
                        alg = row;
        }
        return alg ? alg : pjwt_alg_at(0);
}
