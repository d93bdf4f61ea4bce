#include "clientauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "form.h"
#include "jwkwrite.h"
#include "privread.h"
#include "privwrite.h"
#include "safefile.h"
#include "secret.h"
#include "sign.h"
#include "strictjson.h"

#define SECRET_MAX        4096
#define KEY_FILE_MAX      (64 * 1024)
#define ASSERTION_SECONDS 60

/*
 * Whether the provider lists this method. If it lists none, client_secret_basic is used (RFC 8414 section 2).
 */
static bool takes_method(struct json_object *document, const char *method)
{
        struct json_object *list = pjwt_json_member(document, "token_endpoint_auth_methods_supported");

        if (!json_object_is_type(list, json_type_array))
                return strcmp(method, "client_secret_basic") == 0;
        return pjwt_json_list_has(list, method);
}

static enum pjwt_reason read_secret(const char *path, char **ret, struct pjwt_error *reterr)
{
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, PJWT_FILE_SECRET | PJWT_FILE_LINKS, SECRET_MAX, &text, &len,
                                            NULL, reterr);

        if (r != PJWT_OK)
                return r;
        if (len > 0 && text[len - 1] == '\n')
                text[len - 1] = '\0';
        *ret = pjwt_secret_dup(text, strlen(text));
        pjwt_wipe_free(text, len + 1);
        if (!*ret)
                return pjwt_fail_memory(reterr);
        return **ret ? PJWT_OK : pjwt_fail(reterr, PJWT_CONFIG, "%.200s: the client secret is empty", path);
}

static bool has_ssh_twin(const char *path)
{
        char twin[4096];
        int n = snprintf(twin, sizeof(twin), "%s.pub", path);

        return n > 0 && n < (int)sizeof(twin) && access(twin, F_OK) == 0;
}

static enum pjwt_reason refuse_ssh_key(const char *path, const char *text, struct pjwt_error *reterr)
{
        if (strstr(text, "BEGIN OPENSSH PRIVATE KEY") || has_ssh_twin(path))
                return pjwt_fail(
                        reterr, PJWT_BAD_KEY,
                        "%.200s: an ssh key; client_key_file requires a separate key (pamjwt keygen)", path);
        return PJWT_OK;
}

static enum pjwt_reason refuse_bound_key(const char *path, const struct cli_privkey *key, const char *bound,
                                         struct pjwt_error *reterr)
{
        char thumbprint[44] = "";
        enum pjwt_reason r = cli_sign_thumbprint(key, thumbprint, reterr);

        if (r == PJWT_OK && bound && strcmp(bound, thumbprint) == 0)
                r = pjwt_fail(reterr, PJWT_BAD_KEY,
                              "%.200s: the ssh key that the token is bound to; client_key_file requires a "
                              "separate key",
                              path);
        return r;
}

static enum pjwt_reason read_key(const char *path, const char *bound, struct cli_privkey **ret,
                                 struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, PJWT_FILE_SECRET | PJWT_FILE_LINKS, KEY_FILE_MAX, &text,
                                            &len, NULL, reterr);

        if (r != PJWT_OK)
                return r;
        r = refuse_ssh_key(path, text, reterr);
        if (r == PJWT_OK && (r = cli_privkey_parse(text, len, NULL, ret, &err)) != PJWT_OK)
                r = pjwt_fail(reterr, r, "%.200s: %s", path, err.detail);
        pjwt_wipe_free(text, len + 1);
        if (r == PJWT_OK && (*ret)->kty == PJWT_KTY_OCT)
                r = pjwt_fail(reterr, PJWT_BAD_KEY,
                              "%.200s: private_key_jwt requires a private key, not a secret", path);
        return r == PJWT_OK ? refuse_bound_key(path, *ret, bound, reterr) : r;
}

enum pjwt_reason client_auth_open(const struct client_issuer *issuer, struct json_object *document,
                                  const char *bound, struct client_auth *ret, struct pjwt_error *reterr)
{
        struct client_auth auth = {.issuer = issuer};
        enum pjwt_reason r = PJWT_OK;

        if (issuer->client_secret_file)
                r = read_secret(issuer->client_secret_file, &auth.secret, reterr);
        else if (issuer->client_key_file)
                r = read_key(issuer->client_key_file, bound, &auth.key, reterr);
        auth.in_form = !takes_method(document, "client_secret_basic") &&
                       takes_method(document, "client_secret_post");
        if (r == PJWT_OK)
                *ret = auth;
        else
                client_auth_clear(&auth);
        return r;
}

