/*
 * OpenSSL alone: one verification of a decoded signature, set up for each call as most programs do. No
 * JSON, no claims, no token: the difference from our rate is the cost of everything else in a decode.
 */
#include "rate.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

static EVP_PKEY *key;
static const char *digest; /* NULL: the algorithm hashes the message itself */
static unsigned char signature[8192];
static size_t signature_len, signed_len;

static size_t decode(const char *text, size_t len)
{
        char padded[sizeof(signature)] = {0};
        int n;

        for (size_t i = 0; i < len; i++)
                padded[i] = (char)(text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
        memset(padded + len, '=', 3);
        n = EVP_DecodeBlock(signature, (unsigned char *)padded, (int)((len + 3) / 4 * 4));
        return n < 0 ? 0 : (size_t)n - (4 - len % 4) % 4;
}

static void to_der(void)
{
        int half = (int)signature_len / 2;
        ECDSA_SIG *s = ECDSA_SIG_new();
        unsigned char *out = signature;

        if (s &&
            ECDSA_SIG_set0(s, BN_bin2bn(signature, half, NULL), BN_bin2bn(signature + half, half, NULL)) == 1)
                signature_len = (size_t)i2d_ECDSA_SIG(s, &out);
        ECDSA_SIG_free(s);
}

static EVP_PKEY *read_key(const struct rate_case *given)
{
        BIO *bio = BIO_new_mem_buf(given->pem, -1);
        EVP_PKEY *found = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

        BIO_free(bio);
        return found;
}

bool rate_load(const struct rate_case *given)
{
        const char *dot = strrchr(given->token, '.');

        if (!dot || strlen(dot) > sizeof(signature) - 8)
                return false;
        signed_len = (size_t)(dot - given->token);
        signature_len = decode(dot + 1, strlen(dot + 1));
        digest = strstr(given->alg, "256")   ? "SHA256"
                 : strstr(given->alg, "384") ? "SHA384"
                 : strstr(given->alg, "512") ? "SHA512"
                                             : NULL;
        if (given->secret_len > 0)
                return true;
        key = read_key(given);
        if (given->alg[0] == 'E' && given->alg[1] == 'S')
                to_der();
        return key && signature_len > 0;
}

static bool verify_mac(const struct rate_case *given)
{
        unsigned char tag[EVP_MAX_MD_SIZE];
        unsigned len = 0;

        return HMAC(EVP_sha256(), given->secret, (int)given->secret_len, (const unsigned char *)given->token,
                    signed_len, tag, &len) &&
               len == signature_len && CRYPTO_memcmp(tag, signature, len) == 0;
}

bool rate_decode(const struct rate_case *given)
{
        EVP_MD_CTX *ctx;
        EVP_PKEY_CTX *pctx = NULL;
        bool ok;

        if (given->secret_len > 0)
                return verify_mac(given);
        ctx = EVP_MD_CTX_new();
        ok = ctx && EVP_DigestVerifyInit_ex(ctx, &pctx, digest, NULL, NULL, key, NULL) == 1;
        if (ok && given->alg[0] == 'P')
                ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1;
        ok = ok && EVP_DigestVerify(ctx, signature, signature_len, (const unsigned char *)given->token,
                                    signed_len) == 1;
        EVP_MD_CTX_free(ctx);
        return ok;
}

void rate_unload(void)
{
        EVP_PKEY_free(key);
        key = NULL;
}
