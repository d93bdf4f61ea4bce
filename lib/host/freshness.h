/* How old keys may become, and when the issuer is asked again (design section 6). Pure. */
#ifndef PJWT_FRESHNESS_H
#define PJWT_FRESHNESS_H

#include "conf.h"

/* However long a server says, a withdrawn key is gone after a day. */
#define PJWT_FRESH_MAX INT64_C(86400)

/* Why keys are wanted that are there already. */
enum {
        PJWT_KEYS_REFRESH = 1, /* an unknown kid: refresh unless min_refresh forbids it */
        PJWT_KEYS_FORCE = 2,   /* `pamjwt refresh --force`: ask in any case, also before min_refresh */
        /*
         * `pamjwt refresh` by a timer: ask when half of the freshness is over, so that no login ever has to
         */
        PJWT_KEYS_AHEAD = 4,
};

/* Times of a key set, seconds since the epoch. */
struct pjwt_freshness {
        int64_t asked_at;
        int64_t fresh_until;
};

/*
 * The last moment of freshness: what the server said (-1: nothing), else `refresh`; not below min_refresh or
 * over a day.
 */
int64_t pjwt_fresh_until(const struct pjwt_issuer *issuer, int64_t asked_at, int64_t max_age);

/* Seconds since the keys were asked for; 0 for a future within the clocks' slack. */
int64_t pjwt_fresh_age(struct pjwt_freshness keys, int64_t now);

/* May the keys still be used (max_stale)? */
bool pjwt_fresh_serves(const struct pjwt_issuer *issuer, struct pjwt_freshness keys, int64_t now);

/*
 * Is it time to ask the issuer? flags: PJWT_KEYS_... . A fresh_until that is too far away counts
 * for a day.
 */
bool pjwt_fresh_must_ask(const struct pjwt_issuer *issuer, struct pjwt_freshness keys, unsigned flags,
                         int64_t now);

#endif
