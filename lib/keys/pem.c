#include "pem.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "curve.h"
#include "secret.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define NUMBER_MAX 4096 /* maximum size of a number or public key */

/* A block as returned by PEM_read_bio(). */
struct block {
        char *label;
        char *header;
        unsigned char *data;
        long len;
};

/* Labels of keys, and the key type of each label; NULL: determined by the data. */
static const struct {
        const char *label;
        const char *type;
} labels[] = {
        {"PUBLIC KEY", NULL},       {"RSA PUBLIC KEY", "RSA"}, {"PRIVATE KEY", NULL},
        {"RSA PRIVATE KEY", "RSA"}, {"EC PRIVATE KEY", "EC"},
};

static bool note(struct pjwt_pem_key *key, const char *what, const char *why)
{
        (void)snprintf(key->note, sizeof(key->note), "%.60s: %s", what, why);
        return false;
}

/*
 * One SEQUENCE with nothing after it, like all keys and certificates. OpenSSL's decoders also check this,
 * but those of 3.0.13 pop one mark too many from the error queue if the value is truncated, and remove the
 * caller's errors with it (SIG-25).
 */
static bool is_one_value(const struct block *block)
{
        const unsigned char *p = block->data;
        long len = 0;
        int tag = 0, class = 0;
        int form = ASN1_get_object(&p, &len, &tag, &class, block->len);

        return form == V_ASN1_CONSTRUCTED && tag == V_ASN1_SEQUENCE && class == V_ASN1_UNIVERSAL &&
               p + len == block->data + block->len;
}

static EVP_PKEY *decode_certificate(OSSL_LIB_CTX *libctx, const struct block *block)
{
        const unsigned char *p = block->data;
        X509 *x = X509_new_ex(libctx, NULL);
        EVP_PKEY *pkey = NULL;

        if (x && d2i_X509(&x, &p, block->len))
                pkey = X509_get_pubkey(x);
        X509_free(x);
        return pkey;
}

static EVP_PKEY *decode_key(OSSL_LIB_CTX *libctx, const struct block *block, const char *type)
{
        const unsigned char *p = block->data;
        size_t left = (size_t)block->len;
        EVP_PKEY *pkey = NULL;
        OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, "DER", NULL, type, 0, libctx, NULL);

        if (ctx && OSSL_DECODER_from_data(ctx, &p, &left) != 1) {
                EVP_PKEY_free(pkey);
                pkey = NULL;
        }
        OSSL_DECODER_CTX_free(ctx);
        return pkey;
}

static EVP_PKEY *decode_by_label(OSSL_LIB_CTX *libctx, const struct block *block)
{
        EVP_PKEY *pkey = NULL;

        if (strcmp(block->label, "CERTIFICATE") == 0 || strcmp(block->label, "X509 CERTIFICATE") == 0)
                pkey = decode_certificate(libctx, block);
        for (size_t i = 0; !pkey && i < COUNT(labels); i++)
                if (strcmp(block->label, labels[i].label) == 0)
                        pkey = decode_key(libctx, block, labels[i].type);
        return pkey;
}

static EVP_PKEY *decode_block(OSSL_LIB_CTX *libctx, const struct block *block, struct pjwt_pem_key *key)
{
        EVP_PKEY *pkey = NULL;

        if (strstr(block->label, "ENCRYPTED") || strstr(block->header, "ENCRYPTED")) {
                note(key, block->label, "encrypted keys are not supported");
                return NULL;
        }
        if (is_one_value(block))
                pkey = decode_by_label(libctx, block);
        if (!pkey)
                note(key, block->label, "not a key that OpenSSL can read");
        return pkey;
}

static bool add_string(struct json_object *jwk, const char *name, const char *value)
{
        struct json_object *o = json_object_new_string(value);

        if (o && json_object_object_add(jwk, name, o) == 0)
                return true;
        json_object_put(o);
        return false;
}

static bool add_bytes(struct json_object *jwk, const char *name, const unsigned char *bytes, size_t len)
{
        char text[PJWT_B64URL_ENCODED(NUMBER_MAX) + 1];

        if (len > NUMBER_MAX)
                return false;
        pjwt_b64url_encode(bytes, len, text);
        return add_string(jwk, name, text);
}

/* A number of the key, in `size` bytes; 0: in as few as necessary. */
static bool add_number(struct json_object *jwk, const char *name, const EVP_PKEY *pkey, const char *param,
                       size_t size)
{
        unsigned char bytes[NUMBER_MAX];
        BIGNUM *n = NULL;
        size_t len;
        bool ok = false;

        if (EVP_PKEY_get_bn_param(pkey, param, &n) == 1) {
                len = size > 0 ? size : (size_t)BN_num_bytes(n);
                ok = len <= NUMBER_MAX && BN_bn2binpad(n, bytes, (int)len) == (int)len &&
                     add_bytes(jwk, name, bytes, len);
        }
        BN_free(n);
        return ok;
}

static bool same_param(const EVP_PKEY *pkey, const char *param, const char *value)
{
        char text[64] = "";

        return EVP_PKEY_get_utf8_string_param(pkey, param, text, sizeof(text), NULL) == 1 &&
               strcmp(text, value) == 0;
}

/*
 * An RSASSA-PSS key with parameters can be used only with the algorithm that has the same hashes and salt
 * (SIG-17).
 */
