#include "keycache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cachefile.h"
#include "fetchcall.h"
#include "fetchlock.h"
#include "fetchwire.h"
#include "freshness.h"
#include "keyfile.h"
#include "safefile.h"
#include "secret.h"

#define STALE_WAIT_MS INT64_C(2000) /* there are keys: a login does not wait long for newer ones */
#define PATIENCE_MS   INT64_C(1000) /* of waiting before a lock may be removed as abandoned */
#define ENDING_MS     INT64_C(2000) /* from the helper's timeout to its alarm */
/* The helper gives up that much earlier, so that its own words arrive. */
#define HELPER_LEAD_MS INT64_C(250)

/* The state of one call of pjwt_keycache_get(). */
struct call {
        const struct pjwt_keycache *cache;
        struct pjwt_keycache later; /* the caller's with the clock of after a wait; then cache is this */
        const struct pjwt_issuer *issuer;
        unsigned flags;
        int64_t boot_now;             /* the boot time that corresponds to cache->now */
        struct pjwt_cachefile cached; /* set is NULL if there is none that can be trusted */
        struct pjwt_keycache_info *info;
};

static void take(struct call *c, struct pjwt_cachefile *file)
{
        pjwt_cachefile_clear(&c->cached);
        c->cached = *file;
        *file = (struct pjwt_cachefile){0};
}

static void describe(struct pjwt_keycache_info *info, const struct pjwt_cachefile *file)
{
        info->asked_at = file->asked_at;
        info->fresh_until = file->fresh_until;
        info->server_date = file->server_date;
        (void)snprintf(info->source, sizeof(info->source), "%s", file->source);
}

/* jwks = file:... */
static enum pjwt_reason get_from_file(const char *path, struct pjwt_keyset **ret,
                                      struct pjwt_keycache_info *info, struct pjwt_error *reterr)
{
        info->from_file = true;
        info->read = pjwt_moment_now();
        (void)snprintf(info->source, sizeof(info->source), "%s", path);
        return pjwt_keyfile_read(path, ret, reterr);
}

/* ---- the cache ---- */

static struct pjwt_freshness times_of(const struct call *c)
{
        return (struct pjwt_freshness){c->cached.asked_at, c->cached.fresh_until};
}

static bool serves(const struct call *c)
{
        return c->cached.set && pjwt_fresh_serves(c->issuer, times_of(c), c->cache->now);
}

static bool must_ask(const struct call *c)
{
        return !c->cached.set || pjwt_fresh_must_ask(c->issuer, times_of(c), c->flags, c->cache->now);
}

/* Reads the cache again; true if its keys were requested later than those already known. */
static bool cache_has_newer(struct call *c)
{
        struct pjwt_cachefile file = {0};

        if ((c->cached.set &&
             !pjwt_cachefile_is_newer(c->cache->cache_dir, c->issuer, c->cache->now, &c->cached)) ||
            pjwt_cachefile_read(c->cache->cache_dir, c->issuer, c->cache->now, true, &file, NULL) != PJWT_OK)
                return false;
        take(c, &file);
        return true;
}

static void read_cache(struct call *c)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r;

        c->info->read = pjwt_moment_now();
        r = pjwt_cachefile_read(c->cache->cache_dir, c->issuer, c->cache->now, true, &c->cached, &err);
        if (r != PJWT_OK && r != PJWT_NO_KEYS) /* treated as absent, and reported */
                (void)pjwt_fail(&c->info->warning, r, "%s", err.detail);
}

/* ---- the helper ---- */

/*
 * The time of a request by the caller's clock: never later than the actual time, even if the caller was
 * stopped.
 */
static int64_t wall_clock(const struct call *c, int64_t boot_ms)
{
        int64_t delta = boot_ms - c->boot_now;

        return c->cache->now + (delta >= 0 ? delta / 1000 : -((-delta + 999) / 1000));
}

