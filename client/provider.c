#include "provider.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "discover.h"
#include "dpop.h"
#include "safefile.h"
#include "secret.h"

#define CA_MAX      (4 * 1024 * 1024)
#define CLOCK_SLACK 30 /* seconds that two clocks may differ without a warning */

static struct fetch_get how_to_ask(const struct provider *p)
{
        return (struct fetch_get){
                .agent = "pamjwt-token/" PJWT_VERSION,
                .proxy = p->issuer->proxy,
                .ca = p->ca,
                .ca_len = p->ca_len,
                .deadline = pjwt_boot_ms() + p->issuer->timeout * 1000,
        };
}

static enum pjwt_reason discover(struct provider *p, struct pjwt_error *reterr)
{
        struct fetch_get how = how_to_ask(p);
        enum pjwt_reason r = fetch_discover(&how, p->issuer->issuer, &p->document, p->from, NULL, reterr);

        return r == PJWT_OK
                       ? fetch_discovered_url(p->document, p->from, "token_endpoint", p->token_url, reterr)
                       : r;
}

enum pjwt_reason provider_open(const struct client_issuer *issuer, struct signer *signer,
                               struct provider *ret, struct pjwt_error *reterr)
{
        struct provider p = {.issuer = issuer, .signer = signer};
        enum pjwt_reason r = PJWT_OK;

        if (issuer->ca_file)
                r = pjwt_file_read(issuer->ca_file, PJWT_FILE_LINKS, CA_MAX, &p.ca, &p.ca_len, NULL, reterr);
        if (r == PJWT_OK)
                r = discover(&p, reterr);
        if (r == PJWT_OK && signer)
                r = signer_choose_alg(
                        signer, pjwt_json_member(p.document, "dpop_signing_alg_values_supported"), reterr);
        if (r == PJWT_OK)
                r = client_auth_open(issuer, p.document, signer ? signer->thumbprint : NULL, &p.auth, reterr);
        if (r == PJWT_OK)
                *ret = p;
        else
                provider_close(&p);
        return r;
}

void provider_close(struct provider *provider)
{
        client_auth_clear(&provider->auth);
        json_object_put(provider->document);
        free(provider->ca);
        *provider = (struct provider){0};
}

static enum pjwt_reason add_proof(const struct provider *p, const char *url, struct cli_buf *line,
                                  struct pjwt_error *reterr)
{
        const struct dpop_request request = {
                .method = "POST", .url = url, .nonce = p->nonce, .now = (int64_t)time(NULL)};
        struct cli_buf proof = {0};
        enum pjwt_reason r = dpop_proof(p->signer, &request, &proof, reterr);

        if (r == PJWT_OK) {
                cli_buf_str(line, "DPoP: ");
                cli_buf_add(line, proof.bytes, proof.len);
        }
        cli_buf_clear(&proof);
        return r == PJWT_OK && line->failed ? pjwt_fail_memory(reterr) : r;
}

enum pjwt_reason provider_try_proof(const struct provider *provider, struct pjwt_error *reterr)
{
        struct cli_buf line = {0};
        enum pjwt_reason r =
                provider->signer ? add_proof(provider, provider->token_url, &line, reterr) : PJWT_OK;

        cli_buf_clear(&line);
        return r;
}

enum pjwt_reason provider_post(struct provider *provider, const char *url, const struct cli_buf *form,
                               bool prove, struct fetch_response *ret, struct pjwt_error *reterr)
{
        struct fetch_get post = how_to_ask(provider);
        struct cli_buf body = {0}, client = {0}, proof = {0};
        const char *lines[3] = {0};
        size_t count = 0;
        enum pjwt_reason r;

        cli_buf_add(&body, form->bytes, form->len);
        r = client_auth_add(&provider->auth, (int64_t)time(NULL), &body, &client, reterr);
        if (r == PJWT_OK && prove && provider->signer)
                r = add_proof(provider, url, &proof, reterr);
        if (r == PJWT_OK && body.failed)
                r = pjwt_fail_memory(reterr);
        if (client.len)
                lines[count++] = client.bytes;
        if (proof.len)
                lines[count++] = proof.bytes;
        post.url = url;
        post.form = body.bytes;
        post.headers = lines;
        if (r == PJWT_OK)
                r = fetch_http_get(&post, ret, reterr);
        if (r == PJWT_OK && ret->dpop_nonce[0])
                memcpy(provider->nonce, ret->dpop_nonce, sizeof(provider->nonce));
        cli_buf_clear(&body);
        cli_buf_clear(&client);
        cli_buf_clear(&proof);
        return r;
}

