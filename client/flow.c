#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "form.h"
#include "safefile.h"
#include "secret.h"
#include "token.h"

#define EXCHANGE    "urn:ietf:params:oauth:grant-type:token-exchange"
#define TYPE_JWT    "urn:ietf:params:oauth:token-type:jwt"
#define TYPE_ACCESS "urn:ietf:params:oauth:token-type:access_token"

/* The state of one call. */
struct call {
        const struct flow_request *request;
        struct signer *signer; /* NULL: none */
        struct provider provider;
        char *resource;
        char *audience;
};

/* --- the flows --- */

static void add_wanted(struct call *c, struct cli_buf *form)
{
        form_add(form, "scope", c->request->issuer->scope);
        form_add(form, "resource", c->resource);
        form_add(form, "audience", c->audience);
}

static enum pjwt_reason ask(struct call *c, struct cli_buf *form, struct token_response *ret,
                            struct token_fault *retfault, struct pjwt_error *reterr)
{
        enum pjwt_reason r;

        add_wanted(c, form);
        r = form->failed ? pjwt_fail_memory(reterr)
                         : provider_token(&c->provider, form, ret, retfault, reterr);
        cli_buf_clear(form);
        return r;
}

static enum pjwt_reason by_device(struct call *c, struct token_response *ret, struct pjwt_error *reterr)
{
        const struct flow_request *request = c->request;
        const struct device_show show = {.out = request->out, .host = request->host, .qr = request->qr};
        struct cli_buf wanted = {0};
        enum pjwt_reason r;

        add_wanted(c, &wanted);
        r = wanted.failed ? pjwt_fail_memory(reterr)
                          : device_token(&c->provider, &wanted, &show, ret, reterr);
        cli_buf_clear(&wanted);
        return r;
}

static enum pjwt_reason by_credentials(struct call *c, struct token_response *ret, struct pjwt_error *reterr)
{
        struct cli_buf form = {0};
        struct token_fault fault;

        form_add(&form, "grant_type", "client_credentials");
        return ask(c, &form, ret, &fault, reterr);
}

static enum pjwt_reason by_refresh_token(struct call *c, const char *token, struct token_response *ret,
                                         struct token_fault *retfault, struct pjwt_error *reterr)
{
        struct cli_buf form = {0};

        form_add(&form, "grant_type", "refresh_token");
        form_add(&form, "refresh_token", token);
        return ask(c, &form, ret, retfault, reterr);
}

/* A token in a file, without the newline. *ret is for pjwt_wipe_free_str(). */
static enum pjwt_reason read_token(const char *path, unsigned flags, char **ret, struct pjwt_error *reterr)
{
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r =
                pjwt_file_read(path, flags | PJWT_FILE_LINKS, PJWT_TOKEN_MAX, &text, &len, NULL, reterr);

        if (r != PJWT_OK)
                return r;
        *ret = pjwt_secret_dup(text, strcspn(text, " \r\n"));
        pjwt_wipe_free(text, len + 1);
        if (!*ret)
                return pjwt_fail_memory(reterr);
        return **ret ? PJWT_OK
                     : pjwt_fail(reterr, PJWT_CONFIG, "%.200s: the file does not contain a token", path);
}

static enum pjwt_reason by_refresh(struct call *c, struct token_response *ret, struct pjwt_error *reterr)
{
        struct token_fault fault;
        char *token = NULL;
        enum pjwt_reason r =
                read_token(c->request->issuer->refresh_token_file, PJWT_FILE_SECRET, &token, reterr);

        if (r == PJWT_OK)
                r = by_refresh_token(c, token, ret, &fault, reterr);
        pjwt_wipe_free_str(token);
        return r;
}

static enum pjwt_reason by_exchange(struct call *c, struct token_response *ret, struct pjwt_error *reterr)
{
        const struct client_issuer *i = c->request->issuer;
        struct cli_buf form = {0};
        struct token_fault fault;
        char *token = NULL;
        enum pjwt_reason r = read_token(i->subject_token_file, 0, &token, reterr);

        if (r == PJWT_OK) {
                form_add(&form, "grant_type", EXCHANGE);
                form_add(&form, "subject_token", token);
                form_add(&form, "subject_token_type",
                         i->subject_token_type ? i->subject_token_type : TYPE_JWT);
                form_add(&form, "requested_token_type", TYPE_ACCESS);
                r = ask(c, &form, ret, &fault, reterr);
        }
        pjwt_wipe_free_str(token);
        return r;
}

static enum pjwt_reason by_flow(struct call *c, struct token_response *ret, struct pjwt_error *reterr)
{
        static enum pjwt_reason (*const flows[])(struct call *, struct token_response *,
                                                 struct pjwt_error *) = {
                [CLIENT_DEVICE] = by_device,
                [CLIENT_CREDENTIALS] = by_credentials,
                [CLIENT_REFRESH] = by_refresh,
                [CLIENT_EXCHANGE] = by_exchange,
        };

        return flows[c->request->issuer->flow](c, ret, reterr);
}

/* --- what came back --- */

static enum pjwt_reason check_binding(const struct call *c, const struct pjwt_token *token,
                                      struct pjwt_error *reterr)
{
        struct json_object *cnf = pjwt_json_member(token->claims, "cnf");
        const char *jkt = pjwt_json_string(pjwt_json_member(cnf, "jkt"), NULL);

        if (!c->signer || (jkt && strcmp(jkt, c->signer->thumbprint) == 0))
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_BOUND,
                         "the provider's token is bound to %s, not to the key %.200s (cnf.jkt %s)",
                         jkt ? "another key" : "no key", c->signer->path, c->signer->thumbprint);
}

