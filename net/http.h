/* One request, GET or POST: the only use of libcurl. */
#ifndef PJWT_FETCH_HTTP_H
#define PJWT_FETCH_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "reason.h"

#define FETCH_BODY_MAX   (1024 * 1024)
#define FETCH_HEADER_MAX (64 * 1024)
#define FETCH_ETAG_MAX   200
#define FETCH_NONCE_MAX  1000

/* The request. Borrowed. */
struct fetch_get {
        const char *url;            /* has passed fetch_url_check() */
        const char *etag;           /* NULL: none */
        const char *bearer;         /* NULL: none */
        const char *form;           /* a body to POST (application/x-www-form-urlencoded); NULL: GET */
        const char *const *headers; /* further "Name: value" lines, ended by NULL; NULL: none */
        const char *agent;          /* the User-Agent; NULL: pamjwt-fetch and its version */
        const char *proxy;          /* NULL: none */
        const char *ca;             /* PEM text; NULL: the system's certificates */
        size_t ca_len;
        int64_t deadline; /* by pjwt_boot_ms() */
        /*
         * Connect to public addresses only (address.h). A proxy resolves names itself: with one, only
         * addresses in the URL and localhost are refused.
         */
        bool public_only;
};

/* The response. Free with fetch_response_clear(). */
struct fetch_response {
        long status;
        char *body; /* NUL-terminated, not counted in len; NULL if empty */
        size_t len;
        size_t header_len;
        char etag[FETCH_ETAG_MAX + 1];
        int64_t max_age; /* Cache-Control: max-age less Age; 0 for no-store and no-cache; -1: not given */
        int64_t age;
        /* the server's clock, seconds since the epoch: Date, plus Age if a cache answered; 0: not given */
        int64_t date;
        char dpop_nonce[FETCH_NONCE_MAX + 1]; /* DPoP-Nonce (RFC 9449 section 8); empty: none */
        bool too_long;
        bool refused;   /* public_only: an address was not public */
        bool is_public; /* the responding address is public; through a proxy: the URL names no other */
};

/* Returns PJWT_OK for any HTTP response; PJWT_FETCH_FAILED with the URL and the error. */
enum pjwt_reason fetch_http_get(const struct fetch_get *get, struct fetch_response *ret,
                                struct pjwt_error *reterr);
void fetch_response_clear(struct fetch_response *response);

#endif
