/* A compact JWS, parsed with each set of flags. */
#include <string.h>

#include "b64url.h"
#include "fuzz.h"
#include "token.h"

/* Decoded parts have exactly one encoding: that of the token. */
static void check_part(const char *text, size_t len, const unsigned char *bytes, size_t count)
{
        static char again[PJWT_TOKEN_MAX + 4];

        FUZZ_CHECK(PJWT_B64URL_ENCODED(count) == len);
        pjwt_b64url_encode(bytes, count, again);
        FUZZ_CHECK(memcmp(again, text, len) == 0);
}

static void check_token(const struct pjwt_token *token, const uint8_t *data, size_t size, unsigned flags)
{
        const char *dot = memchr(token->text, '.', token->text_len);

        FUZZ_CHECK(token->text_len == size && memcmp(token->text, data, size) == 0);
        FUZZ_CHECK(size <= PJWT_TOKEN_MAX && dot != NULL && token->signing_input_len < size);
        FUZZ_CHECK(token->text[token->signing_input_len] == '.');
        FUZZ_CHECK(token->alg != NULL || (flags & PJWT_TOKEN_ANY_ALG));
        FUZZ_CHECK((token->claims != NULL) == !(flags & PJWT_TOKEN_ANY_PAYLOAD));
        FUZZ_CHECK(token->kid == NULL || strlen(token->kid) == token->kid_len);
        FUZZ_CHECK(token->signature_len > 0 || (flags & PJWT_TOKEN_ANY_ALG));
        check_part(dot + 1, token->signing_input_len - (size_t)(dot + 1 - token->text), token->payload,
                   token->payload_len);
        check_part(token->text + token->signing_input_len + 1, size - token->signing_input_len - 1,
                   token->signature, token->signature_len);
}

static bool parse(const uint8_t *data, size_t size, unsigned flags)
{
        struct pjwt_error err = {0};
        struct pjwt_token *token = NULL;
        enum pjwt_reason r = pjwt_token_parse((const char *)data, size, flags, &token, &err);

        FUZZ_CHECK((r == PJWT_OK) == (token != NULL));
        FUZZ_CHECK(r == PJWT_OK ? err.reason == PJWT_UNDECIDED : err.reason == r);
        FUZZ_CHECK(memchr(err.detail, '\0', sizeof(err.detail)) != NULL);
        if (token != NULL)
                check_token(token, data, size, flags);
        pjwt_token_free(token);
        return r == PJWT_OK;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        bool strict = parse(data, size, 0);
        bool any_payload = parse(data, size, PJWT_TOKEN_ANY_PAYLOAD);
        bool any_alg = parse(data, size, PJWT_TOKEN_ANY_ALG);

        FUZZ_CHECK(fuzz_faulty() || !strict ||
                   (any_payload && any_alg)); /* each flag only accepts more tokens */
        return strict;
}
