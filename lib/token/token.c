#include "token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "b64url.h"
#include "secret.h"

#define KID_MAX 1024

/* Offsets of the parts in the text. */
struct parts {
        const char *header;
        size_t header_len;
        const char *payload;
        size_t payload_len;
        const char *signature;
        size_t signature_len;
};

/* The size of the single block that holds the token and all its bytes. */
struct block {
        struct pjwt_token token;
        size_t size;
        unsigned char bytes[]; /* text, payload (each followed by a NUL), signature, header */
};

static enum pjwt_reason not_three(const char *text, size_t len, struct pjwt_error *reterr)
{
        size_t count = 1;

        for (size_t i = 0; i < len; i++)
                count += text[i] == '.';
        return pjwt_fail(reterr, PJWT_MALFORMED, "%zu parts instead of 3%s", count,
                         count == 5 ? "; an encrypted token (JWE) is not accepted" : "");
}

static enum pjwt_reason split(const char *text, size_t len, struct parts *ret, struct pjwt_error *reterr)
{
        const char *end = text + len, *first, *second;

        if (len > PJWT_TOKEN_MAX)
                return pjwt_fail(reterr, PJWT_TOO_LONG, "the token has %zu bytes; at most %d are accepted",
                                 len, PJWT_TOKEN_MAX);
        first = len > 0 ? memchr(text, '.', len) : NULL;
        second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
        if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)))
                return not_three(text, len, reterr);
        *ret = (struct parts){text,       (size_t)(first - text),    first + 1, (size_t)(second - first - 1),
                              second + 1, (size_t)(end - second - 1)};
        if (ret->header_len == 0)
                return pjwt_fail(reterr, PJWT_MALFORMED, "the header is empty");
        return PJWT_OK;
}

static enum pjwt_reason decode_part(const char *what, const char *in, size_t len, unsigned char *out,
                                    size_t *retlen, struct pjwt_error *reterr)
{
        if (!pjwt_b64url_decode(in, len, out, retlen))
                return pjwt_fail(reterr, PJWT_BAD_BASE64URL, "the %s is not strict base64url", what);
        return PJWT_OK;
}

static struct block *new_block(const char *text, size_t len, const struct parts *parts)
{
        size_t payload = PJWT_B64URL_DECODED(parts->payload_len) + 1,
               sig = PJWT_B64URL_DECODED(parts->signature_len);
        size_t size = sizeof(struct block) + len + 1 + payload + sig + PJWT_B64URL_DECODED(parts->header_len);
        struct block *block = malloc(size);

        if (!block)
                return NULL;
        memset(block, 0, sizeof(*block));
        block->size = size;
        block->token.text = (char *)block->bytes;
        memcpy(block->token.text, text, len);
        block->token.text[len] = '\0';
        block->token.text_len = len;
        block->token.signing_input_len = len - parts->signature_len - 1;
        block->token.payload = block->bytes + len + 1;
        block->token.signature = block->token.payload + payload;
        return block;
}

/* Decodes the three parts. *retheader is set to the header's bytes, which follow those of the signature. */
static enum pjwt_reason decode_parts(struct pjwt_token *token, const struct parts *parts,
                                     const char **retheader, size_t *retheader_len, struct pjwt_error *reterr)
{
        unsigned char *header = token->signature + PJWT_B64URL_DECODED(parts->signature_len);
        enum pjwt_reason r;

        r = decode_part("header", parts->header, parts->header_len, header, retheader_len, reterr);
        if (r == PJWT_OK)
                r = decode_part("payload", parts->payload, parts->payload_len, token->payload,
                                &token->payload_len, reterr);
        if (r == PJWT_OK)
                r = decode_part("signature", parts->signature, parts->signature_len, token->signature,
                                &token->signature_len, reterr);
        if (r == PJWT_OK)
                token->payload[token->payload_len] = '\0';
        *retheader = (const char *)header;
        return r;
}

