/* Keys, their age, the helper that fetches them, and the clock. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "fetchlock.h"
#include "input.h"
#include "keycache.h"

#define FETCH_USER  "_pamjwt"
#define CLOCK_SLACK 60 /* files may be this much younger than now */

/* Below another root, its own passwd is read; on this host NSS is asked. */
static bool fetch_user_exists(const struct cli_doctor *d)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        char path[512];
        bool found;

        if (!*d->root)
                return getpwnam(FETCH_USER) != NULL;
        if (cli_input_file(cli_root_path(d, "/etc/passwd", path), &input, &err) != PJWT_OK)
                return false;
        found = strncmp(input.bytes, FETCH_USER ":", sizeof(FETCH_USER)) == 0 ||
                strstr(input.bytes, "\n" FETCH_USER ":");
        cli_input_clear(&input);
        return found;
}

static void look_at_helper(struct cli_doctor *d)
{
        char path[512];
        struct stat st;

        if (!fetch_user_exists(d))
                cli_found(d, CLI_FIND_FETCH_USER, NULL, "the user " FETCH_USER " does not exist");
        if (access(cli_root_path(d, PJWT_FETCH_PATH, path), X_OK) != 0)
                cli_found(d, CLI_FIND_FETCH_PROGRAM, NULL, PJWT_FETCH_PATH ": %s", strerror(errno));
        else if (stat(path, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH | S_ISUID | S_ISGID)))
                cli_found(d, CLI_FIND_FETCH_PROGRAM, NULL, PJWT_FETCH_PATH ": mode %04o",
                          (unsigned)(st.st_mode & 07777));
}

static void look_at_fetch_file(struct cli_doctor *d, const struct pjwt_issuer *issuer, const char *key,
                               const char *file)
{
        struct pjwt_origin origin = pjwt_issuer_origin(issuer, key);
        char path[512];

        if (file && access(cli_root_path(d, file, path), R_OK) != 0)
                cli_found(d, CLI_FIND_FETCH_FILE, NULL, "%s:%u: %s = %s: %s", origin.file, origin.line, key,
                          file, strerror(errno));
}

/*
 * The issuer's Date header at the last refresh. The response came within `timeout` of the request, so a
 * difference of that much proves nothing; beyond leeway, tokens are refused or live too long.
 */
static void look_at_date(struct cli_doctor *d, const struct pjwt_issuer *issuer,
                         const struct pjwt_keycache_info *info)
{
        int64_t ahead = info->asked_at - info->server_date;
        int64_t off = ahead < 0 ? -ahead : ahead;

        if (info->server_date > 0 && off > issuer->leeway + issuer->timeout)
                cli_found(d, CLI_FIND_CLOCK, "timedatectl set-ntp true; then pamjwt refresh --force",
                          "at the last refresh the clock of this host was %lld s %s that of %s",
                          (long long)off, ahead < 0 ? "behind" : "ahead of", issuer->issuer);
}

static void look_at_age(struct cli_doctor *d, const struct pjwt_issuer *issuer,
                        const struct pjwt_keycache_info *info)
{
        char away[48];
        int64_t age = d->now - info->asked_at;

        if (age < -CLOCK_SLACK)
                cli_found(d, CLI_FIND_CLOCK, NULL, "the keys of %s were fetched in the future, %s",
                          issuer->name, cli_away(info->asked_at, d->now, away));
        else if (age > issuer->max_stale)
                cli_found(d, CLI_FIND_KEYS_STALE, NULL, "the keys of %s were fetched %s, beyond max_stale",
                          issuer->name, cli_away(info->asked_at, d->now, away));
        else if (age > issuer->max_stale / 2)
                cli_found(d, CLI_FIND_KEYS_OLD, NULL, "the keys of %s were fetched %s", issuer->name,
                          cli_away(info->asked_at, d->now, away));
        if (info->warning.reason)
                cli_found(d, CLI_FIND_KEYS_ERROR, NULL, "%s: %s: %s", issuer->name,
                          pjwt_reason_name(info->warning.reason), info->warning.detail);
}

