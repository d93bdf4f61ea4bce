/* Compact JWS (RFC 7515 section 3.1): from text to header, payload, signing input and signature. Pure. */
#ifndef PJWT_TOKEN_H
#define PJWT_TOKEN_H

#include "alg.h"
#include "reason.h"
#include "strictjson.h"

/*
 * A token that has been taken apart. NOTHING in it is verified: its claims count only after
 * pjwt_verify_token(). Strings are borrowed from the JSON objects and live as long as the token.
 */
struct pjwt_token {
        char *text; /* own copy of the whole token, wiped when freed */
        size_t text_len;
        size_t signing_input_len; /* text[0..] is the signing input (RFC 7515 section 5.2, 8) */
        unsigned char *payload;   /* decoded bytes, exactly as signed, and a NUL behind them */
        size_t payload_len;
        unsigned char *signature;
        size_t signature_len;
        struct json_object *header;
        struct json_object *claims; /* NULL when parsed with PJWT_TOKEN_ANY_PAYLOAD */
        const struct pjwt_alg *alg; /* the row that the header names; never NULL in a parsed token */
        const char *kid;            /* NULL when absent */
        size_t kid_len;
        const char *typ; /* NULL when absent */
        size_t typ_len;
};

enum {
        PJWT_TOKEN_ANY_PAYLOAD = 1, /* a JWS whose payload need not be JSON */
        PJWT_TOKEN_ANY_ALG =
                2, /* for `inspect`: an unknown alg (also none) leaves alg NULL instead of failing */
};

/*
 * Takes a token apart. Checks its form and its header (alg, kid, typ, cty, crit, b64), verifies nothing.
 * text:  len bytes, borrowed; no white space is trimmed here.
 * ret:   on success a new token for pjwt_token_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_TOO_LONG, PJWT_MALFORMED, PJWT_BAD_BASE64URL, PJWT_BAD_JSON, PJWT_BAD_HEADER,
 * PJWT_BAD_CRIT, PJWT_BAD_B64, PJWT_ALG_UNKNOWN; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_token_parse(const char *text, size_t len, unsigned flags, struct pjwt_token **ret,
                                  struct pjwt_error *reterr);

/* Wipes and frees. Accepts NULL. */
void pjwt_token_free(struct pjwt_token *token);

/* A string claim, or NULL when it is absent or no string. Borrowed. */
const char *pjwt_token_claim(const struct pjwt_token *token, const char *name, size_t *retlen);

#endif