/* A header parameter that must be a string if present. */
static enum pjwt_reason header_string(struct json_object *header, const char *name, const char **ret,
                                      size_t *retlen, struct pjwt_error *reterr)
{
        struct json_object *value = NULL;

        if (!pjwt_json_find(header, name, &value))
                return PJWT_OK;
        *ret = pjwt_json_string(value, retlen);
        return *ret ? PJWT_OK : pjwt_fail(reterr, PJWT_BAD_HEADER, "header %s is not a string", name);
}

/* "JWT" and "application/jwt" are the same media type (RFC 7515 section 4.1.10). */
static bool is_jwt_type(const char *cty)
{
        static const char prefix[] = "application/";

        if (strncasecmp(cty, prefix, sizeof(prefix) - 1) == 0)
                cty += sizeof(prefix) - 1;
        return strcasecmp(cty, "JWT") == 0;
}

/*
 * crit (RFC 7515 section 4.1.11) may list only supported extensions, that is only b64 of RFC 7797. Any list
 * other than ["b64"] is empty or contains an unknown name, a wrong type or a duplicate (HDR-13, HDR-14).
 */
static enum pjwt_reason check_crit(struct json_object *header, struct pjwt_error *reterr)
{
        struct json_object *crit = NULL;
        const char *name;

        if (!pjwt_json_find(header, "crit", &crit))
                return PJWT_OK;
        if (!json_object_is_type(crit, json_type_array) || json_object_array_length(crit) == 0)
                return pjwt_fail(reterr, PJWT_BAD_CRIT, "header crit is not a list of names");
        for (size_t i = 0; i < json_object_array_length(crit); i++) {
                name = pjwt_json_string(json_object_array_get_idx(crit, i), NULL);
                if (!name)
                        return pjwt_fail(reterr, PJWT_BAD_CRIT,
                                         "header crit contains a value that is not a string");
                if (strcmp(name, "b64") != 0)
                        return pjwt_fail(reterr, PJWT_BAD_CRIT,
                                         "header crit requires '%.64s', which is not supported", name);
        }
        if (json_object_array_length(crit) != 1 || !pjwt_json_find(header, "b64", NULL))
                return pjwt_fail(reterr, PJWT_BAD_CRIT,
                                 "header crit lists b64 twice, or the header has no b64");
        return PJWT_OK;
}

/* The payload of a JWT is always base64url (RFC 7797 section 7); b64: true means the same (HDR-15). */
static enum pjwt_reason check_b64(struct json_object *header, struct pjwt_error *reterr)
{
        struct json_object *b64 = NULL;

        if (!pjwt_json_find(header, "b64", &b64))
                return PJWT_OK;
        if (!json_object_is_type(b64, json_type_boolean) || !json_object_get_boolean(b64))
                return pjwt_fail(reterr, PJWT_BAD_B64, "header b64 is not true");
        return PJWT_OK;
}

static enum pjwt_reason check_extensions(struct json_object *header, unsigned flags,
                                         struct pjwt_error *reterr)
{
        const char *cty = NULL;
        size_t cty_len = 0;
        enum pjwt_reason r = check_b64(header, reterr);

        if (r == PJWT_OK)
                r = check_crit(header, reterr);
        if (r == PJWT_OK)
                r = header_string(header, "cty", &cty, &cty_len, reterr);
        if (r != PJWT_OK)
                return r;
        if (cty && is_jwt_type(cty) && !(flags & PJWT_TOKEN_ANY_PAYLOAD))
                return pjwt_fail(reterr, PJWT_BAD_HEADER, "nested tokens (cty) are not supported");
        if (pjwt_json_find(header, "zip", NULL)) /* only defined for JWE; nothing is decompressed (HDR-17) */
                return pjwt_fail(reterr, PJWT_BAD_HEADER,
                                 "header zip is not supported: it is not allowed in signed tokens");
        return PJWT_OK;
}

static enum pjwt_reason read_alg(struct pjwt_token *token, unsigned flags, struct pjwt_error *reterr)
{
        struct json_object *value = NULL;
        const char *name;
        size_t len = 0;

