#include "sshpub.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "sshwire.h"

static enum pjwt_reason check_type(const unsigned char *name, size_t len, struct ssh_public *key,
                                   struct pjwt_error *reterr)
{
        key->type = ssh_key_type_find((const char *)name, len);
        if (!key->type)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an ssh key of the unknown type \"%.*s\"",
                                 (int)(len < 60 ? len : 60), (const char *)name);
        if (!key->type->alg)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a key of the type %s: %s", key->type->name,
                                 key->type->why_not);
        return PJWT_OK;
}

enum pjwt_reason ssh_public_from_blob(const unsigned char *blob, size_t len, struct ssh_public *ret,
                                      struct pjwt_error *reterr)
{
        struct ssh_public key = {.blob_len = len};
        struct pjwt_ssh_bytes at = {blob, len}, name;
        enum pjwt_reason r;

        if (!pjwt_ssh_take_string(&at, &name))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an ssh public key that is cut");
        r = check_type(name.at, name.len, &key, reterr);
        if (r != PJWT_OK)
                return r;
        key.blob = malloc(len);
        if (!key.blob)
                return pjwt_fail_memory(reterr);
        memcpy(key.blob, blob, len);
        *ret = key;
        return PJWT_OK;
}

/* Strict base64 (RFC 4648 section 4); *ret is for free(). */
static bool decode(const char *text, size_t len, unsigned char **ret, size_t *retlen)
{
        unsigned char *bytes;
        int n;

        if (len == 0 || len % 4 != 0 || len > 16384 ||
            strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") < len)
                return false;
        bytes = malloc(len / 4 * 3 + 1);
        n = bytes ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) : -1;
        if (n < 3) {
                free(bytes);
                return false;
        }
        *ret = bytes;
        *retlen = (size_t)n - (text[len - 1] == '=') - (text[len - 2] == '=');
        return true;
}

enum pjwt_reason ssh_public_read(const char *text, size_t len, struct ssh_public *ret,
                                 struct pjwt_error *reterr)
{
        const char *end = memchr(text, '\n', len);
        const char *space = memchr(text, ' ', end ? (size_t)(end - text) : len);
        const char *data = space ? space + 1 : text;
        size_t data_len = space ? strcspn(data, " \r\n") : 0;
        unsigned char *blob = NULL;
        size_t blob_len = 0;
        enum pjwt_reason r;

        if (!space || !decode(data, data_len, &blob, &blob_len))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "no ssh public key");
        r = ssh_public_from_blob(blob, blob_len, ret, reterr);
        free(blob);
        if (r == PJWT_OK && (strlen(ret->type->name) != (size_t)(space - text) ||
                             memcmp(ret->type->name, text, (size_t)(space - text)) != 0)) {
                ssh_public_clear(ret);
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an ssh public key of another type than it says");
        }
        return r;
}

void ssh_public_clear(struct ssh_public *key)
{
        free(key->blob);
        *key = (struct ssh_public){0};
}

/* --- the JWK --- */

static void put(struct cli_buf *out, const char *name, const unsigned char *bytes, size_t len)
{
        cli_buf_member(out, name);
        cli_buf_str(out, "\"");
        cli_buf_b64url(out, bytes, len);
        cli_buf_str(out, "\"");
}

static void put_word(struct cli_buf *out, const char *name, const char *word)
{
        cli_buf_member(out, name);
        cli_buf_json_string(out, word);
}

static bool put_rsa(struct pjwt_ssh_bytes *at, struct cli_buf *out)
{
        struct pjwt_ssh_bytes e, n;

        if (!pjwt_ssh_take_mpint(at, &e) || !pjwt_ssh_take_mpint(at, &n))
                return false;
        put_word(out, "kty", "RSA");
        put(out, "n", n.at, n.len);
        put(out, "e", e.at, e.len);
        return true;
}

static bool put_ec(const char *curve, struct pjwt_ssh_bytes *at, struct cli_buf *out)
{
        static const struct {
                const char *ssh, *jwk;
                size_t size;
        } curves[] = {{"nistp256", "P-256", 32}, {"nistp384", "P-384", 48}, {"nistp521", "P-521", 66}};
        struct pjwt_ssh_bytes name, point;

        if (!pjwt_ssh_take_string(at, &name) || !pjwt_ssh_is(name, curve) ||
            !pjwt_ssh_take_string(at, &point))
                return false;
        for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
                size_t size = curves[i].size;

                if (strcmp(curves[i].ssh, curve) != 0)
                        continue;
                if (point.len != 1 + 2 * size || point.at[0] != 0x04)
                        return false;
                put_word(out, "kty", "EC");
                put_word(out, "crv", curves[i].jwk);
                put(out, "x", point.at + 1, size);
                put(out, "y", point.at + 1 + size, size);
                return true;
        }
        return false;
}

static bool put_ed25519(struct pjwt_ssh_bytes *at, struct cli_buf *out)
{
        struct pjwt_ssh_bytes point;

        if (!pjwt_ssh_take_string(at, &point) || point.len != 32)
                return false;
        put_word(out, "kty", "OKP");
        put_word(out, "crv", "Ed25519");
        put(out, "x", point.at, point.len);
        return true;
}

static bool put_key(const struct ssh_public *key, struct cli_buf *out)
{
        const char *type = key->type->name;
        struct pjwt_ssh_bytes at = {key->blob, key->blob_len}, name;
        bool good = pjwt_ssh_take_string(&at, &name);

        if (strcmp(type, "ssh-rsa") == 0)
                good = good && put_rsa(&at, out);
        else if (strcmp(type, "ssh-ed25519") == 0)
                good = good && put_ed25519(&at, out);
        else
                good = good && put_ec(type + strlen("ecdsa-sha2-"), &at, out);
        return good && at.len == 0;
}

enum pjwt_reason ssh_public_jwk(const struct ssh_public *key, struct cli_buf *out, struct pjwt_error *reterr)
{
        bool good;

        cli_buf_str(out, "{");
        good = put_key(key, out);
        cli_buf_str(out, "}");
        if (out->failed)
                return pjwt_fail_memory(reterr);
        return good ? PJWT_OK : pjwt_fail(reterr, PJWT_BAD_KEY, "an ssh public key that is malformed");
}
