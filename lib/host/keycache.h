/*
 * The keys of an issuer: from a file, from the cache, or if necessary from the endpoint through
 * pamjwt-fetch (design section 6). This is the only stage of a decision that uses files and processes.
 */
#ifndef PJWT_KEYCACHE_H
#define PJWT_KEYCACHE_H

#include "clock.h"
#include "conf.h"
#include "freshness.h"
#include "keyset.h"
#include "reason.h"

#define PJWT_REFRESH_SOCKET PJWT_RUN_DIR "/refresh.socket"

/* The refresh service's answers to a login. The request is the name of an issuer section and a line feed. */
#define PJWT_SERVICE_DONE     "done\n"     /* the cache contains new keys */
#define PJWT_SERVICE_FAILED   "failed\n"   /* it does not, for the reason that was noted */
#define PJWT_SERVICE_TOO_SOON "too-soon\n" /* the last request was less than min_refresh ago */

/* How keys may be obtained. Borrowed strings. */
struct pjwt_keycache {
        const char *cache_dir;   /* PJWT_CACHE_DIR */
        const char *fetch_path;  /* pamjwt-fetch; NULL: never start it (observe, check --offline) */
        const char *socket_path; /* the refresh service's; if it exists, nothing is started; NULL: never */
        const char *lock_dir;    /* of the locks and notes of requests (fetchlock.h); NULL: PJWT_LOCK_DIR */
        int64_t now;             /* seconds since the epoch; set by the caller */
};

/* The origin of the keys. For `pamjwt keys`, `refresh`, the audit detail and the debug log. */
struct pjwt_keycache_info {
        bool from_file;   /* jwks = file:... */
        bool fetched;     /* this call received keys from the network, or learned that they are unchanged */
        bool stored;      /* and the result is in the cache */
        bool too_soon;    /* no request was sent: the keys are fresh, or min_refresh did not allow it */
        int64_t asked_at; /* when the keys were requested; 0: unknown */
        /*
         * the server's clock at the time of the response, not earlier than asked_at if both are right; 0:
         * unknown
         */
        int64_t server_date;
        int64_t fresh_until; /* 0: unknown. From then on `pamjwt refresh` and logins send requests again. */
        char source[512];    /* the URL or path of the keys; empty: unknown */
        struct pjwt_moment read; /* just before the cache or file was read for the last time */
        /* a failed refresh while cached keys are used, or a cache file that was not trusted */
        struct pjwt_error warning;
};

/*
 * The keys of `issuer`.
 * flags: PJWT_KEYS_... of freshness.h.
 * ret: a new set for pjwt_keyset_free(); untouched on failure.
 * retinfo: filled as far as known, also on failure; may be NULL.
 * Cached keys that are not older than max_stale are used if newer ones cannot be obtained: PJWT_OK with
 * retinfo->warning set and retinfo->fetched false. (So `pamjwt refresh` has failed if a warning is set.)
 * Never waits longer than issuer->timeout for the network. After a wait the cache is read again, and the
 * clock with it: a key that was withdrawn meanwhile is not used, however long the process was stopped
 * (attacks RVW-03). Leaves no child, descriptor or signal
 * disposition changed; works in threads, with SIGCHLD ignored, with descriptors 0 to 2 closed.
 * Returns PJWT_OK; PJWT_NO_KEYS, PJWT_STALE_KEYS, PJWT_FETCH_FAILED, PJWT_NO_FETCH_USER, PJWT_BAD_KEYSET;
 * PJWT_FILE_... for a file: source; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_keycache_get(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer,
                                   unsigned flags, struct pjwt_keyset **ret,
                                   struct pjwt_keycache_info *retinfo, struct pjwt_error *reterr);

/*
 * The existing keys, however old, without any request: for `pamjwt keys ISSUER` and `refresh --check-age`.
 * ret may be NULL. retinfo->warning: the result of the last refresh, if it failed and is known.
 * Returns PJWT_OK; PJWT_NO_KEYS if there is no cache file; PJWT_FILE_..., PJWT_BAD_KEYSET, PJWT_BAD_JSON if
 * it, or a file: source, is not trusted; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_keycache_info_read(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer,
                                         struct pjwt_keyset **ret, struct pjwt_keycache_info *retinfo,
                                         struct pjwt_error *reterr);

#endif
