/* From a request to a checked key set: discovery if needed, then the keys. */
#ifndef PJWT_FETCH_ASK_H
#define PJWT_FETCH_ASK_H

#include "fetchwire.h"

/* The result. Free with fetch_result_clear(). */
struct fetch_result {
        char source[2048];
        char etag[256]; /* empty: none */
        int64_t asked_boot_ms;
        int64_t max_age;
        int64_t server_date; /* seconds since the epoch; 0: not given */
        bool not_modified;
        char *keys; /* a minimal public JWKS on one line; NULL if not_modified */
};

/*
 * Fetches the keys of the issuer.
 * ca:      PEM text with CA certificates to use instead of the system's; NULL: none.
 * bearer:  a token for the origin in the configuration, and for no other; NULL: none.
 * ret:     filled on success; asked_boot_ms also on failure.
 * Returns PJWT_OK, PJWT_FETCH_FAILED, PJWT_BAD_KEYSET, PJWT_NO_MEMORY.
 */
enum pjwt_reason fetch_ask(const struct pjwt_fetch_request *request, const char *ca, const char *bearer,
                           int64_t deadline, struct fetch_result *ret, struct pjwt_error *reterr);
void fetch_result_clear(struct fetch_result *answer);

#endif
