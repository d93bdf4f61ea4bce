/*
 * The messages between the caller and pamjwt-fetch: the request is a JSON object; the response is one,
 * followed by a key set. Pure.
 */
#ifndef PJWT_FETCHWIRE_H
#define PJWT_FETCHWIRE_H

#include <stdint.h>

#include "reason.h"

#define PJWT_FETCH_REQUEST_MAX (64 * 1024)
#define PJWT_FETCH_TIMEOUT_MAX INT64_C(120000) /* ms */
#define PJWT_FETCH_NAME_MAX    64

/* Strings are borrowed when written; when read, they live as long as `json`. */
struct pjwt_fetch_request {
        const char *name;   /* of the issuer section */
        const char *issuer; /* the iss */
        const char *jwks;   /* NULL: by discovery */
        const char *proxy;  /* NULL: none */
        const char *etag;   /* of the cached keys; NULL: none */
        bool private_jwks;  /* the jwks_uri of a public issuer may lead into private networks */
        int64_t timeout_ms;
        int ca_fd; /* descriptors; 0: none */
        int bearer_fd;
        int note_fd; /* the lock taken by the caller: the end of the request is noted in it (fetchlock.h) */
        struct json_object *json;
};

/* ret: a string for pjwt_wipe_free_str(). Returns PJWT_OK, PJWT_NO_MEMORY. */
enum pjwt_reason pjwt_fetch_request_write(const struct pjwt_fetch_request *request, char **ret,
                                          struct pjwt_error *reterr);

/*
 * Returns PJWT_OK, PJWT_BAD_JSON, PJWT_FETCH_FAILED (a member is missing or has the wrong type),
 * PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_fetch_request_read(const char *text, size_t len, struct pjwt_fetch_request *ret,
                                         struct pjwt_error *reterr);
void pjwt_fetch_request_clear(struct pjwt_fetch_request *request);

/* The reasons for which a helper can fail; any other word counts as a failed fetch. name: may be NULL. */
enum pjwt_reason pjwt_fetch_reason(const char *name);

/* The result of a request. Strings as above; keys are borrowed from the text that was read. */
struct pjwt_fetch_response {
        bool ok;
        /*
         * not ok: PJWT_FETCH_FAILED, PJWT_NO_FETCH_USER, PJWT_BAD_KEYSET
         */
        enum pjwt_reason reason;
        const char *detail;    /* not ok */
        const char *issuer;    /* of the request: a response to another request is refused (KEY-25) */
        const char *jwks;      /* of the request; NULL: by discovery */
        const char *source;    /* ok: the URL of the keys */
        const char *etag;      /* NULL: none */
        int64_t asked_boot_ms; /* start of the request, by CLOCK_BOOTTIME */
        int64_t max_age;       /* seconds; -1: not sent by the server */
        int64_t server_date;   /* the server's clock, seconds since the epoch; 0: unknown */
        bool not_modified;     /* 304: the keys with the request's etag are still current */
        const char *keys;      /* text of the JWKS; NULL if not ok or not_modified */
        size_t keys_len;
        struct json_object *json;
};

/* Both lines, for free(). Returns PJWT_OK, PJWT_NO_MEMORY. */
enum pjwt_reason pjwt_fetch_response_write(const struct pjwt_fetch_response *response, char **ret,
                                           size_t *retlen, struct pjwt_error *reterr);

/* Whether the request was for the same issuer and jwks setting. */
bool pjwt_fetch_response_is_for(const struct pjwt_fetch_response *response,
                                const struct pjwt_fetch_request *request);

/*
 * Parses a response, whatever its result.
 * Returns PJWT_OK, PJWT_FETCH_FAILED if the response is truncated or invalid, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_fetch_response_parse(const char *text, size_t len, struct pjwt_fetch_response *ret,
                                           struct pjwt_error *reterr);

/*
 * As above; a response that reports a failure returns that failure, and one to another request
 * PJWT_FETCH_FAILED.
 */
enum pjwt_reason pjwt_fetch_response_read(const char *text, size_t len,
                                          const struct pjwt_fetch_request *request,
                                          struct pjwt_fetch_response *ret, struct pjwt_error *reterr);
void pjwt_fetch_response_clear(struct pjwt_fetch_response *response);

#endif
