#include "dpop.h"

#include <stdio.h>
#include <string.h>

#include "jwkwrite.h"
#include "sign.h"

static bool put_header(const struct signer *signer, struct cli_buf *out)
{
        struct json_object *jwk = pjwt_key_jwk(&signer->public_key->keys[0]);

        if (!jwk)
                return false;
        json_object_object_del(jwk, "kid"); /* only the members of the thumbprint */
        json_object_object_del(jwk, "alg");
        cli_buf_str(out, "{");
        cli_buf_member_string(out, "typ", "dpop+jwt");
        cli_buf_member_string(out, "alg", signer->alg->name);
        cli_buf_member_json(out, "jwk", jwk);
        cli_buf_str(out, "}");
        json_object_put(jwk);
        return !out->failed;
}

static bool put_claims(const struct dpop_request *request, struct cli_buf *out)
{
        char jti[CLI_SIGN_JTI], url[2048];

        if (!cli_sign_jti(jti))
                return false;
        (void)snprintf(url, sizeof(url), "%.*s", (int)strcspn(request->url, "?#"), request->url);
        cli_buf_str(out, "{");
        cli_buf_member_string(out, "jti", jti);
        cli_buf_member_string(out, "htm", request->method);
        cli_buf_member_string(out, "htu", url);
        cli_buf_member_number(out, "iat", request->now);
        if (request->nonce && *request->nonce)
                cli_buf_member_string(out, "nonce", request->nonce);
        cli_buf_str(out, "}");
        return !out->failed;
}

enum pjwt_reason dpop_proof(const struct signer *signer, const struct dpop_request *request,
                            struct cli_buf *out, struct pjwt_error *reterr)
{
        struct cli_buf header = {0}, claims = {0};
        enum pjwt_reason r = PJWT_OK;

        if (!put_header(signer, &header) || !put_claims(request, &claims))
                r = pjwt_fail_memory(reterr);
        if (r == PJWT_OK)
                r = cli_sign_input(&header, &claims, out) ? signer_sign(signer, out, reterr)
                                                          : pjwt_fail_memory(reterr);
        cli_buf_clear(&header);
        cli_buf_clear(&claims);
        return r;
}
