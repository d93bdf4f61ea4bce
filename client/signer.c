#include "signer.h"

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "jsonwrite.h"
#include "jwkwrite.h"
#include "opensshkey.h"
#include "privread.h"
#include "privwrite.h"
#include "safefile.h"
#include "secret.h"
#include "sign.h"
#include "strictjson.h"
#include "token.h"
#include "verify.h"

#define KEY_FILE_MAX (64 * 1024)

void signer_clear(struct signer *signer)
{
        cli_privkey_free(signer->file);
        ssh_public_clear(&signer->agent);
        pjwt_keyset_free(signer->public_key);
        *signer = (struct signer){0};
}

/* A .pub file begins with ssh's name for the type of key. */
static bool is_public_line(const char *text)
{
        return ssh_key_type_find(text, strcspn(text, " \n")) != NULL;
}

/* The private key in the file, or its public key for the agent if the file is encrypted or public. */
static enum pjwt_reason read_key(const char *text, size_t len, struct signer *s, struct pjwt_error *reterr)
{
        struct cli_openssh file = {0};
        enum pjwt_reason r;

        if (is_public_line(text))
                return ssh_public_read(text, &s->agent, reterr);
        if (!cli_openssh_is(text))
                return cli_privkey_parse(text, len, NULL, &s->file, reterr);
        r = cli_openssh_open(text, len, &file, reterr);
        if (r == PJWT_OK) /* also reports why a key of this type cannot sign proofs */
                r = ssh_public_from_blob(file.blob.at, file.blob.len, &s->agent, reterr);
        if (r == PJWT_OK && !file.encrypted) {
                ssh_public_clear(&s->agent);
                r = cli_privkey_parse(text, len, NULL, &s->file, reterr);
        }
        cli_openssh_clear(&file);
        return r;
}

static enum pjwt_reason make_public(struct signer *s, struct pjwt_error *reterr)
{
        struct cli_buf jwk = {0};
        enum pjwt_reason r = s->file ? cli_privkey_jwk(s->file, false, &jwk, reterr)
                                     : ssh_public_jwk(&s->agent, &jwk, reterr);

        if (r == PJWT_OK)
                r = pjwt_keyset_parse(jwk.bytes, jwk.len, PJWT_KEYS_PUBLIC_ONLY, &s->public_key, reterr);
        if (r == PJWT_OK)
                r = pjwt_keyset_check_all(s->public_key, reterr);
        if (r == PJWT_OK)
                r = pjwt_key_thumbprint(&s->public_key->keys[0], s->thumbprint, reterr);
        cli_buf_clear(&jwk);
        return r;
}

enum pjwt_reason signer_open(const char *path, struct signer *ret, struct pjwt_error *reterr)
{
        struct signer s = {.path = path};
        struct pjwt_error err = {0};
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, PJWT_FILE_LINKS, KEY_FILE_MAX, &text, &len, NULL, reterr);

        if (r == PJWT_OK && !is_public_line(text)) { /* again, with the checks for secrets */
                pjwt_wipe_free(text, len + 1);
                text = NULL;
                r = pjwt_file_read(path, PJWT_FILE_LINKS | PJWT_FILE_SECRET, KEY_FILE_MAX, &text, &len, NULL,
                                   reterr);
        }
        if (r != PJWT_OK)
                return r;
        r = read_key(text, len, &s, &err);
        pjwt_wipe_free(text, len + 1);
        if (r == PJWT_OK)
                r = make_public(&s, &err);
        if (r == PJWT_OK) {
                *ret = s;
                return PJWT_OK;
        }
        signer_clear(&s);
        return pjwt_fail(reterr, r, "%.200s: %s", path, err.detail);
}

/*
 * The agent signs with the one algorithm of the key's type; a file with any that suits it. EdDSA and Ed25519
 * are two names for the same algorithm (RFC 9864).
 */
static bool can_sign(const struct signer *s, const struct pjwt_alg *alg)
{
        if (s->file)
                return alg->kty != PJWT_KTY_OCT && cli_sign_fits(s->file, alg, false, NULL) == PJWT_OK;
        return strcmp(alg->name, s->agent.type->alg) == 0 ||
               (strcmp(s->agent.type->alg, "EdDSA") == 0 && strcmp(alg->name, "Ed25519") == 0);
}

enum pjwt_reason signer_choose_alg(struct signer *signer, struct json_object *takes,
                                   struct pjwt_error *reterr)
{
        const char *first = NULL;

        for (size_t i = 0; pjwt_alg_at(i); i++) {
                const struct pjwt_alg *alg = pjwt_alg_at(i);

                if (!can_sign(signer, alg))
                        continue;
                first = first ? first : alg->name;
                if (json_object_is_type(takes, json_type_array) && !pjwt_json_list_has(takes, alg->name))
                        continue; /* a provider that lists none accepts all */
                signer->alg = alg;
                return PJWT_OK;
        }
        return pjwt_fail(reterr, PJWT_BAD_KEY,
                         "%.200s: the provider does not accept proofs in %s, only in %.200s", signer->path,
                         first ? first : "any algorithm of this key",
                         takes ? pjwt_json_text(takes) : "others");
}

static enum pjwt_reason sign_by_agent(const struct signer *s, struct cli_buf *buf, struct pjwt_error *reterr)
{
        const struct pjwt_key *key = &s->public_key->keys[0];
        size_t size = pjwt_alg_signature_size(s->alg, key->curve, key->bits);
        const struct agent_request request = {s->agent.blob, s->agent.blob_len, s->agent.type,
                                              buf->bytes,    buf->len,          size};
        unsigned char out[AGENT_SIGNATURE_MAX];
        struct pjwt_error err = {0};
        enum pjwt_reason r = agent_sign(&request, out, &err);

        if (r != PJWT_OK)
                return pjwt_fail(reterr, r, "%.200s: %s", s->path, err.detail);
        cli_buf_str(buf, ".");
        cli_buf_b64url(buf, out, request.size);
        return buf->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}

static enum pjwt_reason check(const struct signer *s, const struct cli_buf *jws, struct pjwt_error *reterr)
{
        const struct pjwt_key *key = &s->public_key->keys[0];
        const struct pjwt_key *held = NULL;
        struct pjwt_token *token = NULL;
        enum pjwt_reason r = pjwt_token_parse(jws->bytes, jws->len, 0, &token, reterr);

        if (r == PJWT_OK && pjwt_verify_token(&key, 1, token, &held, NULL) != PJWT_OK)
                r = pjwt_fail(reterr, PJWT_BAD_KEY, "%.200s: the signature cannot be verified with this key",
                              s->path);
        pjwt_token_free(token);
        return r;
}

enum pjwt_reason signer_sign(const struct signer *signer, struct cli_buf *buf, struct pjwt_error *reterr)
{
        enum pjwt_reason r = signer->file ? cli_sign(signer->file, signer->alg, buf, reterr)
                                          : sign_by_agent(signer, buf, reterr);

        return r == PJWT_OK ? check(signer, buf, reterr) : r;
}
