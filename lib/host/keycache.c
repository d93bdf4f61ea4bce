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
#include "fetchnote.h"
#include "fetchwire.h"
#include "freshness.h"
#include "safefile.h"
#include "secret.h"

#define STALE_WAIT_MS INT64_C(2000) /* there are keys: a login does not wait long for newer ones */
#define NOTE_WAIT_MS  INT64_C(1000)
#define HELPER_LEAD_MS                                                                                       \
        INT64_C(250) /* the helper gives up that much earlier, so that its own words arrive                  \
                      */

/* The state of one call of pjwt_keycache_get(). */
struct call {
        const struct pjwt_keycache *cache;
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

/* ---- jwks = file:... ---- */

static const char *file_path(const struct pjwt_issuer *issuer)
{
        return issuer->jwks && strncmp(issuer->jwks, "file://", 7) == 0 ? issuer->jwks + 7 : NULL;
}

static bool holds_secret(const struct pjwt_keyset *set)
{
        for (size_t i = 0; i < set->count; i++)
                if (set->keys[i].kty == PJWT_KTY_OCT)
                        return true;
        return false;
}

/* Anyone who can read an HMAC key can sign with it. */
static enum pjwt_reason check_secret_file(const struct pjwt_keyset *set, const struct stat *st,
                                          const char *path, struct pjwt_error *reterr)
{
        if (holds_secret(set) && st->st_mode & (S_IRWXG | S_IRWXO))
                return pjwt_fail(reterr, PJWT_FILE_MODE,
                                 "%s: contains an HMAC key and can be read by other users: mode %04o", path,
                                 (unsigned)(st->st_mode & 07777));
        return PJWT_OK;
}

static enum pjwt_reason get_from_file(const char *path, struct pjwt_keyset **ret,
                                      struct pjwt_keycache_info *info, struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        struct stat st = {0};
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r;

        info->from_file = true;
        (void)snprintf(info->source, sizeof(info->source), "%s", path);
        r = pjwt_file_read(path, 0, PJWT_KEYSET_BYTES_MAX, &text, &len, &st, reterr);
        if (r != PJWT_OK)
                return r;
        r = pjwt_keyset_parse(text, len, 0, &set, &err);
        pjwt_wipe_free(text, len + 1);
        if (r != PJWT_OK)
                return pjwt_fail(reterr, r, "%s: %s", path, err.detail);
        r = check_secret_file(set, &st, path, reterr);
        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
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

        if (pjwt_cachefile_read(c->cache->cache_dir, c->issuer, c->cache->now, true, &file, NULL) != PJWT_OK)
                return false;
        if (c->cached.set && !pjwt_cachefile_newer(&file, &c->cached)) {
                pjwt_cachefile_clear(&file);
                return false;
        }
        take(c, &file);
        return true;
}

static void read_cache(struct call *c)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r =
                pjwt_cachefile_read(c->cache->cache_dir, c->issuer, c->cache->now, true, &c->cached, &err);

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
                .timeout_ms = left > 50 ? left : 50,
                .cool_down_ms = i->min_refresh * 1000,
                .force = c->flags & PJWT_KEYS_FORCE,
                .wait = !serves(c) || c->flags & (PJWT_KEYS_REFRESH | PJWT_KEYS_FORCE | PJWT_KEYS_AHEAD),
        };
}

static const char *lock_dir_of(const struct pjwt_keycache *cache)
{
        return cache->lock_dir ? cache->lock_dir : PJWT_LOCK_DIR;
}

/*
 * Uses the result of another login, without starting a process. While a request is in progress, this waits
 * for it (or not, if there are keys to use), but only for a second, since only the helper can ignore an
 * abandoned lock.
 * PJWT_NOTE_ASK: a helper must be started.
 */
static enum pjwt_note ask_note(struct call *c, const struct pjwt_fetch_request *request,
                               enum pjwt_reason *retreason, struct pjwt_error *reterr)
{
        const struct timespec nap = {.tv_nsec = 20000000};
        int64_t started = pjwt_boot_ms(), until = started + NOTE_WAIT_MS;
        struct pjwt_fetch_response response = {0};
        char *text = NULL;
        enum pjwt_note what;

        while ((what = pjwt_fetchnote_look(lock_dir_of(c->cache), request, c->boot_now, &text, &response)) ==
               PJWT_NOTE_BUSY) {
                if (!request->wait) {
                        *retreason =
                                pjwt_fail(reterr, PJWT_NO_KEYS, "another login is already requesting them");
                        return what;
                }
                if (pjwt_boot_ms() >= until)
                        return PJWT_NOTE_ASK;
                (void)nanosleep(&nap, NULL);
        }
        if (what == PJWT_NOTE_SHARE)
                *retreason = use(c, &response, reterr);
        else if (what == PJWT_NOTE_WAIT)
                *retreason = pjwt_fetchnote_too_early(request, &response, pjwt_boot_ms(), reterr);
        pjwt_fetch_response_clear(&response);
        free(text);
        return what;
}

