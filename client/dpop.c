#include "dpop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "b64url.h"

bool dpop_jti(char out[23])
{
        unsigned char random[16];

        if (RAND_bytes(random, sizeof(random)) != 1)
                return false;
        pjwt_b64url_encode(random, sizeof(random), out);
        return true;
}

static bool put_header(const struct signer *signer, struct cli_buf *out)
{
        struct json_object *jwk = pjwt_key_jwk(&signer->public_key->keys[0]);

        if (!jwk)
                return false;
        json_object_object_del(jwk, "kid"); /* only what makes the thumbprint */
        json_object_object_del(jwk, "alg");
        cli_buf_str(out, "{\"typ\":\"dpop+jwt\",\"alg\":");
        cli_buf_json_string(out, signer->alg->name);
        cli_buf_member(out, "jwk");
        cli_buf_str(out, json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN |
                                                                     JSON_C_TO_STRING_NOSLASHESCAPE));
        cli_buf_str(out, "}");
        json_object_put(jwk);
        return !out->failed;
}

static bool put_claims(const struct dpop_request *request, struct cli_buf *out)
{
        char jti[23], iat[40], url[2048];

        if (!dpop_jti(jti))
                return false;
        (void)snprintf(iat, sizeof(iat), "%" PRId64, request->now);
        (void)snprintf(url, sizeof(url), "%.*s", (int)strcspn(request->url, "?#"), request->url);
        cli_buf_str(out, "{");
        cli_buf_member(out, "jti");
        cli_buf_json_string(out, jti);
        cli_buf_member(out, "htm");
        cli_buf_json_string(out, request->method);
        cli_buf_member(out, "htu");
        cli_buf_json_string(out, url);
        cli_buf_member(out, "iat");
        cli_buf_str(out, iat);
        if (request->nonce && *request->nonce) {
                cli_buf_member(out, "nonce");
                cli_buf_json_string(out, request->nonce);
        }
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
        if (r == PJWT_OK) {
                cli_buf_b64url(out, header.bytes, header.len);
                cli_buf_str(out, ".");
                cli_buf_b64url(out, claims.bytes, claims.len);
                r = out->failed ? pjwt_fail_memory(reterr) : signer_sign(signer, out, reterr);
        }
        cli_buf_clear(&header);
        cli_buf_clear(&claims);
        return r;
}