static bool add_pss_alg(struct json_object *jwk, const EVP_PKEY *pkey, struct pjwt_pem_key *key)
{
        static const struct {
                const char *digest;
                const char *alg;
                int salt;
        } rows[] = {{"SHA2-256", "PS256", 32}, {"SHA2-384", "PS384", 48}, {"SHA2-512", "PS512", 64}};
        char digest[64] = "";
        int salt = 20; /* RFC 8017 appendix A.2.3 */

        key->pss_only = true;
        if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_RSA_DIGEST, digest, sizeof(digest), NULL) !=
            1)
                return true; /* no parameters: any PS* */
        (void)EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN, &salt);
        for (size_t i = 0; i < COUNT(rows); i++)
                if ((strcmp(digest, rows[i].digest) == 0 || strcmp(digest, rows[i].digest + 5) == 0 ||
                     (strncmp(digest, "SHA", 3) == 0 && strcmp(digest + 3, rows[i].digest + 5) == 0)) &&
                    salt <= rows[i].salt && same_param(pkey, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, digest))
                        return add_string(jwk, "alg", rows[i].alg);
        return note(key, "RSASSA-PSS", "no PS algorithm has these parameters");
}

static bool add_rsa(struct json_object *jwk, const EVP_PKEY *pkey, struct pjwt_pem_key *key)
{
        if (EVP_PKEY_is_a(pkey, "RSA-PSS") && !add_pss_alg(jwk, pkey, key))
                return false;
        return add_string(jwk, "kty", "RSA") && add_number(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0) &&
               add_number(jwk, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0);
}

static bool add_ec(struct json_object *jwk, const EVP_PKEY *pkey, struct pjwt_pem_key *key)
{
        const struct pjwt_curve *curve = pjwt_curve_of(pkey);

        if (curve)
                return add_string(jwk, "kty", pjwt_kty_name(curve->kty)) &&
                       add_string(jwk, "crv", curve->name) &&
                       add_number(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, curve->public_size) &&
                       add_number(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, curve->public_size);
        return note(key, "EC", "the curve is not supported");
}

/* An OKP or AKP key: its raw bytes. */
static bool add_raw(struct json_object *jwk, const EVP_PKEY *pkey, const struct pjwt_curve *curve)
{
        unsigned char bytes[PJWT_CURVE_PUBLIC_MAX];
        size_t len = sizeof(bytes);
        bool akp = curve->kty == PJWT_KTY_AKP;

        return add_string(jwk, "kty", pjwt_kty_name(curve->kty)) &&
               add_string(jwk, akp ? "alg" : "crv", curve->name) &&
               EVP_PKEY_get_raw_public_key(pkey, bytes, &len) == 1 &&
               add_bytes(jwk, akp ? "pub" : "x", bytes, len);
}

static bool add_members(struct json_object *jwk, const EVP_PKEY *pkey, struct pjwt_pem_key *key)
{
        const struct pjwt_curve *curve;

        if (EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "RSA-PSS"))
                return add_rsa(jwk, pkey, key);
        if (EVP_PKEY_is_a(pkey, "EC"))
                return add_ec(jwk, pkey, key);
        curve = pjwt_curve_of(pkey);
        if (curve)
                return add_raw(jwk, pkey, curve);
        return note(key, EVP_PKEY_get0_type_name(pkey), "the key type is not supported");
}

static void read_block(OSSL_LIB_CTX *libctx, const struct block *block, struct pjwt_pem_key *key)
{
        EVP_PKEY *pkey = decode_block(libctx, block, key);

        if (!pkey)
                return;
        key->jwk = json_object_new_object();
        if (!key->jwk || !add_members(key->jwk, pkey, key)) {
                json_object_put(key->jwk);
                key->jwk = NULL;
                if (key->note[0] == '\0')
                        note(key, block->label, "the key's numbers could not be read");
        }
        EVP_PKEY_free(pkey);
}

static bool next_block(BIO *bio, struct block *block)
{
        *block = (struct block){0};
        return PEM_read_bio(bio, &block->label, &block->header, &block->data, &block->len) == 1;
}

static void free_block(struct block *block)
{
        OPENSSL_free(block->label);
        OPENSSL_free(block->header);
        OPENSSL_clear_free(block->data, block->data ? (size_t)block->len : 0);
}

/* Parameters of a curve can precede an EC private key and are not a key. */
static bool is_key_block(const struct block *block)
{
        return strcmp(block->label, "EC PARAMETERS") != 0;
}

/* Whether PEM_read_bio() failed because there is no further block. */
static bool at_end(BIO *bio)
{
        return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE && BIO_ctrl_pending(bio) == 0;
}

/* Reads one block. *retmore: whether there was one. */
static enum pjwt_reason read_next(OSSL_LIB_CTX *libctx, BIO *bio, pjwt_pem_fn fn, void *arg, bool *retmore,
                                  struct pjwt_error *reterr)
{
        struct pjwt_pem_key key = {0};
        struct block block;
        enum pjwt_reason r = PJWT_OK;

        *retmore = next_block(bio, &block);
        if (!*retmore)
                return at_end(bio) ? PJWT_OK : pjwt_fail(reterr, PJWT_BAD_KEYSET, "invalid PEM");
        if (is_key_block(&block)) {
                read_block(libctx, &block, &key);
                r = fn(arg, &key, reterr);
        }
        free_block(&block);
        return r;
}

enum pjwt_reason pjwt_pem_read(OSSL_LIB_CTX *libctx, const char *bytes, size_t len, pjwt_pem_fn fn, void *arg,
                               struct pjwt_error *reterr)
{
        BIO *bio = len <= INT32_MAX ? BIO_new_mem_buf(bytes, (int)len) : NULL;
        enum pjwt_reason r = PJWT_OK;
        bool more = true;

        if (!bio)
                return pjwt_fail_memory(reterr);
        while (r == PJWT_OK && more) {
                /*
                 * One mark for each block: the queue holds 15 errors, and many invalid blocks would push
                 * the mark out of it.
                 */
                (void)ERR_set_mark();
                r = read_next(libctx, bio, fn, arg, &more, reterr);
                (void)ERR_pop_to_mark();
        }
        BIO_free(bio);
        return r;
}
