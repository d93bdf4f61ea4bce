/* Parses a compact JWS (RFC 7515 section 3.1) into header, payload, signing input and signature. Pure. */
#ifndef PJWT_TOKEN_H
#define PJWT_TOKEN_H

#include "alg.h"
#include "reason.h"
#include "strictjson.h"

/*
 * A parsed token. NOTHING in it is verified: its claims can be trusted only after pjwt_verify_token().
 * Strings are borrowed from the JSON objects and live as long as the token.
 */
struct pjwt_token {
        char *text; /* own copy of the whole token, wiped when freed */
        size_t text_len;
        size_t signing_input_len; /* starts at text[0] (RFC 7515 section 5.2, 8) */
        unsigned char *payload;   /* decoded bytes, exactly as signed, followed by a NUL */
        size_t payload_len;
        unsigned char *signature;
        size_t signature_len;
        struct json_object *header;
        struct json_object *claims; /* NULL if parsed with PJWT_TOKEN_ANY_PAYLOAD */
        const struct pjwt_alg *alg; /* the row of the algorithm; never NULL in a parsed token */
        const char *kid;            /* NULL if absent */
        size_t kid_len;
        const char *typ; /* NULL if absent */
        size_t typ_len;
};

enum {
        PJWT_TOKEN_ANY_PAYLOAD = 1, /* the payload of the JWS need not be JSON */
        PJWT_TOKEN_ANY_ALG =
                2, /* for `inspect`: an unknown alg (including none) sets alg to NULL and is not an error */
};

/*
 * Parses a token. Checks its format and its header (alg, kid, typ, cty, crit, b64), but verifies nothing.
 * text:  len bytes, borrowed; white space is not trimmed.
 * ret:   on success a new token for pjwt_token_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_TOO_LONG, PJWT_MALFORMED, PJWT_BAD_BASE64URL, PJWT_BAD_JSON, PJWT_BAD_HEADER,
 * PJWT_BAD_CRIT, PJWT_BAD_B64, PJWT_ALG_UNKNOWN; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_token_parse(const char *text, size_t len, unsigned flags, struct pjwt_token **ret,
                                  struct pjwt_error *reterr);

/* Wipes and frees. Accepts NULL. */
void pjwt_token_free(struct pjwt_token *token);

/* A string claim, or NULL if it is absent or not a string. Borrowed. */
const char *pjwt_token_claim(const struct pjwt_token *token, const char *name, size_t *retlen);

#endif