void client_auth_clear(struct client_auth *auth)
{
        pjwt_wipe_free_str(auth->secret);
        cli_privkey_free(auth->key);
        *auth = (struct client_auth){0};
}

static enum pjwt_reason add_basic(const struct client_auth *auth, struct cli_buf *header,
                                  struct pjwt_error *reterr)
{
        struct cli_buf pair = {0};
        char *encoded = NULL;
        size_t size;

        form_encode(&pair, auth->issuer->client_id);
        cli_buf_str(&pair, ":");
        form_encode(&pair, auth->secret);
        size = pair.len / 3 * 4 + 5;
        if (!pair.failed && (encoded = malloc(size)) != NULL) {
                EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)pair.bytes, (int)pair.len);
                cli_buf_str(header, "Authorization: Basic ");
                cli_buf_str(header, encoded);
        }
        cli_buf_clear(&pair);
        if (!encoded || header->failed) {
                pjwt_wipe_free(encoded, encoded ? size : 0);
                return pjwt_fail_memory(reterr);
        }
        pjwt_wipe_free(encoded, size);
        return PJWT_OK;
}

/* RFC 7523 section 3: iss and sub are the client, aud is the provider. */
static enum pjwt_reason put_assertion(const struct client_auth *auth, int64_t now, struct cli_buf *jws,
                                      struct pjwt_error *reterr)
{
        const struct client_issuer *i = auth->issuer;
        const struct pjwt_alg *alg = cli_privkey_default_alg(auth->key);
        struct cli_buf header = {0}, claims = {0};
        char jti[CLI_SIGN_JTI];
        enum pjwt_reason r = cli_sign_fits(auth->key, alg, false, reterr);

        if (r == PJWT_OK && !cli_sign_jti(jti))
                r = pjwt_fail(reterr, PJWT_CRYPTO, "cannot generate random bytes");
        if (r != PJWT_OK)
                return r;
        cli_buf_str(&header, "{");
        cli_buf_member_string(&header, "alg", alg->name);
        if (auth->key->kid)
                cli_buf_member_string(&header, "kid", auth->key->kid);
        cli_buf_str(&header, "}");
        cli_buf_str(&claims, "{");
        cli_buf_member_string(&claims, "iss", i->client_id);
        cli_buf_member_string(&claims, "sub", i->client_id);
        cli_buf_member_string(&claims, "aud", i->assertion_audience ? i->assertion_audience : i->issuer);
        cli_buf_member_string(&claims, "jti", jti);
        cli_buf_member_number(&claims, "iat", now);
        cli_buf_member_number(&claims, "exp", now + ASSERTION_SECONDS);
        cli_buf_str(&claims, "}");
        r = cli_sign_input(&header, &claims, jws) ? cli_sign(auth->key, alg, jws, reterr)
                                                  : pjwt_fail_memory(reterr);
        cli_buf_clear(&header);
        cli_buf_clear(&claims);
        return r;
}

static enum pjwt_reason add_assertion(const struct client_auth *auth, int64_t now, struct cli_buf *form,
                                      struct pjwt_error *reterr)
{
        struct cli_buf jws = {0};
        enum pjwt_reason r = put_assertion(auth, now, &jws, reterr);

        if (r == PJWT_OK) {
                form_add(form, "client_id", auth->issuer->client_id);
                form_add(form, "client_assertion_type",
                         "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
                form_add(form, "client_assertion", jws.bytes);
        }
        cli_buf_clear(&jws);
        return r;
}

enum pjwt_reason client_auth_add(const struct client_auth *auth, int64_t now, struct cli_buf *form,
                                 struct cli_buf *header, struct pjwt_error *reterr)
{
        if (auth->key)
                return add_assertion(auth, now, form, reterr);
        if (auth->secret && !auth->in_form)
                return add_basic(auth, header, reterr);
        form_add(form, "client_id", auth->issuer->client_id);
        form_add(form, "client_secret", auth->secret);
        return form->failed ? pjwt_fail_memory(reterr) : PJWT_OK;
}