static enum pjwt_reason start_helper(struct call *c, struct pjwt_fetch_request *request, int64_t deadline,
                                     struct pjwt_error *reterr)
{
        struct pjwt_fetchcall call = {.program = c->cache->fetch_path,
                                      .argument = c->cache->lock_dir,
                                      .deadline = deadline,
                                      .reply_max = PJWT_CACHEFILE_BYTES_MAX};
        struct pjwt_fetch_response response = {0};
        char *text = NULL, *bytes = NULL;
        size_t len = 0;
        enum pjwt_reason r = open_for_helper(c->issuer->ca_file, "ca_file", &call, &request->ca_fd, reterr);

        if (r == PJWT_OK)
                r = open_for_helper(c->issuer->bearer_file, "bearer_file", &call, &request->bearer_fd,
                                    reterr);
        if (r == PJWT_OK)
                r = pjwt_fetch_request_write(request, &text, reterr);
        if (r == PJWT_OK) {
                call.request = text;
                call.request_len = strlen(text);
                r = pjwt_fetchcall(&call, &bytes, &len, reterr);
        }
        for (size_t i = 0; i < call.fd_count; i++)
                close(call.fds[i]);
        if (r == PJWT_OK)
                r = pjwt_fetch_response_read(bytes, len, request, &response, reterr);
        if (r == PJWT_OK)
                r = use(c, &response, reterr);
        pjwt_fetch_response_clear(&response);
        free(bytes);
        pjwt_wipe_free_str(text); /* it can contain the proxy's password */
        return r;
}

/* ---- the refresh service ---- */

/*
 * The service writes the cache itself and answers when that is done; the contents of the cache are then
 * used.
 */
static bool ask_service(struct call *c, int64_t deadline)
{
        char line[128];
        char *response = NULL;
        size_t len = 0;

        (void)snprintf(line, sizeof(line), "%s %s\n", c->flags & PJWT_KEYS_REFRESH ? "unknown-kid" : "stale",
                       c->issuer->name);
        if (!c->cache->socket_path ||
            pjwt_fetchcall_socket(c->cache->socket_path, line, deadline, &response, &len, NULL) != PJWT_OK)
                return false;
        free(response);
        if (!cache_has_newer(c))
                return false;
        c->info->fetched = c->info->stored = true;
        return true;
}

/* ---- all sources ---- */

/* With existing keys a login waits only a short time, without keys up to `timeout`. */
static int64_t deadline_of(const struct call *c)
{
        int64_t wait = c->issuer->timeout * 1000;

        return c->boot_now + (serves(c) && c->flags == 0 && wait > STALE_WAIT_MS ? STALE_WAIT_MS : wait);
}

/* First the result of others, then the service, then our own helper. */
static enum pjwt_reason ask(struct call *c, struct pjwt_error *reterr)
{
        int64_t deadline = deadline_of(c);
        struct pjwt_fetch_request request = request_of(c, deadline);
        enum pjwt_reason r = PJWT_UNDECIDED;

        if (!c->cache->fetch_path && !c->cache->socket_path)
                return pjwt_fail(reterr, PJWT_NO_KEYS, "requests to the issuer are not allowed here");
        if (ask_note(c, &request, &r, reterr) != PJWT_NOTE_ASK)
                return r;
        if (ask_service(c, deadline))
                return PJWT_OK;
        if (!c->cache->fetch_path)
                return pjwt_fail(reterr, PJWT_NO_KEYS, "the refresh service did not provide keys");
        request = request_of(c, deadline); /* less time is left */
        return start_helper(c, &request, deadline, reterr);
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

static enum pjwt_reason get_cached(struct call *c, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r;

        read_cache(c);
        r = must_ask(c) ? ask(c, &err) : PJWT_OK;
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
        const char *path = file_path(issuer);
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
        const struct pjwt_fetch_request request = {.name = issuer->name,
                                                   .issuer = issuer->issuer,
                                                   .jwks = issuer->jwks,
                                                   .cool_down_ms = INT64_MAX};
        struct pjwt_fetch_response note = {0};
        char *text = NULL;

        if (pjwt_fetchnote_look(lock_dir_of(cache), &request, 0, &text, &note) == PJWT_NOTE_WAIT && !note.ok)
                (void)pjwt_fail(&info->warning, note.reason, "%.400s (%" PRId64 " s ago)", note.detail,
                                (pjwt_boot_ms() - note.asked_boot_ms) / 1000);
        pjwt_fetch_response_clear(&note);
        free(text);
}

enum pjwt_reason pjwt_keycache_info_read(const struct pjwt_keycache *cache, const struct pjwt_issuer *issuer,
                                         struct pjwt_keyset **ret, struct pjwt_keycache_info *retinfo,
                                         struct pjwt_error *reterr)
{
        struct pjwt_keycache_info info = {0};
        struct pjwt_cachefile file = {0};
        struct pjwt_keyset *set = NULL;
        const char *path = file_path(issuer);
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
