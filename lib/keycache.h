/*
 * The keys of an issuer: from a file, from the cache, and when need be from the endpoint through pamjwt-fetch
 * (design section 6). The only stage that touches files and processes on the way of a token.
 */
#ifndef PJWT_KEYCACHE_H
#define PJWT_KEYCACHE_H

#include "conf.h"
#include "keyset.h"
#include "reason.h"

/* How keys may be had. Borrowed strings. */
struct pjwt_keycache {
        const char *cache_dir;  /* PJWT_CACHE_DIR */
        const char *fetch_path; /* pamjwt-fetch; NULL: never start it (observe, check --offline) */
        const char *socket_path; /* the refresh service's socket, tried first where it exists; NULL: never */
        int64_t now;            /* seconds since the epoch; set by the caller */
};

/* Where the keys came from. For `pamjwt keys`, `refresh`, the audit detail and the debug log. */
struct pjwt_keycache_info {
        bool from_file;      /* jwks = file:... */
        bool fetched;        /* this call went to the network */
        bool stored;         /* and the cache holds the result */
        int64_t asked_at;    /* when the keys were asked for; 0: unknown */
        int64_t fresh_until; /* 0: unknown */
        struct pjwt_error warning; /* a refresh that failed while cached keys serve, or a cache file that was not trusted */
};

enum {
        PJWT_KEYS_REFRESH = 1, /* an unknown kid: refresh unless min_refresh forbids it */
        PJWT_KEYS_FORCE = 2,   /* `pamjwt refresh --force` */
};

/*
 * The keys of `issuer`.
 * ret:     a new set for pjwt_keyset_free(); untouched on failure.
 * retinfo: filled as far as known, also on failure; may be NULL.
 * Never waits longer than issuer->timeout for the network. Leaves no child, descriptor or signal disposition behind;
 * works in threads, with SIGCHLD ignored, with descriptors 0 to 2 closed.
 * Returns PJWT_OK; PJWT_NO_KEYS, PJWT_STALE_KEYS, PJWT_FETCH_FAILED, PJWT_NO_FETCH_USER, PJWT_BAD_KEYSET;
 * PJWT_FILE_... for a file: source; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_keycache_get(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer, unsigned flags,
                                   struct pjwt_keyset **ret, struct pjwt_keycache_info *retinfo,
                                   struct pjwt_error *reterr);

#endif
