#include "verify.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "evpkey.h"
#include "prepared.h"
#include "secret.h"

enum outcome { HOLDS, DOES_NOT_HOLD, FAILED };

#define DER_MAX (3 + 2 * (2 + 1 + PJWT_COORDINATE_MAX))

/*
 * Converts r
 *
 *  s (RFC 7518 section 3.4) to the DER form required by OpenSSL. Returns its size, 0 if out of memory.
 *  OpenSSL checks that r and s are from 1 to the order of the group minus 1 (SIG-05, SIG-06).
 */
static size_t der_of_rs(const unsigned char *rs, size_t size, unsigned char out[DER_MAX])
{
        size_t half = size / 2;
        ECDSA_SIG *sig = ECDSA_SIG_new();
        BIGNUM *r = BN_bin2bn(rs, (int)half, NULL), *s = BN_bin2bn(rs + half, (int)half, NULL);
        int len = 0;

        if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
                r = s = NULL; /* owned by sig */
                len = i2d_ECDSA_SIG(sig, &out);
        }
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return len > 0 ? (size_t)len : 0;
}

static enum outcome verify_mac(const struct pjwt_prepared *prepared, const struct pjwt_key *key,
                               const struct pjwt_token *token)
{
        unsigned char tag[EVP_MAX_MD_SIZE];
        char digest[16]; /* a copy, since OpenSSL requires a writable buffer */
        OSSL_PARAM params[] = {OSSL_PARAM_END, OSSL_PARAM_END};
        size_t len = 0;
        enum outcome o;

        memcpy(digest, token->alg->digest, strlen(token->alg->digest) + 1);
        params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0); /* sets its length */
        if (EVP_MAC_init(prepared->mac_ctx, key->secret, key->secret_len, params) != 1 ||
            EVP_MAC_update(prepared->mac_ctx, (const unsigned char *)token->text, token->signing_input_len) !=
                    1 ||
            EVP_MAC_final(prepared->mac_ctx, tag, &len, sizeof(tag)) != 1)
                return FAILED;
        o = pjwt_secret_equal(tag, len, token->signature, token->signature_len) ? HOLDS : DOES_NOT_HOLD;
        pjwt_wipe(tag, sizeof(tag)); /* the expected MAC, which must not be leaked */
        return o;
}

/* Without a key, OpenSSL reuses the previous one, which is the same. */
static bool begin_whole(struct pjwt_prepared *prepared, const struct pjwt_key *key, EVP_PKEY *pkey)
{
        if (prepared->md_ctx_has_key &&
            EVP_DigestVerifyInit_ex(prepared->md_ctx, NULL, NULL, NULL, NULL, NULL, NULL) == 1)
                return true;
        prepared->md_ctx_has_key = EVP_MD_CTX_reset(prepared->md_ctx) == 1 &&
                                   EVP_DigestVerifyInit_ex(prepared->md_ctx, NULL, NULL, key->state->libctx,
                                                           NULL, pkey, NULL) == 1;
        return prepared->md_ctx_has_key;
}

/* EdDSA and ML-DSA hash the message themselves. */
static enum outcome verify_whole(struct pjwt_prepared *prepared, const struct pjwt_key *key, EVP_PKEY *pkey,
                                 const struct pjwt_token *token)
{
        int r;

        if (!begin_whole(prepared, key, pkey))
                return FAILED;
        r = EVP_DigestVerify(prepared->md_ctx, token->signature, token->signature_len,
                             (const unsigned char *)token->text, token->signing_input_len);
        return r == 1 ? HOLDS : DOES_NOT_HOLD;
}

static enum outcome verify_digest(const struct pjwt_prepared *prepared, const struct pjwt_token *token)
{
        unsigned char digest[EVP_MAX_MD_SIZE], der[DER_MAX];
        const unsigned char *signature = token->signature;
        size_t signature_len = token->signature_len;
        unsigned len = 0;
        int verdict;

