#include "sshpub.h"

#include <stdlib.h>
#include <string.h>

#include "jsonwrite.h"
#include "sshkey.h"
#include "sshwire.h"

static enum pjwt_reason check_type(const unsigned char *name, size_t len, struct ssh_public *key,
                                   struct pjwt_error *reterr)
{
        key->type = ssh_key_type_find((const char *)name, len);
        if (!key->type)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an ssh key of unknown type \"%.*s\"",
                                 (int)(len < 60 ? len : 60), (const char *)name);
        if (!key->type->alg)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a key of type %s: %s", key->type->name,
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
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a truncated ssh public key");
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

/* The bytes of `TYPE BASE64`, which precede the comment. */
static enum pjwt_reason decode(const char *text, size_t len, unsigned char **ret, size_t *retlen,
                               struct pjwt_error *reterr)
{
        enum pjwt_reason r = pjwt_sshkey_blob(text, len, ret, retlen, NULL);

        if (r == PJWT_OK || r == PJWT_NO_MEMORY)
                return r == PJWT_OK ? r : pjwt_fail_memory(reterr);
        return pjwt_fail(reterr, PJWT_BAD_KEY, "not an ssh public key");
}

enum pjwt_reason ssh_public_read(const char *text, struct ssh_public *ret, struct pjwt_error *reterr)
{
        size_t type = strcspn(text, " ");
        unsigned char *blob = NULL;
        size_t blob_len = 0;
        enum pjwt_reason r = decode(text, pjwt_sshkey_words(text), &blob, &blob_len, reterr);

        if (r != PJWT_OK)
                return r;
        r = ssh_public_from_blob(blob, blob_len, ret, reterr);
        free(blob);
        if (r == PJWT_OK && (strlen(ret->type->name) != type || memcmp(ret->type->name, text, type) != 0)) {
                ssh_public_clear(ret);
                return pjwt_fail(reterr, PJWT_BAD_KEY,
                                 "an ssh public key whose type does not match its contents");
        }
        return r;
}

void ssh_public_clear(struct ssh_public *key)
{
        free(key->blob);
        *key = (struct ssh_public){0};
}

enum pjwt_reason ssh_public_jwk(const struct ssh_public *key, struct cli_buf *out, struct pjwt_error *reterr)
{
        struct json_object *jwk = NULL;
        struct pjwt_error err = {0};
        const char *text;
        enum pjwt_reason r = pjwt_sshkey_jwk(key->blob, key->blob_len, &jwk, &err);

        if (r == PJWT_BAD_PROOF)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "%s", err.detail);
        text = r == PJWT_OK ? pjwt_json_text(jwk) : NULL;
        if (text)
                cli_buf_str(out, text);
        json_object_put(jwk);
        return text && !out->failed ? PJWT_OK : pjwt_fail_memory(reterr);
}
