#include "opensshkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "curve.h"
#include "secret.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1" /* and its NUL */

bool cli_openssh_is(const char *text)
{
        return strstr(text, BEGIN) != NULL;
}

static enum pjwt_reason malformed(struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_BAD_KEY, "a malformed OpenSSH private key");
}

/* The bytes between the two marker lines. */
static bool decode(const char *text, struct cli_openssh *key)
{
        const char *begin = strstr(text, BEGIN), *end = begin ? strstr(begin, END) : NULL;
        EVP_ENCODE_CTX *ctx = end ? EVP_ENCODE_CTX_new() : NULL;
        size_t len;
        int n = 0, last = 0;

        if (!ctx)
                return false;
        begin += strlen(BEGIN);
        len = (size_t)(end - begin);
        key->bytes = len < 65536 ? malloc(len + 1) : NULL;
        EVP_DecodeInit(ctx);
        if (!key->bytes ||
            EVP_DecodeUpdate(ctx, key->bytes, &n, (const unsigned char *)begin, (int)len) < 0 ||
            EVP_DecodeFinal(ctx, key->bytes + n, &last) != 1)
                n = last = 0;
        EVP_ENCODE_CTX_free(ctx);
        key->len = (size_t)n + (size_t)last;
        return key->len > 0;
}

static bool split(struct cli_openssh *key)
{
        struct pjwt_ssh_bytes at = {key->bytes, key->len}, cipher, kdf, options;
        uint32_t count = 0;

        if (at.len < sizeof(MAGIC) || memcmp(at.at, MAGIC, sizeof(MAGIC)) != 0)
                return false;
        at.at += sizeof(MAGIC);
        at.len -= sizeof(MAGIC);
        if (!pjwt_ssh_take_string(&at, &cipher) || !pjwt_ssh_take_string(&at, &kdf) ||
            !pjwt_ssh_take_string(&at, &options) || !pjwt_ssh_take_number(&at, &count) || count != 1 ||
            !pjwt_ssh_take_string(&at, &key->blob) || !pjwt_ssh_take_string(&at, &key->secret))
                return false;
        key->encrypted = !pjwt_ssh_is(cipher, "none");
        return true;
}

enum pjwt_reason cli_openssh_open(const char *text, size_t len, struct cli_openssh *ret,
                                  struct pjwt_error *reterr)
{
        struct cli_openssh key = {0};

        if (memchr(text, '\0', len) || !decode(text, &key) || !split(&key)) {
                cli_openssh_clear(&key);
                return malformed(reterr);
        }
        *ret = key;
        return PJWT_OK;
}

void cli_openssh_clear(struct cli_openssh *key)
{
        pjwt_wipe_free(key->bytes, key->len);
        *key = (struct cli_openssh){0};
}

/* --- the JWK --- */

static void put_word(struct cli_buf *out, const char *name, const char *word)
{
        cli_buf_member(out, name);
        cli_buf_json_string(out, word);
}

static void put(struct cli_buf *out, const char *name, struct pjwt_ssh_bytes bytes)
{
        cli_buf_member(out, name);
        cli_buf_str(out, "\"");
        cli_buf_b64url(out, bytes.at, bytes.len);
        cli_buf_str(out, "\"");
}

/* n, e, d; a JWK may omit the factors. */
static bool put_rsa(struct pjwt_ssh_bytes *at, struct cli_buf *out)
{
        struct pjwt_ssh_bytes n, e, d, qi, p, q;

        if (!pjwt_ssh_take_mpint(at, &n) || !pjwt_ssh_take_mpint(at, &e) || !pjwt_ssh_take_mpint(at, &d) ||
            !pjwt_ssh_take_mpint(at, &qi) || !pjwt_ssh_take_mpint(at, &p) || !pjwt_ssh_take_mpint(at, &q))
                return false;
        put_word(out, "kty", "RSA");
        put(out, "n", n);
        put(out, "e", e);
        put(out, "d", d);
        return true;
}

static bool put_ec(struct pjwt_ssh_bytes *at, struct cli_buf *out)
{
        struct pjwt_ssh_bytes name, point, d;
        unsigned char full[PJWT_CURVE_SECRET_MAX] = {0};

        if (!pjwt_ssh_take_string(at, &name) || !pjwt_ssh_take_string(at, &point) ||
            !pjwt_ssh_take_mpint(at, &d))
                return false;
        for (size_t i = 0; i < PJWT_CURVE_COUNT; i++) {
                const struct pjwt_curve *curve = &pjwt_curves[i];
                size_t size = curve->public_size;

                if (!curve->ssh || !pjwt_ssh_is(name, curve->ssh))
                        continue;
                if (point.len != 1 + 2 * size || point.at[0] != 0x04 || d.len > size)
                        return false;
                memcpy(full + size - d.len, d.at, d.len);
                put_word(out, "kty", "EC");
                put_word(out, "crv", curve->name);
                put(out, "x", (struct pjwt_ssh_bytes){point.at + 1, size});
                put(out, "y", (struct pjwt_ssh_bytes){point.at + 1 + size, size});
                put(out, "d", (struct pjwt_ssh_bytes){full, size});
                pjwt_wipe(full, sizeof(full));
                return true;
        }
        return false;
}

/* The private key is the seed followed by the public key. */
static bool put_ed25519(struct pjwt_ssh_bytes *at, struct cli_buf *out)
{
        const struct pjwt_curve *curve = &pjwt_curves[PJWT_ED25519];
        struct pjwt_ssh_bytes public_half, both;

        if (!pjwt_ssh_take_string(at, &public_half) || public_half.len != curve->public_size ||
            !pjwt_ssh_take_string(at, &both) || both.len != curve->secret_size + curve->public_size)
                return false;
        put_word(out, "kty", "OKP");
        put_word(out, "crv", curve->name);
        put(out, "x", public_half);
        put(out, "d", (struct pjwt_ssh_bytes){both.at, curve->secret_size});
        return true;
}

/* The comment is followed by 1, 2, 3 and so on up to the cipher's block size. */
static bool is_end(struct pjwt_ssh_bytes at)
{
        struct pjwt_ssh_bytes comment;

        if (!pjwt_ssh_take_string(&at, &comment) || at.len > 255)
                return false;
        for (size_t i = 0; i < at.len; i++)
                if (at.at[i] != i + 1)
                        return false;
        return true;
}

enum pjwt_reason cli_openssh_jwk(const struct cli_openssh *key, struct cli_buf *out,
                                 struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes at = key->secret, type;
        uint32_t check = 0, again = 0;
        bool good;

        if (key->encrypted)
                return pjwt_fail(reterr, PJWT_BAD_KEY,
                                 "the key is encrypted; decrypt a copy with ssh-keygen -p");
        if (!pjwt_ssh_take_number(&at, &check) || !pjwt_ssh_take_number(&at, &again) || check != again ||
            !pjwt_ssh_take_string(&at, &type))
                return malformed(reterr);
        cli_buf_str(out, "{");
        if (pjwt_ssh_is(type, "ssh-rsa"))
                good = put_rsa(&at, out);
        else if (pjwt_ssh_is(type, "ssh-ed25519"))
                good = put_ed25519(&at, out);
        else if (type.len > 11 && memcmp(type.at, "ecdsa-sha2-", 11) == 0)
                good = put_ec(&at, out);
        else
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an OpenSSH key of type %.*s cannot sign JWTs",
                                 (int)(type.len < 60 ? type.len : 60), (const char *)type.at);
        cli_buf_str(out, "}");
        if (!good || !is_end(at))
                return malformed(reterr);
        return out->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}