/* A process that cannot write the cache keeps fetched keys to itself. */
static void store(struct call *c)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r =
                pjwt_cachefile_write(c->cache->cache_dir, c->issuer, c->cache->now, &c->cached, &err);

        c->info->stored =
                r == PJWT_OK || cache_has_newer(c); /* a newer response of another login is equally good */
        if (!c->info->stored)
                (void)pjwt_fail(&c->info->warning, r, "%s", err.detail);
}

static enum pjwt_reason parse_and_check(const struct pjwt_fetch_response *response, struct pjwt_keyset **ret,
                                        struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r =
                pjwt_keyset_parse(response->keys, response->keys_len, PJWT_KEYS_PUBLIC_ONLY, &set, reterr);

        if (r == PJWT_OK)
                r = pjwt_keyset_check_all(set, reterr);
        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
}

/* The keys of a response; for 304 the cached ones. As root, only the format of a key set is checked. */
static enum pjwt_reason keys_of(struct call *c, const struct pjwt_fetch_response *response,
                                struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        if (!response->not_modified)
                return parse_and_check(response, ret, reterr);
        if (!c->cached.set || !c->cached.etag || !response->etag ||
            strcmp(c->cached.etag, response->etag) != 0)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED,
                                 "response 304 (not modified) for keys other than the cached ones");
        *ret = c->cached.set;
        c->cached.set = NULL;
        return PJWT_OK;
}

/*
 * Uses a response only if it was requested later than the existing keys, and at most 60 seconds ago. A
 * login that was stopped for an hour by its user must not continue with keys that are an hour old, not even
 * for itself (REV-07).
 */
static enum pjwt_reason use(struct call *c, const struct pjwt_fetch_response *response,
                            struct pjwt_error *reterr)
{
        struct pjwt_cachefile file = {.asked_boot_ms = response->asked_boot_ms,
                                      .asked_at = wall_clock(c, response->asked_boot_ms),
                                      .server_date = response->server_date};
        const char *etag = response->not_modified ? c->cached.etag : response->etag;
        int64_t age = pjwt_boot_ms() - response->asked_boot_ms;
        enum pjwt_reason r = PJWT_OK;

        if (age < 0 || age > PJWT_RESPONSE_AGE_MS)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the response is %" PRId64 " s old", age / 1000);
        if (c->cached.set && !pjwt_cachefile_newer(&file, &c->cached))
                return pjwt_fail(reterr, PJWT_NO_KEYS, "the last response is not newer than the cache");
        file.source = strdup(response->source);
        file.etag = etag ? strdup(etag) : NULL;
        file.fresh_until = pjwt_fresh_until(c->issuer, file.asked_at, response->max_age);
        r = file.source && (!etag || file.etag) ? keys_of(c, response, &file.set, reterr)
                                                : pjwt_fail_memory(reterr);
        if (r != PJWT_OK) {
                pjwt_cachefile_clear(&file);
                return r;
        }
        take(c, &file);
        c->info->fetched = true;
        store(c);
        return PJWT_OK;
}

static enum pjwt_reason open_for_helper(const char *path, const char *what, struct pjwt_fetchcall *call,
                                        int *retfd, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        int fd;

        *retfd = 0;
        if (!path)
                return PJWT_OK;
        fd = pjwt_fd_above(pjwt_file_open(path, PJWT_FILE_LINKS, &err), 3 + PJWT_FETCH_FDS_MAX);
        if (fd < 0)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: %s", what,
                                 err.detail[0] ? err.detail : strerror(errno));
        call->fds[call->fd_count] = fd;
        *retfd = 3 + (int)call->fd_count++;
        return PJWT_OK;
}

/* Files that the helper cannot open itself, as descriptors. */
static enum pjwt_reason open_files(const struct call *c, struct pjwt_fetch_request *request,
                                   struct pjwt_fetchcall *call, struct pjwt_error *reterr)
{
        enum pjwt_reason r = open_for_helper(c->issuer->ca_file, "ca_file", call, &request->ca_fd, reterr);

