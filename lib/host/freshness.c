#include "freshness.h"

static int64_t between(int64_t least, int64_t n, int64_t most)
{
        if (n > most)
                n = most;
        return n < least ? least : n;
}

int64_t pjwt_fresh_until(const struct pjwt_issuer *issuer, int64_t asked_at, int64_t max_age)
{
        return asked_at +
               between(issuer->min_refresh, max_age < 0 ? issuer->refresh : max_age, PJWT_FRESH_MAX);
}

int64_t pjwt_fresh_age(struct pjwt_freshness keys, int64_t now)
{
        return now > keys.asked_at ? now - keys.asked_at : 0;
}

bool pjwt_fresh_serves(const struct pjwt_issuer *issuer, struct pjwt_freshness keys, int64_t now)
{
        return pjwt_fresh_age(keys, now) <= issuer->max_stale;
}

static int64_t span_of(const struct pjwt_issuer *issuer, struct pjwt_freshness keys)
{
        int64_t most = issuer->min_refresh > PJWT_FRESH_MAX ? issuer->min_refresh : PJWT_FRESH_MAX;

        return between(0, keys.fresh_until - keys.asked_at, most);
}

bool pjwt_fresh_must_ask(const struct pjwt_issuer *issuer, struct pjwt_freshness keys, unsigned flags,
                         int64_t now)
{
        int64_t age = pjwt_fresh_age(keys, now), span = span_of(issuer, keys);

        if (flags & PJWT_KEYS_FORCE || age >= span || !pjwt_fresh_serves(issuer, keys, now))
                return true;
        if (flags & PJWT_KEYS_AHEAD && age >= span / 2)
                return true;
        return flags & PJWT_KEYS_REFRESH && age >= issuer->min_refresh;
}
