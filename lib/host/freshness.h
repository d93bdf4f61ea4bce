/* The maximum age of keys, and when to request new ones (design section 6). Pure. */
#ifndef PJWT_FRESHNESS_H
#define PJWT_FRESHNESS_H

#include "conf.h"

/* Whatever the server specifies, a withdrawn key is not used for more than a day. */
#define PJWT_FRESH_MAX INT64_C(86400)

/* Why keys are requested although there are cached ones. */
enum {
        PJWT_KEYS_REFRESH = 1, /* an unknown kid: refresh unless min_refresh forbids it */
        PJWT_KEYS_FORCE = 2,   /* `pamjwt refresh --force`: always request, even before min_refresh */
        /*
         * `pamjwt refresh` by a timer: request when half of the freshness time has elapsed, so that logins
         * never have to
         */
        PJWT_KEYS_AHEAD = 4,
};

/* Times of a key set, seconds since the epoch. */
struct pjwt_freshness {
        int64_t asked_at;
        int64_t fresh_until;
};

/*
 * The end of freshness: as specified by the server (-1: not specified), otherwise `refresh`; at least
 * min_refresh and at most a day.
 */
int64_t pjwt_fresh_until(const struct pjwt_issuer *issuer, int64_t asked_at, int64_t max_age);

/* Seconds since the keys were requested; 0 if that is in the future, within the allowed clock difference. */
int64_t pjwt_fresh_age(struct pjwt_freshness keys, int64_t now);

/* Whether the keys may still be used (max_stale). */
bool pjwt_fresh_serves(const struct pjwt_issuer *issuer, struct pjwt_freshness keys, int64_t now);

/* Whether to send a request. flags: PJWT_KEYS_... . A fresh_until more than a day ahead counts as one day. */
bool pjwt_fresh_must_ask(const struct pjwt_issuer *issuer, struct pjwt_freshness keys, unsigned flags,
                         int64_t now);

#endif