        if (r == PJWT_OK)
                r = open_for_helper(c->issuer->bearer_file, "bearer_file", call, &request->bearer_fd, reterr);
        return r;
}

static void close_files(const struct pjwt_fetchcall *call)
{
        for (size_t i = call->give_first ? 1 : 0; i < call->fd_count; i++)
                close(call->fds[i]);
}

/* The lock becomes the helper's. */
static enum pjwt_reason give_lock(int lock, struct pjwt_fetch_request *request, struct pjwt_fetchcall *call,
                                  struct pjwt_error *reterr)
{
        int fd = pjwt_fd_above(lock, 3 + PJWT_FETCH_FDS_MAX);

        if (lock < 0)
                return PJWT_OK;
        if (fd < 0)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "lock: %s", strerror(errno));
        call->give_first = true;
        call->fds[call->fd_count] = fd;
        request->note_fd = 3 + (int)call->fd_count++;
        return PJWT_OK;
}

/* Starts the helper and returns its whole output. Takes ownership of the lock. */
static enum pjwt_reason run_helper(const struct call *c, struct pjwt_fetch_request *request, int lock,
                                   int64_t deadline, char **ret, size_t *retlen, struct pjwt_error *reterr)
{
        struct pjwt_fetchcall call = {
                .program = c->cache->fetch_path, .deadline = deadline, .reply_max = PJWT_CACHEFILE_BYTES_MAX};
        char *text = NULL;
        enum pjwt_reason r = give_lock(lock, request, &call, reterr);

        if (r == PJWT_OK)
                r = open_files(c, request, &call, reterr);
        if (r == PJWT_OK)
                r = pjwt_fetch_request_write(request, &text, reterr);
        if (r == PJWT_OK) {
                call.request = text;
                call.request_len = strlen(text);
                r = pjwt_fetchcall(&call, ret, retlen, reterr);
        } else if (call.give_first) {
                close(call.fds[0]);
        }
        close_files(&call);
        pjwt_wipe_free_str(text); /* it can contain the proxy's password */
        return r;
}

static struct pjwt_fetch_request request_of(const struct call *c, int64_t deadline)
{
        const struct pjwt_issuer *i = c->issuer;
        int64_t left = deadline - pjwt_boot_ms() - HELPER_LEAD_MS;

        if (left > PJWT_FETCH_TIMEOUT_MAX)
                left = PJWT_FETCH_TIMEOUT_MAX;
        return (struct pjwt_fetch_request){
                .name = i->name,
                .issuer = i->issuer,
                .jwks = i->jwks,
                .proxy = i->proxy,
                .etag = c->cached.set ? c->cached.etag : NULL,
                .private_jwks = i->private_jwks,
                .timeout_ms = left > 50 ? left : 50,
        };
}

static struct pjwt_note note_of(const struct call *c, const struct pjwt_fetch_request *request)
{
        int64_t now = pjwt_boot_ms();

        return (struct pjwt_note){.issuer = c->issuer->issuer,
                                  .jwks = c->issuer->jwks,
                                  .asked_boot_ms = now,
                                  .ends_boot_ms = now + request->timeout_ms + ENDING_MS};
}

/* Starts the helper and uses its response. False if another process has the lock: wait for that one. */
static bool ask_helper(struct call *c, const struct pjwt_fetchlock *lock,
                       const struct pjwt_note_question *question, int64_t deadline,
                       enum pjwt_reason *retreason, struct pjwt_error *reterr)
{
        struct pjwt_fetch_request request = request_of(c, deadline);
        const struct pjwt_note started = note_of(c, &request);
        struct pjwt_fetch_response response = {0};
        char *bytes = NULL;
        size_t len = 0;
        int fd;
        enum pjwt_reason r;

