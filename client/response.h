/*
 * The responses of a token endpoint and a device endpoint (RFC 6749 section 5, RFC 8628 section 3.2), parsed
 * strictly. Pure.
 */
#ifndef CLIENT_RESPONSE_H
#define CLIENT_RESPONSE_H

#include "reason.h"
#include "strictjson.h"

/*
 * A successful response of the token endpoint. The strings are owned; free with token_response_clear(), which
 * wipes them.
 */
struct token_response {
        char *access_token;
        char *refresh_token; /* NULL: none */
        bool dpop;           /* token_type is DPoP, else Bearer */
        int64_t expires_in;  /* seconds; -1: not given */
};

/* An error response. error is empty if it gives no reason. Both strings may contain text from outside. */
struct token_fault {
        char error[64];
        char description[256];
        bool unreached; /* no response, or one from a proxy: the request may be repeated */
};

/* RFC 8628 section 3.2. Owned strings; free with device_response_clear(). */
struct device_response {
        char *device_code;
        char *user_code;
        char *url;          /* verification_uri */
        char *complete_url; /* verification_uri_complete; NULL: none */
        int64_t expires_in;
        int64_t interval;
};

/* Each: PJWT_OK; PJWT_FETCH_FAILED, naming what is missing or of the wrong type; PJWT_NO_MEMORY. */
enum pjwt_reason token_response_read(const char *body, size_t len, struct token_response *ret,
                                     struct pjwt_error *reterr);
enum pjwt_reason device_response_read(const char *body, size_t len, struct device_response *ret,
                                      struct pjwt_error *reterr);
/* Never fails: if nothing can be read, both members are empty. */
void token_fault_read(const char *body, size_t len, struct token_fault *ret);

void token_response_clear(struct token_response *response);
void device_response_clear(struct device_response *response);

/*
 * One sentence about an error of RFC 6749, 8628, 8693, 8707 or 9449; NULL if it is unknown. Static storage.
 */
const char *token_fault_text(const char *error);

#endif