/*
 * The first port that is not root's alone. pam_jwt.conf assumes 1024, since what it accepts must not
 * depend on the host on which it is read.
 */
static unsigned long first_free_port(const struct cli_doctor *d)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        char path[512];
        unsigned long port = 1024;

        if (cli_input_file(cli_root_path(d, "/proc/sys/net/ipv4/ip_unprivileged_port_start", path), &input,
                           &err) == PJWT_OK)
                port = strtoul(input.bytes, NULL, 10);
        cli_input_clear(&input);
        return port;
}

/* The configuration has seen to it that this is the loopback, and the port one below 1024. */
static unsigned long http_port(const char *url)
{
        const char *host_end = url + 7 + strcspn(url + 7, "/?"), *colon = host_end;

        while (colon > url + 7 && *colon != ':' && *colon != ']')
                colon--;
        return *colon == ':' ? strtoul(colon + 1, NULL, 10) : 80;
}

static void look_at_loopback(struct cli_doctor *d, const struct pjwt_issuer *issuer)
{
        const char *url = issuer->jwks ? issuer->jwks : issuer->issuer;
        struct pjwt_origin origin = pjwt_issuer_origin(issuer, issuer->jwks ? "jwks" : "issuer");
        unsigned long start = first_free_port(d);

        if (strncmp(url, "http://", 7) == 0 && http_port(url) >= start)
                cli_found(d, CLI_FIND_LOOPBACK_PORT, NULL,
                          "%s:%u: %s, and net.ipv4.ip_unprivileged_port_start is %lu", origin.file,
                          origin.line, url, start);
}

static void look_at_issuer(struct cli_doctor *d, const struct pjwt_issuer *issuer)
{
        char dir[512];
        char lock_dir[512];
        struct pjwt_keycache cache = {.lock_dir = cli_root_path(d, PJWT_LOCK_DIR, lock_dir),
                                      .cache_dir =
                                              d->cache ? d->cache : cli_root_path(d, PJWT_CACHE_DIR, dir),
                                      .now = d->now};
        struct pjwt_keycache_info info = {0};
        struct pjwt_error err = {0};

        look_at_loopback(d, issuer);
        look_at_fetch_file(d, issuer, "ca_file", issuer->ca_file);
        look_at_fetch_file(d, issuer, "bearer_file", issuer->bearer_file);
        if (pjwt_keycache_info_read(&cache, issuer, NULL, &info, &err) != PJWT_OK)
                cli_found(d,
                          info.from_file               ? CLI_FIND_KEYS_FILE
                          : err.reason == PJWT_NO_KEYS ? CLI_FIND_KEYS_NONE
                                                       : CLI_FIND_KEYS_CACHE,
                          NULL, "%s: %s: %s", issuer->name, pjwt_reason_name(err.reason), err.detail);
        else if (!info.from_file) {
                look_at_age(d, issuer, &info);
                look_at_date(d, issuer, &info);
        }
}

/* If the configuration was written in the future, the clock is wrong. */
static void look_at_clock(struct cli_doctor *d)
{
        struct stat st;
        char path[512];
        char away[48];

        if (stat(d->config ? d->config : cli_root_path(d, PJWT_CONF_FILE, path), &st) == 0 &&
            st.st_mtime > d->now + CLOCK_SLACK)
                cli_found(d, CLI_FIND_CLOCK, NULL, PJWT_CONF_FILE " was written in the future, %s",
                          cli_away(st.st_mtime, d->now, away));
}

void cli_doctor_keys(struct cli_doctor *d)
{
        bool network = false;

        look_at_clock(d);
        for (size_t i = 0; d->conf && i < d->conf->issuer_count; i++) {
                const struct pjwt_issuer *issuer = &d->conf->issuers[i];

                network = network || !issuer->jwks || strncmp(issuer->jwks, "file:", 5) != 0;
                look_at_issuer(d, issuer);
        }
        if (network)
                look_at_helper(d);
}