        if (!pjwt_fetchlock_take(lock, question, &started, &fd))
                return false;
        r = run_helper(c, &request, fd, deadline, &bytes, &len, reterr);
        if (r == PJWT_OK)
                r = pjwt_fetch_response_read(bytes, len, &request, &response, reterr);
        if (r != PJWT_OK && r != PJWT_NO_FETCH_USER && reterr)
                pjwt_fetchlock_fail(lock, &started, reterr);
        if (r == PJWT_OK)
                r = use(c, &response, reterr);
        pjwt_fetch_response_clear(&response);
        free(bytes);
        *retreason = r;
        return true;
}

/* ---- the refresh service ---- */

/* The failure that the service's helper has noted; else `text`. */
static enum pjwt_reason service_failed(const struct pjwt_fetchlock *lock, enum pjwt_reason reason,
                                       const char *text, struct pjwt_error *reterr)
{
        struct pjwt_note note = {0};
        bool noted = pjwt_fetchlock_read(lock, &note) && note.end == PJWT_NOTE_FAILED;
        enum pjwt_reason r = pjwt_fail(reterr, noted ? note.reason : reason, "refresh service: %s",
                                       noted ? note.detail : text);

        pjwt_note_clear(&note);
        return r;
}

/*
 * The service writes the cache itself and answers when that is done; the contents of the cache are then used.
 * If it exists, no login starts a helper (RVW-33). False if it does not.
 */
static bool ask_service(struct call *c, const struct pjwt_fetchlock *lock, int64_t deadline,
                        enum pjwt_reason *retreason, struct pjwt_error *reterr)
{
        char line[PJWT_FETCH_NAME_MAX + 2];
        struct pjwt_error err = {0};
        char *answer = NULL;
        size_t len = 0;
        bool there = false;
        enum pjwt_reason r;

        if (!c->cache->socket_path ||
            snprintf(line, sizeof(line), "%s\n", c->issuer->name) >= (int)sizeof(line))
                return false;
        r = pjwt_fetchcall_socket(c->cache->socket_path, line, deadline, &answer, &len, &there, &err);
        if (!there)
                return false;
        if (cache_has_newer(c)) {
                c->info->fetched = c->info->stored = true;
                r = PJWT_OK;
        } else if (r != PJWT_OK) {
                r = pjwt_fail(reterr, r, "refresh service: %s", err.detail);
        } else if (strcmp(answer, PJWT_SERVICE_TOO_SOON) == 0) {
                c->info->too_soon = true;
                r = service_failed(lock, PJWT_NO_KEYS, "it is too early for another request", reterr);
        } else {
                r = service_failed(lock, PJWT_FETCH_FAILED, "no keys were fetched", reterr);
        }
        free(answer);
        *retreason = r;
        return true;
}

/* ---- all sources ---- */

/* With existing keys a login waits only a short time, without keys up to `timeout`. */
static int64_t deadline_of(const struct call *c)
{
        int64_t wait = c->issuer->timeout * 1000;

        return c->boot_now +
               (serves(c) && !(c->flags & (PJWT_KEYS_FORCE | PJWT_KEYS_AHEAD)) && wait > STALE_WAIT_MS
                        ? STALE_WAIT_MS
                        : wait);
}

static const char *lock_dir_of(const struct pjwt_keycache *cache)
{
        return cache->lock_dir ? cache->lock_dir : PJWT_LOCK_DIR;
}

static struct pjwt_note_question question_of(const struct call *c)
{
        return (struct pjwt_note_question){
                .issuer = c->issuer->issuer,
                .jwks = c->issuer->jwks,
                .started = c->boot_now,
                .cool_down_ms = c->issuer->min_refresh * 1000,
                .cached_boot_ms = c->cached.set ? c->cached.asked_boot_ms : 0,
                .has_keys = serves(c) && !(c->flags & (PJWT_KEYS_AHEAD | PJWT_KEYS_FORCE)),
                .force = c->flags & PJWT_KEYS_FORCE,
        };
}

/*
 * Keys that another process has stored are as good as ours. --force requires a request that began
 * after this call.
 */
static bool others_brought(struct call *c)
{
        if (!cache_has_newer(c) || (c->flags & PJWT_KEYS_FORCE && c->cached.asked_boot_ms < c->boot_now))
                return false;
        c->info->fetched = c->info->stored = true;
        return true;
}

