#include "evpkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "jwkmember.h"

static EVP_PKEY *from_params(OSSL_LIB_CTX *libctx, const char *type, OSSL_PARAM_BLD *bld)
{
        OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, type, NULL);
        EVP_PKEY *pkey = NULL;

        if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1)
                (void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
        EVP_PKEY_CTX_free(ctx);
        OSSL_PARAM_free(params);
        return pkey;
}

/* A copy, so that a check of a const key can record a fault. */
static EVP_PKEY *make_rsa(struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        unsigned char n[PJWT_JWK_NUMBER_MAX] = {0}, e[PJWT_JWK_NUMBER_MAX] = {0};
        size_t n_len = 0, e_len = 0;
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        BIGNUM *bn = NULL, *be = NULL;
        EVP_PKEY *pkey = NULL;

        if (pjwt_jwk_number(key, "n", n, &n_len) && pjwt_jwk_number(key, "e", e, &e_len)) {
                bn = BN_bin2bn(n, (int)n_len, NULL);
                be = BN_bin2bn(e, (int)e_len, NULL);
        }
        if (bld && bn && be && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
            OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1)
                pkey = from_params(libctx, "RSA", bld);
        BN_free(bn);
        BN_free(be);
        OSSL_PARAM_BLD_free(bld);
        return pkey;
}

/*
 * OpenSSL checks that the point is on the curve; all supported curves have cofactor 1, so no other check is
 * needed.
 */
static EVP_PKEY *make_ec(struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        const struct pjwt_curve *curve = key->curve;
        unsigned char point[1 + 2 * PJWT_COORDINATE_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
        OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
        EVP_PKEY *pkey = NULL;

        if (bld && curve && pjwt_jwk_exact(key, "x", point + 1, curve->public_size) &&
            pjwt_jwk_exact(key, "y", point + 1 + curve->public_size, curve->public_size) &&
            OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                             1 + 2 * curve->public_size) == 1)
                pkey = from_params(libctx, "EC", bld);
        OSSL_PARAM_BLD_free(bld);
        return pkey;
}

static EVP_PKEY *make_raw(struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        const struct pjwt_curve *curve = key->curve;
        unsigned char pub[PJWT_CURVE_PUBLIC_MAX] = {0};

        if (!curve || !pjwt_jwk_exact(key, key->kty == PJWT_KTY_AKP ? "pub" : "x", pub, curve->public_size))
                return NULL;
        return EVP_PKEY_new_raw_public_key_ex(libctx, curve->openssl, NULL, pub, curve->public_size);
}

static EVP_PKEY *make_public(const struct pjwt_key *key, OSSL_LIB_CTX *libctx)
{
        struct pjwt_key copy = *key;
        EVP_PKEY *pkey = NULL;

        (void)ERR_set_mark();
        switch (key->kty) {
        case PJWT_KTY_RSA:
                pkey = make_rsa(&copy, libctx);
                break;
        case PJWT_KTY_EC:
                pkey = make_ec(&copy, libctx);
                break;
        case PJWT_KTY_OKP:
        case PJWT_KTY_AKP:
                pkey = make_raw(&copy, libctx);
                break;
        case PJWT_KTY_OCT:
        case PJWT_KTY_NONE:
                break;
        }
        (void)ERR_pop_to_mark();
        return pkey;
}

enum pjwt_reason pjwt_key_public(const struct pjwt_key *key, EVP_PKEY **ret, struct pjwt_error *reterr)
{
        EVP_PKEY *pkey = atomic_load(&key->state->pkey), *other = NULL;

        if (!pkey && key->unusable == PJWT_OK) {
                pkey = make_public(key, key->state->libctx);
                /* Two threads may create it at the same time; the first one is kept. */
                if (pkey && !atomic_compare_exchange_strong(&key->state->pkey, &other, pkey)) {
                        EVP_PKEY_free(pkey);
                        pkey = other;
                }
        }
        if (!pkey)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "key '%.64s': %s", key->kid ? key->kid : "",
                                 key->unusable != PJWT_OK ? key->note : "OpenSSL refuses it");
        *ret = pkey;
        return PJWT_OK;
}