        if (token->alg->kty == PJWT_KTY_EC) {
                signature_len = der_of_rs(token->signature, token->signature_len, der);
                signature = der;
                if (signature_len == 0)
                        return FAILED;
        }
        if (EVP_DigestInit_ex2(prepared->md_ctx, prepared->md, NULL) != 1 ||
            EVP_DigestUpdate(prepared->md_ctx, token->text, token->signing_input_len) != 1 ||
            EVP_DigestFinal_ex(prepared->md_ctx, digest, &len) != 1)
                return FAILED;
        verdict = EVP_PKEY_verify(prepared->verify_ctx, signature, signature_len, digest, len);
        return verdict == 1 ? HOLDS : DOES_NOT_HOLD; /* only 1 means success (SIG-24) */
}

static enum outcome verify_set_up(const struct pjwt_key *key, EVP_PKEY *pkey, const struct pjwt_token *token)
{
        struct pjwt_prepared *prepared = pjwt_prepared_take(key, token->alg, pkey);
        enum outcome o;

        if (!prepared)
                return FAILED;
        if (token->alg->kty == PJWT_KTY_OCT)
                o = verify_mac(prepared, key, token);
        else if (!token->alg->digest)
                o = verify_whole(prepared, key, pkey, token);
        else
                o = verify_digest(prepared, token);
        if (o == FAILED)
                pjwt_prepared_free(prepared);
        else
                pjwt_prepared_return(key, prepared);
        return o;
}

static enum pjwt_reason verify_one(const struct pjwt_key *key, const struct pjwt_token *token,
                                   struct pjwt_error *reterr)
{
        EVP_PKEY *pkey = NULL;
        size_t size;

        if (key->unusable != PJWT_OK || !pjwt_key_fits(key, token->alg))
                return pjwt_fail(reterr, PJWT_NO_FITTING_KEY, "the key cannot be used for %s",
                                 token->alg->name);
        /*
         * The exact length is checked before OpenSSL sees the signature (SIG-02, SIG-03, SIG-04, SIG-15,
         * SIG-23).
         */
        size = pjwt_alg_signature_size(token->alg, key->curve, key->bits);
        if (token->signature_len != size)
                return pjwt_fail(reterr, PJWT_BAD_SIGNATURE, "the signature has %zu bytes instead of %zu",
                                 token->signature_len, size);
        if (key->kty != PJWT_KTY_OCT) {
                enum pjwt_reason r = pjwt_key_public(key, &pkey, reterr);

                if (r != PJWT_OK)
                        return r;
        }
        switch (verify_set_up(key, pkey, token)) {
        case HOLDS:
                return PJWT_OK;
        case DOES_NOT_HOLD:
                return pjwt_fail(reterr, PJWT_BAD_SIGNATURE, "the %s signature is not valid",
                                 token->alg->name);
        case FAILED:
                break;
        }
        return pjwt_fail(reterr, PJWT_CRYPTO, "OpenSSL cannot verify %s", token->alg->name);
}

enum pjwt_reason pjwt_verify_token(const struct pjwt_key *const *picks, size_t count,
                                   const struct pjwt_token *token, const struct pjwt_key **retkey,
                                   struct pjwt_error *reterr)
{
        struct pjwt_error first = {0};
        enum pjwt_reason r = PJWT_UNDECIDED;

        if (!token->alg || count == 0)
                return pjwt_fail(reterr, PJWT_NO_FITTING_KEY, "there is no key to verify with");
        for (size_t i = 0; i < count && r != PJWT_OK; i++) {
                /*
                 * One mark for each key: the queue holds 15 errors, and the errors of many keys would push
                 * the mark out of it.
                 */
                (void)ERR_set_mark();
                r = verify_one(picks[i], token, &first);
                (void)ERR_pop_to_mark();
                if (r == PJWT_OK)
                        *retkey = picks[i];
        }
        return r == PJWT_OK ? r : pjwt_fail(reterr, first.reason, "%s", first.detail);
}