/* With the reason of the last failure. */
static enum pjwt_reason too_early(struct call *c, const struct pjwt_note_question *question,
                                  struct pjwt_note *note, struct pjwt_error *reterr)
{
        enum pjwt_reason r = pjwt_note_too_early(question, note, pjwt_boot_ms(), reterr);

        c->info->too_soon = true;
        pjwt_note_clear(note);
        return r;
}

/*
 * Sends a request, or waits for the process that has sent one: for its keys in the cache, or its
 * failure in the note. A login with usable keys does not wait for others.
 */
static enum pjwt_reason ask(struct call *c, struct pjwt_error *reterr)
{
        const struct timespec nap = {.tv_nsec = 20000000};
        const struct pjwt_fetchlock lock = {lock_dir_of(c->cache), c->issuer->name, pjwt_fetchlock_user()};
        const bool wait = !serves(c) || c->flags & (PJWT_KEYS_REFRESH | PJWT_KEYS_FORCE | PJWT_KEYS_AHEAD);
        const int64_t deadline = deadline_of(c);

        if (!c->cache->fetch_path && !c->cache->socket_path)
                return pjwt_fail(reterr, PJWT_NO_KEYS, "requests to the issuer are not allowed here");
        for (;;) {
                const struct pjwt_note_question question = question_of(c);
                bool patient = wait && pjwt_boot_ms() - c->boot_now > PATIENCE_MS;
                struct pjwt_note note = {0};
                enum pjwt_reason r = PJWT_UNDECIDED;
                enum pjwt_note_verdict what = pjwt_fetchlock_look(&lock, &question, patient, &note);

                if (what == PJWT_NOTE_WAIT)
                        return too_early(c, &question, &note, reterr);
                if (what == PJWT_NOTE_ASK && ask_service(c, &lock, deadline, &r, reterr))
                        return r;
                if (what == PJWT_NOTE_ASK && !c->cache->fetch_path)
                        return pjwt_fail(reterr, PJWT_NO_KEYS, "there is no refresh service");
                if (what == PJWT_NOTE_ASK && ask_helper(c, &lock, &question, deadline, &r, reterr))
                        return r;
                if (!wait)
                        return pjwt_fail(reterr, PJWT_NO_KEYS,
                                         "another process is already fetching the keys");
                if (pjwt_boot_ms() >= deadline)
                        return pjwt_fail(reterr, PJWT_FETCH_FAILED,
                                         "another process is fetching the keys and has not finished in time");
                (void)nanosleep(&nap, NULL);
                if (others_brought(c))
                        return PJWT_OK;
        }
}

static enum pjwt_reason refuse(const struct call *c, enum pjwt_reason r, const struct pjwt_error *why,
                               struct pjwt_error *reterr)
{
        if (c->cached.set)
                return pjwt_fail(reterr, PJWT_STALE_KEYS,
                                 "the keys of %s are %" PRId64 " s old, max_stale %" PRId64 "; %s",
                                 c->issuer->name, pjwt_fresh_age(times_of(c), c->cache->now),
                                 c->issuer->max_stale, why->detail);
        return pjwt_fail(reterr, r, "%s: %s", c->issuer->name, why->detail);
}

/* Keys of our own that were not stored, and that no other process will serve from. */
static bool is_outdated(const struct call *c)
{
        return !c->info->stored && pjwt_boot_ms() - c->cached.asked_boot_ms > PJWT_RESPONSE_AGE_MS;
}

/*
 * After a wait: the time is another, and so may be the cache. What was in memory before the wait does not
 * count any more, or a user who stops his own sudo in a refresh could bring a withdrawn key back (attacks
 * RVW-03). Keys that this call itself has fetched yield only to newer ones.
 */