        if (!pjwt_json_find(token->header, "alg", &value))
                return pjwt_fail(reterr, PJWT_BAD_HEADER, "header alg is missing");
        name = pjwt_json_string(value, &len);
        if (!name)
                return pjwt_fail(reterr, PJWT_BAD_HEADER, "header alg is not a string");
        token->alg = pjwt_alg_find(name, len);
        if (!token->alg && !(flags & PJWT_TOKEN_ANY_ALG))
                return pjwt_fail(reterr, PJWT_ALG_UNKNOWN, "header alg '%.64s' is not accepted", name);
        return PJWT_OK;
}

static enum pjwt_reason read_names(struct pjwt_token *token, struct pjwt_error *reterr)
{
        enum pjwt_reason r = header_string(token->header, "kid", &token->kid, &token->kid_len, reterr);

        if (r == PJWT_OK)
                r = header_string(token->header, "typ", &token->typ, &token->typ_len, reterr);
        if (r == PJWT_OK && token->kid && (token->kid_len == 0 || token->kid_len > KID_MAX))
                return pjwt_fail(reterr, PJWT_BAD_HEADER, "header kid has %zu bytes; 1 to %d are accepted",
                                 token->kid_len, KID_MAX);
        return r;
}

/*
 * jwk, jku, x5u, x5c and all other header parameters are ignored: a token cannot supply its own key
 * (KEY-01..04).
 */
static enum pjwt_reason read_header(struct pjwt_token *token, const char *bytes, size_t len, unsigned flags,
                                    struct pjwt_error *reterr)
{
        enum pjwt_reason r = pjwt_json_parse_object(bytes, len, "header", &token->header, reterr);

        if (r == PJWT_OK)
                r = read_alg(token, flags, reterr);
        if (r == PJWT_OK)
                r = read_names(token, reterr);
        if (r == PJWT_OK)
                r = check_extensions(token->header, flags, reterr);
        return r;
}

static enum pjwt_reason read_payload(struct pjwt_token *token, unsigned flags, struct pjwt_error *reterr)
{
        if (token->signature_len == 0 && !(flags & PJWT_TOKEN_ANY_ALG))
                return pjwt_fail(reterr, PJWT_MALFORMED, "the signature is empty");
        if (flags & PJWT_TOKEN_ANY_PAYLOAD)
                return PJWT_OK;
        if (token->payload_len == 0)
                return pjwt_fail(reterr, PJWT_MALFORMED, "the payload is empty");
        return pjwt_json_parse_object((const char *)token->payload, token->payload_len, "claims",
                                      &token->claims, reterr);
}

static enum pjwt_reason parse_block(struct block *block, const struct parts *parts, unsigned flags,
                                    struct pjwt_error *reterr)
{
        const char *header = NULL;
        size_t header_len = 0;
        enum pjwt_reason r = decode_parts(&block->token, parts, &header, &header_len, reterr);

        if (r == PJWT_OK)
                r = read_header(&block->token, header, header_len, flags, reterr);
        if (r == PJWT_OK)
                r = read_payload(&block->token, flags, reterr);
        return r;
}

enum pjwt_reason pjwt_token_parse(const char *text, size_t len, unsigned flags, struct pjwt_token **ret,
                                  struct pjwt_error *reterr)
{
        struct parts parts = {0};
        struct block *block;
        enum pjwt_reason r = split(text, len, &parts, reterr);

        if (r != PJWT_OK)
                return r;
        block = new_block(text, len, &parts);
        if (!block)
                return pjwt_fail_memory(reterr);
        r = parse_block(block, &parts, flags, reterr);
        if (r == PJWT_OK)
                *ret = &block->token;
        else
                pjwt_token_free(&block->token);
        return r;
}

void pjwt_token_free(struct pjwt_token *token)
{
        struct block *block = (struct block *)token; /* its first member */

        if (!token)
                return;
        json_object_put(token->header);
        json_object_put(token->claims);
        pjwt_wipe_free(block, block->size);
}

const char *pjwt_token_claim(const struct pjwt_token *token, const char *name, size_t *retlen)
{
        return pjwt_json_string(pjwt_json_member(token->claims, name), retlen);
}
