/*
 * Simulates the requests of a fleet of hosts to an issuer, in virtual time, with the same functions that a
 * login, the timer and the helper use (freshness.c, fetchnote.c). docs/scale.md computes these numbers from
 * the settings; this program compares them, and fails if they differ by more than 10 %.
 *
 *   fleet [HOSTS]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetchnote.h"
#include "freshness.h"
#include "keycache.h"

#define HOUR  3600
#define DAY   86400
#define TIMER 600 /* OnUnitActiveSec and RandomizedDelaySec of pamjwt-refresh.timer */
#define BOOT  30  /* OnBootSec */

static char iss[] = "https://idp.example";

static const struct pjwt_issuer issuer = {
        .issuer = iss, .refresh = HOUR, .min_refresh = 60, .max_stale = 7 * DAY};

/* A scenario for the fleet. Times are in seconds of the simulation. */
struct scenario {
        const char *name;
        double login_gap; /* mean seconds between logins on one host; 0: none */
        bool unknown_kid; /* each login has an unknown kid: an attack */
        int rotation;     /* from then on logins have the new kid; 0: never */
        int down_from, down_until;
        bool boots;      /* all hosts boot at 0 with stale keys; otherwise they are running */
        int from, until; /* results */
        double (*expected)(double hosts);
};

struct host {
        uint64_t random;
        struct pjwt_freshness keys;
        struct pjwt_note note;
        bool noted;
};

static unsigned refreshes[DAY + HOUR]; /* within one second */

static double draw(struct host *h)
{
        h->random ^= h->random << 13;
        h->random ^= h->random >> 7;
        h->random ^= h->random << 17;
        return (double)(h->random >> 11) / 9007199254740992.0;
}

static double gap(struct host *h, const struct scenario *s)
{
        return s->login_gap > 0 ? -log(1 - draw(h)) * s->login_gap : 1e18;
}

static bool may_ask(const struct host *h, int t)
{
        int64_t ms = (int64_t)t * 1000 + 1;
        const struct pjwt_note_question question = {.issuer = iss,
                                                    .started = ms,
                                                    .cool_down_ms = issuer.min_refresh * 1000,
                                                    .cached_boot_ms = h->note.asked_boot_ms,
                                                    .has_keys = true};

        return !h->noted || pjwt_note_judge(&question, &h->note, ms) == PJWT_NOTE_ASK;
}

static void act(struct host *h, const struct scenario *s, unsigned flags, int t)
{
        bool up = t < s->down_from || t >= s->down_until;

        if (!pjwt_fresh_must_ask(&issuer, h->keys, flags, t) || !may_ask(h, t))
                return;
        refreshes[t]++;
        h->note = (struct pjwt_note){.end = up ? PJWT_NOTE_KEYS : PJWT_NOTE_FAILED,
                                     .issuer = iss,
                                     .asked_boot_ms = (int64_t)t * 1000,
                                     .ends_boot_ms = (int64_t)t * 1000};
        h->noted = true;
        if (up)
                h->keys = (struct pjwt_freshness){t, pjwt_fresh_until(&issuer, t, -1)};
}

static unsigned flags_of_login(const struct host *h, const struct scenario *s, int t)
{
        bool unknown = s->unknown_kid || (s->rotation && t >= s->rotation && h->keys.asked_at < s->rotation);

        return unknown ? PJWT_KEYS_REFRESH : 0;
}

static void begin(struct host *h, const struct scenario *s)
{
        int64_t asked_at = s->boots ? -10 * DAY : (int64_t)(-draw(h) * HOUR / 2);

        h->keys = (struct pjwt_freshness){asked_at, asked_at + HOUR};
}

/* Simulates one host. The timer runs every TIMER + delay, since the delay of a host does not change. */
static void simulate(struct host *h, const struct scenario *s)
{
        double delay = draw(h) * TIMER;
        double tick = s->boots ? BOOT + delay : draw(h) * (TIMER + delay);
        double login = gap(h, s);

        begin(h, s);
        while (tick < s->until || login < s->until) {
                if (tick <= login) {
                        act(h, s, PJWT_KEYS_AHEAD, (int)tick);
                        tick += TIMER + delay;
                } else {
                        act(h, s, flags_of_login(h, s, (int)login), (int)login);
                        login += gap(h, s);
                }
        }
}

static double measure(const struct scenario *s)
{
        double sum = 0;

        for (int t = s->from; t < s->until; t++)
                sum += refreshes[t];
        return sum / (s->until - s->from);
}

/*
 * ---- docs/scale.md, as arithmetic. The timer's interval is distributed evenly from 600 to 1200 seconds.
 * ----
 */

/*
 * Half of the freshness time has elapsed after three intervals of less than 900 seconds, after two longer
 * ones.
 */
static double steady(double hosts)
{
        return hosts / TIMER * (log(1.5) / 3 + log(4.0 / 3) / 2);
}

/* Every host sends one request within the spread of its first run. */
static double boot(double hosts)
{
        return hosts / TIMER;
}

/* Each run of the timer is an attempt. */
static double outage(double hosts)
{
        return hosts / TIMER * log(2);
}

/* The first login after the rotation sends a request; the timer continues. */
static double rotation(double hosts)
{
        return hosts / 600 + steady(hosts);
}

/* At the first login after min_refresh. */
static double attack(double hosts)
{
        return hosts / (60 + 5);
}

static const struct scenario scenarios[] = {
        {.name = "steady, mean", .from = 6 * HOUR, .until = DAY, .expected = steady},
        {.name = "steady, with a login a minute on each host, mean",
         .login_gap = 60,
         .from = 6 * HOUR,
         .until = 12 * HOUR,
         .expected = steady},
        {.name = "all hosts boot at once, the first ten minutes",
         .boots = true,
         .from = BOOT,
         .until = BOOT + TIMER,
         .expected = boot},
        {.name = "the issuer is down, mean of attempts",
         .down_from = 6 * HOUR,
         .down_until = 18 * HOUR,
         .from = 12 * HOUR,
         .until = 18 * HOUR,
         .expected = outage},
        {.name = "the issuer is back, the first ten minutes",
         .down_from = 6 * HOUR,
         .down_until = 18 * HOUR,
         .from = 18 * HOUR,
         .until = 18 * HOUR + 600,
         .expected = outage},
        {.name = "a new key, a login in ten minutes on each host, 1 min",
         .login_gap = 600,
         .rotation = 12 * HOUR,
         .from = 12 * HOUR,
         .until = 12 * HOUR + 60,
         .expected = rotation},
        {.name = "random kids, one in five seconds on each host, mean",
         .login_gap = 5,
         .unknown_kid = true,
         .from = HOUR / 2,
         .until = HOUR,
         .expected = attack},
};

static bool run(const struct scenario *s, long hosts)
{
        double found, expected = s->expected((double)hosts);

        memset(refreshes, 0, sizeof(refreshes));
        for (long i = 0; i < hosts; i++) {
                struct host h = {.random = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(i + 1)};

                (void)draw(&h);
                simulate(&h, s);
        }
        found = measure(s);
        (void)printf("%-55s computed %7.1f  found %7.1f refreshes/s  %+5.1f %%\n", s->name, expected, found,
                     100 * (found / expected - 1));
        return fabs(found / expected - 1) <= 0.10;
}

int main(int argc, char **argv)
{
        long hosts = argc > 1 ? atol(argv[1]) : 100000;
        bool good = true;

        for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
                good = run(&scenarios[i], hosts) && good;
        return good ? 0 : 1;
}