static enum pjwt_reason look_again(struct call *c, struct pjwt_moment before, enum pjwt_reason asked,
                                   struct pjwt_error *reterr)
{
        c->later = *c->cache;
        c->later.now += pjwt_moment_age_ms(before) / 1000;
        c->cache = &c->later;
        c->boot_now = pjwt_boot_ms();
        if (c->info->fetched && !is_outdated(c)) {
                c->info->read = pjwt_moment_now();
                (void)cache_has_newer(c);
                return asked;
        }
        if (asked == PJWT_OK)
                asked = pjwt_fail(reterr, PJWT_FETCH_FAILED, "the response is old by now");
        c->info->fetched = false;
        pjwt_cachefile_clear(&c->cached);
        read_cache(c);
        return asked;
}

static enum pjwt_reason get_cached(struct call *c, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        const struct pjwt_moment before = pjwt_moment_now();
        struct pjwt_error err = {0};
        enum pjwt_reason r = PJWT_OK;

        read_cache(c);
        c->info->too_soon = !must_ask(c);
        if (!c->info->too_soon) {
                r = ask(c, &err);
                r = look_again(c, before, r, &err);
        }
        if (c->cached.source)
                describe(c->info, &c->cached);
        if (!serves(c))
                return refuse(c, r, &err, reterr);
        if (r != PJWT_OK && err.reason != PJWT_NO_KEYS)
                (void)pjwt_fail(&c->info->warning, err.reason, "%s", err.detail);
        *ret = c->cached.set;
        c->cached.set = NULL;
        return PJWT_OK;
}

enum pjwt_reason pjwt_keycache_get(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer,
                                   unsigned flags, struct pjwt_keyset **ret,
                                   struct pjwt_keycache_info *retinfo, struct pjwt_error *reterr)
{
        struct pjwt_keycache_info info = {0};
        struct call c = {
                .cache = cache, .issuer = issuer, .flags = flags, .info = &info, .boot_now = pjwt_boot_ms()};
        const char *path = pjwt_keyfile_path(issuer);
        enum pjwt_reason r = path ? get_from_file(path, ret, &info, reterr) : get_cached(&c, ret, reterr);

        pjwt_cachefile_clear(&c.cached);
        if (retinfo)
                *retinfo = info;
        return r;
}

/* The result of the last attempt, if it failed and we may know. */
static void read_last_failure(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer,
                              struct pjwt_keycache_info *info)
{
        const struct pjwt_fetchlock lock = {.dir = lock_dir_of(cache), .name = issuer->name};
        const struct pjwt_note_question question = {
                .issuer = issuer->issuer, .jwks = issuer->jwks, .cool_down_ms = INT64_MAX};
        struct pjwt_note note = {0};

        if (pjwt_fetchlock_look(&lock, &question, false, &note) == PJWT_NOTE_WAIT &&
            note.end == PJWT_NOTE_FAILED)
                (void)pjwt_fail(&info->warning, note.reason, "%.400s (%" PRId64 " s ago)", note.detail,
                                (pjwt_boot_ms() - note.asked_boot_ms) / 1000);
        pjwt_note_clear(&note);
}

enum pjwt_reason pjwt_keycache_info_read(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer,
                                         struct pjwt_keyset **ret, struct pjwt_keycache_info *retinfo,
                                         struct pjwt_error *reterr)
{
        struct pjwt_keycache_info info = {0};
        struct pjwt_cachefile file = {0};
        struct pjwt_keyset *set = NULL;
        const char *path = pjwt_keyfile_path(issuer);
        enum pjwt_reason r;

        if (path)
                r = get_from_file(path, &set, &info, reterr);
        else
                r = pjwt_cachefile_read(cache->cache_dir, issuer, cache->now, true, &file, reterr);
        if (r == PJWT_OK && !path) {
                describe(&info, &file);
                set = file.set;
                file.set = NULL;
        }
        if (r == PJWT_OK && ret)
                *ret = set;
        else
                pjwt_keyset_free(set);
        pjwt_cachefile_clear(&file);
        if (!path)
                read_last_failure(cache, issuer, &info);
        if (retinfo)
                *retinfo = info;
        return r;
}
