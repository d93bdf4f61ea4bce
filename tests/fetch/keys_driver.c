/*
 * Calls pjwt_keycache_get() as a login would, and prints the result as one JSON object. For the tests in this
 * directory.
 *
 *   keys_driver [option=value]... [refresh] [force] [ahead] [info]
 *
 * Settings of the issuer have the names of pam_jwt.conf; cache, lock, helper, socket and now are those of
 * struct pjwt_keycache. Unusual hosts are options too: sigchld=ignore, fds=closed, fsize=BYTES,
 * nofile=N, umask=OCTAL, threads=N, repeat=N, stop=BEFORE_STORE.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keycache.h"

struct driver {
        struct pjwt_keycache cache;
        struct pjwt_issuer issuer;
        unsigned flags;
        bool info_only;
        bool close_fds;
        long repeat;
        long threads;
};

struct result {
        enum pjwt_reason reason;
        struct pjwt_error err;
        struct pjwt_keycache_info info;
        struct pjwt_keyset *set;
};

static void set_limit(int resource, const char *value)
{
        struct rlimit limit = {(rlim_t)atol(value), (rlim_t)atol(value)};

        if (setrlimit((__rlimit_resource_t)resource, &limit) != 0)
                exit(3);
}

static void no_op(int sig)
{
        (void)sig;
}

/* A host whose handler waits for every child that ends, as in some daemons. */
static void take_children(int sig)
{
        int saved = errno;

        (void)sig;
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        errno = saved;
}

static void set_sigchld(const char *value)
{
        struct sigaction sa = {.sa_handler = no_op};

        if (strcmp(value, "ignore") == 0)
                sa.sa_handler = SIG_IGN;
        else if (strcmp(value, "take") == 0)
                sa.sa_handler = take_children;
        if (sigaction(SIGCHLD, &sa, NULL) != 0)
                exit(3);
}

static bool set_issuer(struct pjwt_issuer *i, const char *name, char *value)
{
        if (strcmp(name, "private_jwks") == 0)
                return i->private_jwks = strcmp(value, "yes") == 0, true;
        const struct {
                const char *name;
                char **text;
                int64_t *seconds;
        } rows[] = {
                {"name", &i->name, NULL},
                {"issuer", &i->issuer, NULL},
                {"jwks", &i->jwks, NULL},
                {"ca_file", &i->ca_file, NULL},
                {"bearer_file", &i->bearer_file, NULL},
                {"proxy", &i->proxy, NULL},
                {"timeout", NULL, &i->timeout},
                {"max_stale", NULL, &i->max_stale},
                {"refresh_time", NULL, &i->refresh},
                {"min_refresh", NULL, &i->min_refresh},
        };

        for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
                if (strcmp(rows[k].name, name) == 0) {
                        if (rows[k].text)
                                *rows[k].text = value;
                        else
                                *rows[k].seconds = atoll(value);
                        return true;
                }
        return false;
}

static bool set_cache(struct pjwt_keycache *c, const char *name, const char *value)
{
        if (strcmp(name, "cache") == 0)
                c->cache_dir = value;
        else if (strcmp(name, "lock") == 0)
                c->lock_dir = value;
        else if (strcmp(name, "helper") == 0)
                c->fetch_path = value[0] ? value : NULL;
        else if (strcmp(name, "socket") == 0)
                c->socket_path = value;
        else if (strcmp(name, "now") == 0)
                c->now = atoll(value);
        else
                return false;
        return true;
}

static bool set_host(struct driver *d, const char *name, const char *value)
{
        if (strcmp(name, "sigchld") == 0)
                set_sigchld(value);
        else if (strcmp(name, "fsize") == 0)
                set_limit(RLIMIT_FSIZE, value);
        else if (strcmp(name, "nofile") == 0)
                set_limit(RLIMIT_NOFILE, value);
        else if (strcmp(name, "umask") == 0)
                (void)umask((mode_t)strtoul(value, NULL, 8));
        else if (strcmp(name, "fds") == 0)
                d->close_fds = true;
        else if (strcmp(name, "repeat") == 0)
                d->repeat = atol(value);
        else if (strcmp(name, "threads") == 0)
                d->threads = atol(value);
        else
                return false;
        return true;
}

static bool set_flag(struct driver *d, const char *word)
{
        if (strcmp(word, "refresh") == 0)
                d->flags |= PJWT_KEYS_REFRESH;
        else if (strcmp(word, "force") == 0)
                d->flags |= PJWT_KEYS_FORCE;
        else if (strcmp(word, "ahead") == 0)
                d->flags |= PJWT_KEYS_AHEAD;
        else if (strcmp(word, "info") == 0)
                d->info_only = true;
        else
                return false;
        return true;
}

static void set(struct driver *d, char *argument)
{
        char *value = strchr(argument, '=');

        if (!value) {
                if (!set_flag(d, argument))
                        exit(2);
                return;
        }
        *value++ = '\0';
        if (!set_issuer(&d->issuer, argument, value) && !set_cache(&d->cache, argument, value) &&
            !set_host(d, argument, value))
                exit(2);
}

static void call(const struct driver *d, struct result *r)
{
        *r = (struct result){0};
        if (d->info_only)
                r->reason = pjwt_keycache_info_read(&d->cache, &d->issuer, &r->set, &r->info, &r->err);
        else
                r->reason = pjwt_keycache_get(&d->cache, &d->issuer, d->flags, &r->set, &r->info, &r->err);
}

