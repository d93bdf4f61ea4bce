/*
 * What a token endpoint and a device endpoint answer (RFC 6749 section 5, RFC 8628 section 3.2), strictly.
 * Pure.
 */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "reason.h"
#include "strictjson.h"

/*
 * A good answer of the token endpoint. The strings are owned; free with token_answer_clear(), which wipes
 * them.
 */
struct token_answer {
        char *access_token;
        char *refresh_token; /* NULL: none */
        bool dpop;           /* token_type is DPoP, else Bearer */
        int64_t expires_in;  /* seconds; -1: not said */
};

/* An answer that says no. error is empty when it does not say why. Both may hold text from outside. */
struct token_fault {
        char error[64];
        char description[256];
        bool unreached; /* nobody answered, or a server in between did: it may be asked again */
};

/* RFC 8628 section 3.2. Owned strings; free with device_answer_clear(). */
struct device_answer {
        char *device_code;
        char *user_code;
        char *url;          /* verification_uri */
        char *complete_url; /* verification_uri_complete; NULL: none */
        int64_t expires_in;
        int64_t interval;
};

/* Each: PJWT_OK; PJWT_FETCH_FAILED, saying what is missing or of a wrong type; PJWT_NO_MEMORY. */
enum pjwt_reason token_answer_read(const char *body, size_t len, struct token_answer *ret,
                                   struct pjwt_error *reterr);
enum pjwt_reason device_answer_read(const char *body, size_t len, struct device_answer *ret,
                                    struct pjwt_error *reterr);
/* Never fails: what cannot be read leaves both members empty. */
void token_fault_read(const char *body, size_t len, struct token_fault *ret);

void token_answer_clear(struct token_answer *answer);
void device_answer_clear(struct device_answer *answer);

/*
 * What an error of RFC 6749, 8628, 8693, 8707 or 9449 means, one sentence; NULL when it is unknown. Static
 * storage.
 */
const char *token_fault_text(const char *error);

#endif
