#include "prepared.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

void pjwt_prepared_free(struct pjwt_prepared *prepared)
{
        if (!prepared)
                return;
        EVP_MAC_CTX_free(prepared->mac_ctx);
        EVP_PKEY_CTX_free(prepared->verify_ctx);
        EVP_MD_CTX_free(prepared->md_ctx);
        EVP_MD_free(prepared->md);
        free(prepared);
}

static bool set_up_mac(struct pjwt_prepared *prepared, OSSL_LIB_CTX *libctx)
{
        EVP_MAC *mac = EVP_MAC_fetch(libctx, "HMAC", NULL);

        prepared->mac_ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
        EVP_MAC_free(mac); /* the context has its own reference */
        return prepared->mac_ctx != NULL;
}

/* RFC 7518 section 3.5: the salt is as long as the digest, MGF1 uses the same digest (SIG-16). */
static bool set_up_rsa(struct pjwt_prepared *prepared)
{
        int padding = prepared->alg->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;

        if (EVP_PKEY_CTX_set_rsa_padding(prepared->verify_ctx, padding) != 1 ||
            EVP_PKEY_CTX_set_signature_md(prepared->verify_ctx, prepared->md) != 1)
                return false;
        return !prepared->alg->pss ||
               (EVP_PKEY_CTX_set_rsa_mgf1_md(prepared->verify_ctx, prepared->md) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(prepared->verify_ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static bool set_up_verify(struct pjwt_prepared *prepared, OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
        prepared->md = EVP_MD_fetch(libctx, prepared->alg->digest, NULL);
        prepared->verify_ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
        if (!prepared->md || !prepared->verify_ctx || EVP_PKEY_verify_init(prepared->verify_ctx) != 1)
                return false;
        return prepared->alg->kty != PJWT_KTY_RSA || set_up_rsa(prepared);
}

static struct pjwt_prepared *set_up(const struct pjwt_key *key, const struct pjwt_alg *alg, EVP_PKEY *pkey)
{
        struct pjwt_prepared *prepared = calloc(1, sizeof(*prepared));
        bool ok;

        if (!prepared)
                return NULL;
        prepared->alg = alg;
        if (alg->kty == PJWT_KTY_OCT)
                ok = set_up_mac(prepared, key->state->libctx);
        else
                ok = (prepared->md_ctx = EVP_MD_CTX_new()) &&
                     (!alg->digest || set_up_verify(prepared, key->state->libctx, pkey));
        if (ok)
                return prepared;
        pjwt_prepared_free(prepared);
        return NULL;
}

struct pjwt_prepared *pjwt_prepared_take(const struct pjwt_key *key, const struct pjwt_alg *alg,
                                         EVP_PKEY *pkey)
{
        struct pjwt_prepared *prepared = atomic_exchange(&key->state->prepared, NULL);

        if (prepared && prepared->alg == alg)
                return prepared;
        pjwt_prepared_free(prepared);
        return set_up(key, alg, pkey);
}

void pjwt_prepared_return(const struct pjwt_key *key, struct pjwt_prepared *prepared)
{
        pjwt_prepared_free(atomic_exchange(&key->state->prepared, prepared));
}