static void *call_in_thread(void *arg)
{
        struct result r;

        call(arg, &r);
        pjwt_keyset_free(r.set);
        return (void *)(intptr_t)r.reason;
}

/* Several at once in one process; returns the number of those that got keys. */
static long call_in_threads(struct driver *d)
{
        pthread_t threads[64];
        long good = 0;

        for (long i = 0; i < d->threads; i++)
                if (pthread_create(&threads[i], NULL, call_in_thread, d) != 0)
                        exit(3);
        for (long i = 0; i < d->threads; i++) {
                void *reason = NULL;

                (void)pthread_join(threads[i], &reason);
                good += (intptr_t)reason == PJWT_OK;
        }
        return good;
}

static int open_descriptors(void)
{
        int n = 0;

        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static struct json_object *error_of(const struct pjwt_error *err)
{
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "reason", json_object_new_string(pjwt_reason_name(err->reason)));
        json_object_object_add(o, "detail", json_object_new_string(err->detail));
        return o;
}

static struct json_object *kids_of(const struct pjwt_keyset *set)
{
        struct json_object *kids = json_object_new_array();

        for (size_t i = 0; set && i < set->count; i++)
                if (set->keys[i].unusable == PJWT_OK)
                        json_object_array_add(
                                kids, json_object_new_string(set->keys[i].kid ? set->keys[i].kid : ""));
        return kids;
}

/* The disposition of each signal in the host, and which signals it blocks. */
struct signals {
        struct sigaction actions[NSIG];
        sigset_t blocked;
};

static void read_signals(struct signals *ret)
{
        memset(ret, 0, sizeof(*ret));
        for (int i = 1; i < NSIG; i++)
                (void)sigaction(i, NULL, &ret->actions[i]);
        (void)pthread_sigmask(SIG_SETMASK, NULL, &ret->blocked);
}

static int changed_signals(const struct signals *before)
{
        struct signals after;
        int changed = 0;

        read_signals(&after);
        for (int i = 1; i < NSIG; i++)
                changed += after.actions[i].sa_handler != before->actions[i].sa_handler ||
                           after.actions[i].sa_flags != before->actions[i].sa_flags ||
                           sigismember(&after.blocked, i) != sigismember(&before->blocked, i);
        return changed;
}

static void print(const struct result *r, double seconds, int leaked, bool zombie, int changed, long good)
{
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "reason", json_object_new_string(pjwt_reason_name(r->reason)));
        json_object_object_add(o, "detail", json_object_new_string(r->err.detail));
        json_object_object_add(o, "kids", kids_of(r->set));
        json_object_object_add(o, "from_file", json_object_new_boolean(r->info.from_file));
        json_object_object_add(o, "fetched", json_object_new_boolean(r->info.fetched));
        json_object_object_add(o, "stored", json_object_new_boolean(r->info.stored));
        json_object_object_add(o, "asked_at", json_object_new_int64(r->info.asked_at));
        json_object_object_add(o, "fresh_until", json_object_new_int64(r->info.fresh_until));
        json_object_object_add(o, "source", json_object_new_string(r->info.source));
        json_object_object_add(o, "warning", error_of(&r->info.warning));
        json_object_object_add(o, "seconds", json_object_new_double(seconds));
        json_object_object_add(o, "leaked_fds", json_object_new_int(leaked));
        json_object_object_add(o, "zombie", json_object_new_boolean(zombie));
        json_object_object_add(o, "changed_signals", json_object_new_int(changed));
        json_object_object_add(o, "threads_ok", json_object_new_int64(good));
        (void)puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
        json_object_put(o);
}

static double clock_seconds(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Descriptors 0 to 2 are closed only during the call, so that the result can be printed. */
static void run(struct driver *d)
{
        struct result r = {0};
        struct signals signals;
        int out = fcntl(1, F_DUPFD_CLOEXEC, 10), before;
        double start;
        long good = 0;
        bool zombie;

        for (int fd = 0; d->close_fds && fd < 3; fd++)
                close(fd);
        read_signals(&signals);
        before = open_descriptors();
        start = clock_seconds();
        call(d, &r);
        for (long i = 1; i < d->repeat; i++) {
                pjwt_keyset_free(r.set);
                call(d, &r);
        }
        if (d->threads > 0)
                good = call_in_threads(d);
        zombie = waitpid(-1, NULL, WNOHANG) >= 0;
        start = clock_seconds() - start;
        before = open_descriptors() - before;
        if (d->close_fds && dup2(out, 1) != 1)
                exit(3);
        print(&r, start, before, zombie, changed_signals(&signals), good);
        pjwt_keyset_free(r.set);
}

int main(int argc, char **argv)
{
        static char name[] = "acme";
        struct driver d = {
                .cache = {.cache_dir = PJWT_CACHE_DIR, .now = (int64_t)time(NULL)},
                .issuer = {.name = name,
                           .timeout = 5,
                           .max_stale = 7 * 86400,
                           .refresh = 3600,
                           .min_refresh = 60},
        };

        for (int i = 1; i < argc; i++)
                set(&d, argv[i]);
        run(&d);
        return 0;
}