/* A proof or an assertion fails if two clocks differ, which is easily overlooked. */
static void say_skew(const struct fetch_response *response, char *out, size_t size)
{
        int64_t ahead = response->date ? (int64_t)time(NULL) - response->date : 0;

        out[0] = '\0';
        if (ahead > CLOCK_SLACK || ahead < -CLOCK_SLACK)
                (void)snprintf(out, size,
                               "; the clock of this machine is %" PRId64 " seconds %s the provider's",
                               ahead > 0 ? ahead : -ahead, ahead > 0 ? "ahead of" : "behind");
}

enum pjwt_reason provider_refused(const char *url, const struct fetch_response *response,
                                  const struct token_fault *fault, struct pjwt_error *reterr)
{
        const char *text = token_fault_text(fault->error);
        char skew[120];

        if (!fault->error[0] || response->status / 100 == 5)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: HTTP status %ld%s%s%.100s%s", url,
                                 response->status,
                                 response->status / 100 == 3 ? ", and redirects are not followed" : "",
                                 fault->error[0] ? " (" : "", fault->error, fault->error[0] ? ")" : "");
        say_skew(response, skew, sizeof(skew));
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s (%s%s%.160s)%s",
                         text ? text : "the provider refused the request", fault->error,
                         fault->description[0] ? ": " : "", fault->description, skew);
}

/* retagain: the provider requires its nonce in the proof, and sent one. */
static enum pjwt_reason ask(struct provider *p, const struct cli_buf *form, struct token_response *ret,
                            struct token_fault *retfault, bool *retagain, struct pjwt_error *reterr)
{
        struct fetch_response response = {0};
        enum pjwt_reason r = provider_post(p, p->token_url, form, true, &response, reterr);

        *retfault = (struct token_fault){.unreached = r == PJWT_FETCH_FAILED};
        *retagain = false;
        if (r == PJWT_OK && response.status == 200) {
                r = token_response_read(response.body, response.len, ret, reterr);
        } else if (r == PJWT_OK) {
                token_fault_read(response.body, response.len, retfault);
                retfault->unreached = !retfault->error[0] && response.status / 100 == 5;
                *retagain = response.dpop_nonce[0] && strcmp(retfault->error, "use_dpop_nonce") == 0;
                r = provider_refused(p->token_url, &response, retfault, reterr);
        }
        if (response.body)
                pjwt_wipe(response.body, response.len);
        fetch_response_clear(&response);
        return r;
}

/* RFC 9449 section 5: a provider that does not bind tokens answers with the type Bearer. */
static enum pjwt_reason check_type(const struct provider *p, struct token_response *response,
                                   struct pjwt_error *reterr)
{
        if (response->dpop == (p->signer != NULL))
                return PJWT_OK;
        token_response_clear(response);
        return pjwt_fail(
                reterr, PJWT_FETCH_FAILED,
                p->signer ? "the provider issued a token that is not bound to a key (token_type Bearer): it "
                            "does not support DPoP, or not for this client"
                          : "the provider issued a token that is bound to a key, though no key was used");
}

enum pjwt_reason provider_token(struct provider *provider, const struct cli_buf *form,
                                struct token_response *ret, struct token_fault *retfault,
                                struct pjwt_error *reterr)
{
        struct pjwt_error first = {0};
        bool again = false;
        enum pjwt_reason r = ask(provider, form, ret, retfault, &again, &first);

        if (again)
                r = ask(provider, form, ret, retfault, &again, reterr);
        else if (r != PJWT_OK)
                return pjwt_fail(reterr, first.reason, "%s", first.detail);
        return r == PJWT_OK ? check_type(provider, ret, reterr) : r;
}
