#include "sign.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "b64url.h"
#include "jwkwrite.h"
#include "keyset.h"
#include "privwrite.h"
#include "secret.h"

static bool right_curve(const struct cli_privkey *key, const struct pjwt_alg *alg)
{
        return !alg->curve || key->curve == alg->curve;
}

enum pjwt_reason cli_sign_fits(const struct cli_privkey *key, const struct pjwt_alg *alg, bool weak,
                               struct pjwt_error *reterr)
{
        if (key->kty != alg->kty)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "%s requires a key of type %s, not %s", alg->name,
                                 pjwt_kty_name(alg->kty), pjwt_kty_name(key->kty));
        if (!right_curve(key, alg))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "%s cannot be used with a key of %s", alg->name,
                                 key->curve ? key->curve->name : "no curve");
        if (key->alg && key->alg != alg)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the key is for %s, not %s", key->alg->name,
                                 alg->name);
        if (key->bits < alg->min_bits && !weak)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "%u bits; %s requires at least %u", key->bits,
                                 alg->name, alg->min_bits);
        return PJWT_OK;
}

/* ES*: RFC 7518 section 3.4 requires r and s at full length, OpenSSL returns DER. */
static bool der_to_raw(const unsigned char *der, size_t len, unsigned char *out, size_t size)
{
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
        int half = (int)(size / 2);
        bool good = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half) == half &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half) == half;

        ECDSA_SIG_free(sig);
        return good;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct pjwt_alg *alg)
{
        if (!alg->pss)
                return true;
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
}

#define SIGNATURE_MAX 8192 /* ML-DSA-87 has 4627 bytes, RSA of 16384 bits 2048 */

/* Signs with an asymmetric key. *retlen: in: the room in out; out: the bytes written. */
static bool sign_pkey(const struct cli_privkey *key, const struct pjwt_alg *alg, const struct cli_buf *input,
                      unsigned char *out, size_t *retlen)
{
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        EVP_PKEY_CTX *ctx = NULL;
        bool good = md &&
                    EVP_DigestSignInit_ex(md, &ctx, alg->digest, key->libctx, NULL, key->pkey, NULL) == 1 &&
                    set_padding(ctx, alg) &&
                    EVP_DigestSign(md, out, retlen, (const unsigned char *)input->bytes, input->len) == 1;

        EVP_MD_CTX_free(md);
        return good;
}

static bool sign_ec(const struct cli_privkey *key, const struct pjwt_alg *alg, const struct cli_buf *input,
                    unsigned char *out, size_t *retlen)
{
        unsigned char der[256];
        size_t len = sizeof(der);

        if (!sign_pkey(key, alg, input, der, &len) || !der_to_raw(der, len, out, key->curve->signature_size))
                return false;
        *retlen = key->curve->signature_size;
        return true;
}

static bool sign_hmac(const struct cli_privkey *key, const struct pjwt_alg *alg, const struct cli_buf *input,
                      unsigned char *out, size_t *retlen)
{
        return EVP_Q_mac(key->libctx, "HMAC", NULL, alg->digest, NULL, key->secret, key->secret_len,
                         (const unsigned char *)input->bytes, input->len, out, *retlen, retlen) != NULL;
}

enum pjwt_reason cli_sign(const struct cli_privkey *key, const struct pjwt_alg *alg, struct cli_buf *buf,
                          struct pjwt_error *reterr)
{
        unsigned char out[SIGNATURE_MAX];
        size_t len = sizeof(out);
        bool good = key->kty == PJWT_KTY_OCT  ? sign_hmac(key, alg, buf, out, &len)
                    : key->kty == PJWT_KTY_EC ? sign_ec(key, alg, buf, out, &len)
                                              : sign_pkey(key, alg, buf, out, &len);

        if (!good) {
                unsigned long code = ERR_peek_error();

                pjwt_fail(reterr, PJWT_CRYPTO, "OpenSSL cannot sign with %s: %s", alg->name,
                          code ? ERR_reason_error_string(code) : "no reason given");
                ERR_clear_error();
                return reterr->reason;
        }
        cli_buf_str(buf, ".");
        cli_buf_b64url(buf, out, len);
        pjwt_wipe(out, sizeof(out));
        return buf->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}

bool cli_sign_jti(char out[CLI_SIGN_JTI])
{
        unsigned char random[16];

        if (RAND_bytes(random, sizeof(random)) != 1)
                return false;
        pjwt_b64url_encode(random, sizeof(random), out);
        return true;
}

bool cli_sign_input(const struct cli_buf *header, const struct cli_buf *payload, struct cli_buf *out)
{
        cli_buf_b64url(out, header->bytes, header->len);
        cli_buf_str(out, ".");
        cli_buf_b64url(out, payload->bytes, payload->len);
        return !header->failed && !payload->failed && !out->failed;
}

enum pjwt_reason cli_sign_thumbprint(const struct cli_privkey *key, char out[44], struct pjwt_error *reterr)
{
        struct cli_buf jwk = {0};
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r = cli_privkey_jwk(key, key->kty == PJWT_KTY_OCT, &jwk, reterr);

        if (r == PJWT_OK)
                r = pjwt_keyset_parse(jwk.bytes, jwk.len, 0, &set, reterr);
        if (r == PJWT_OK)
                r = pjwt_key_thumbprint(&set->keys[0], out, reterr);
        pjwt_keyset_free(set);
        cli_buf_clear(&jwk);
        return r;
}
