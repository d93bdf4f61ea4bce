#include "privwrite.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "secret.h"

static void put_string(struct cli_buf *out, const char *name, const char *value)
{
        cli_buf_member(out, name);
        cli_buf_json_string(out, value);
}

static void put_bytes(struct cli_buf *out, const char *name, const unsigned char *bytes, size_t len)
{
        cli_buf_member(out, name);
        cli_buf_str(out, "\"");
        cli_buf_b64url(out, bytes, len);
        cli_buf_str(out, "\"");
}

/* A number, padded to `size` bytes; 0: unpadded. */
static bool put_number(struct cli_buf *out, const EVP_PKEY *pkey, const char *param, const char *name,
                       size_t size)
{
        BIGNUM *number = NULL;
        unsigned char bytes[2048];
        size_t len;
        bool good = EVP_PKEY_get_bn_param(pkey, param, &number) == 1;

        len = !good ? 0 : size ? size : (size_t)BN_num_bytes(number);
        good = good && len <= sizeof(bytes) && BN_bn2binpad(number, bytes, (int)len) == (int)len;
        if (good)
                put_bytes(out, name, bytes, len);
        pjwt_wipe(bytes, sizeof(bytes));
        BN_clear_free(number);
        return good;
}

static bool put_rsa(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        for (size_t i = 0; i < (with_private ? CLI_RSA_MEMBERS : CLI_RSA_PUBLIC); i++)
                if (!put_number(out, key->pkey, cli_rsa_members[i].openssl, cli_rsa_members[i].jwk, 0))
                        return i >= CLI_RSA_NEEDED; /* a key without factors */
        return true;
}

static bool put_ec(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        const struct pjwt_curve *curve = key->curve;

        put_string(out, "crv", curve->name);
        return put_number(out, key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x", curve->public_size) &&
               put_number(out, key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y", curve->public_size) &&
               (!with_private ||
                put_number(out, key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, "d", curve->secret_size));
}

static bool put_raw_public(const struct cli_privkey *key, const char *name, struct cli_buf *out)
{
        unsigned char bytes[PJWT_CURVE_PUBLIC_MAX];
        size_t len = sizeof(bytes);

        if (EVP_PKEY_get_raw_public_key(key->pkey, bytes, &len) != 1)
                return false;
        put_bytes(out, name, bytes, len);
        return true;
}

static bool put_okp(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        unsigned char bytes[PJWT_CURVE_SECRET_MAX];
        size_t len = sizeof(bytes);

        put_string(out, "crv", key->curve->name);
        if (!put_raw_public(key, "x", out))
                return false;
        if (!with_private)
                return true;
        if (EVP_PKEY_get_raw_private_key(key->pkey, bytes, &len) != 1)
                return false;
        put_bytes(out, "d", bytes, len);
        pjwt_wipe(bytes, sizeof(bytes));
        return true;
}

static bool put_akp(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        unsigned char seed[PJWT_CURVE_SECRET_MAX];
        size_t len = 0;

        if (!put_raw_public(key, "pub", out))
                return false;
        if (!with_private)
                return true;
        if (EVP_PKEY_get_octet_string_param(key->pkey, CLI_MLDSA_SEED, seed, sizeof(seed), &len) != 1)
                return false;
        put_bytes(out, "priv", seed, len);
        pjwt_wipe(seed, sizeof(seed));
        return true;
}

static bool put_numbers(const struct cli_privkey *key, bool with_private, struct cli_buf *out)
{
        switch (key->kty) {
        case PJWT_KTY_RSA:
                return put_rsa(key, with_private, out);
        case PJWT_KTY_EC:
                return put_ec(key, with_private, out);
        case PJWT_KTY_OKP:
                return put_okp(key, with_private, out);
        case PJWT_KTY_AKP:
                return put_akp(key, with_private, out);
        case PJWT_KTY_OCT:
                put_bytes(out, "k", key->secret, key->secret_len);
                return true;
        default:
                return false;
        }
}

enum pjwt_reason cli_privkey_jwk(const struct cli_privkey *key, bool with_private, struct cli_buf *out,
                                 struct pjwt_error *reterr)
{
        if (key->kty == PJWT_KTY_OCT && !with_private)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a secret has no public key");
        cli_buf_str(out, "{");
        put_string(out, "kty", pjwt_kty_name(key->kty));
        if (key->kid)
                put_string(out, "kid", key->kid);
        put_string(out, "use", "sig");
        if (key->alg || key->kty == PJWT_KTY_AKP) /* required by RFC 9964 for AKP */
                put_string(out, "alg", key->alg ? key->alg->name : key->curve->name);
        if (!put_numbers(key, with_private, out))
                return cli_openssl_failed("cannot write the key", reterr);
        cli_buf_str(out, "}");
        return out->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}

enum pjwt_reason cli_privkey_pem(const struct cli_privkey *key, struct cli_buf *out,
                                 struct pjwt_error *reterr)
{
        BIO *bio = key->pkey ? BIO_new(BIO_s_secmem()) : NULL;
        char *text = NULL;
        long len;

        if (!key->pkey)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a secret has no PEM form");
        if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
                BIO_free(bio);
                return cli_openssl_failed("cannot write the key", reterr);
        }
        len = BIO_get_mem_data(bio, &text);
        cli_buf_add(out, text, (size_t)len);
        BIO_free(bio);
        return out->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}