/*
 * The host decides about the token; this only warns early what it would report, and when the token expires.
 */
static enum pjwt_reason check_token(const struct call *c, const struct token_response *response,
                                    int64_t *retexp, struct pjwt_error *reterr)
{
        const char *text = response->access_token ? response->access_token : "";
        struct pjwt_error err = {0};
        struct pjwt_token *token = NULL;
        enum pjwt_reason r = pjwt_token_parse(text, strlen(text), 0, &token, &err);

        if (r != PJWT_OK)
                return pjwt_fail(
                        reterr, r,
                        "the provider's access token cannot log in: %s; request a JWT by setting resource "
                        "or audience",
                        err.detail);
        r = check_binding(c, token, reterr);
        if (r == PJWT_OK && !pjwt_json_numericdate(pjwt_json_member(token->claims, "exp"), retexp, NULL))
                r = pjwt_fail(reterr, PJWT_CLAIM_MISSING, "the provider's access token has no exp");
        if (response->expires_in >= 0 && c->request->now + response->expires_in < *retexp)
                *retexp = c->request->now + response->expires_in;
        pjwt_token_free(token);
        return r;
}

static enum pjwt_reason take_response(const struct call *c, struct token_response *response,
                                      struct kept *kept, struct pjwt_error *reterr)
{
        int64_t exp = 0;
        enum pjwt_reason r = check_token(c, response, &exp, reterr);

        if (r != PJWT_OK)
                return r;
        pjwt_wipe_free_str(kept->access_token);
        kept->access_token = response->access_token;
        kept->exp = exp;
        response->access_token = NULL;
        if (response->refresh_token) { /* else the old one remains valid (RFC 6749 section 6) */
                pjwt_wipe_free_str(kept->refresh_token);
                kept->refresh_token = response->refresh_token;
                response->refresh_token = NULL;
        }
        return PJWT_OK;
}

/* --- one call --- */

/*
 * Uses the kept refresh token, if there is one and the provider still accepts it; else the configured flow.
 */
static enum pjwt_reason ask_provider(struct call *c, struct kept *kept, struct pjwt_error *reterr)
{
        struct token_response response = {0};
        struct token_fault fault = {0};
        enum pjwt_reason r = PJWT_UNDECIDED;

        if (kept->refresh_token) {
                struct pjwt_error err = {0};

                r = by_refresh_token(c, kept->refresh_token, &response, &fault, &err);
                if (r != PJWT_OK && strcmp(fault.error, "invalid_grant") != 0)
                        return pjwt_fail(reterr, r, "%s", err.detail);
        }
        if (r != PJWT_OK) {
                pjwt_wipe_free_str(kept->refresh_token);
                kept->refresh_token = NULL;
                r = by_flow(c, &response, reterr);
        }
        if (r == PJWT_OK)
                r = take_response(c, &response, kept, reterr);
        token_response_clear(&response);
        return r;
}

static enum pjwt_reason renew(struct call *c, const struct keep *keep, struct kept *kept,
                              struct pjwt_error *reterr)
{
        enum pjwt_reason r = provider_open(c->request->issuer, c->signer, &c->provider, reterr);

        if (r != PJWT_OK)
                return r;
        r = ask_provider(c, kept, reterr);
        provider_close(&c->provider);
        return r == PJWT_OK ? keep_write(keep, kept, reterr) : r;
}

static const char *or_empty(const char *text)
{
        return text ? text : "";
}

static enum pjwt_reason kept_or_new(struct call *c, struct kept *ret, struct pjwt_error *reterr)
{
        const struct client_issuer *i = c->request->issuer;
        const char *words[] = {i->issuer,
                               i->client_id,
                               or_empty(i->flow_name),
                               or_empty(i->scope),
                               or_empty(c->resource),
                               or_empty(c->audience),
                               c->signer ? c->signer->thumbprint : "",
                               or_empty(i->subject_token_file),
                               or_empty(i->refresh_token_file),
                               NULL};
        struct keep keep;
        struct kept kept = {0};
        enum pjwt_reason r = PJWT_OK;

        for (size_t w = 0; w + 1 < sizeof(words) / sizeof(words[0]); w++)
                words[w] = or_empty(words[w]);
        keep_open(words, &keep);
        keep_read(&keep, c->request->now, &kept);
        if (c->request->renew || !kept.access_token)
                r = renew(c, &keep, &kept, reterr);
        keep_close(&keep);
        if (r == PJWT_OK)
                *ret = kept;
        else
                kept_clear(&kept);
        return r;
}

static enum pjwt_reason expand(const struct call *c, const char *value, char **ret, struct pjwt_error *reterr)
{
        return value ? client_conf_expand(value, c->request->host, ret, reterr) : PJWT_OK;
}

enum pjwt_reason flow_token(const struct flow_request *request, struct kept *ret, char retkey[44],
                            struct pjwt_error *reterr)
{
        struct signer signer = {0};
        struct call call = {.request = request};
        enum pjwt_reason r = expand(&call, request->target->resource, &call.resource, reterr);

        if (r == PJWT_OK)
                r = expand(&call, request->target->audience, &call.audience, reterr);
        if (r == PJWT_OK && request->target->key) {
                r = signer_open(request->target->key, &signer, reterr);
                call.signer = &signer;
        }
        if (r == PJWT_OK)
                r = kept_or_new(&call, ret, reterr);
        if (r == PJWT_OK)
                memcpy(retkey, signer.thumbprint, sizeof(signer.thumbprint));
        free(call.resource);
        free(call.audience);
        signer_clear(&signer);
        return r;
}
