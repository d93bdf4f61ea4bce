#include "whole.h"

#include <stdlib.h>
#include <string.h>

#include "hostname.h"
#include "names.h"
#include "nearest.h"
#include "pattern.h"
#include "template.h"
#include "value.h"

static void require_key(struct pjwt_reader *r, struct pjwt_origin origin, const unsigned *lines,
                        enum pjwt_kind kind, const char *key)
{
        size_t i;
        const struct pjwt_row *row = pjwt_row_find(kind, key, &i);

        if (pjwt_row_line(kind, lines, key))
                return;
        pjwt_reader_at(r, origin, key);
        (void)pjwt_wrong(r, "missing; add a line like %s = %s", key, row ? row->example : "...");
}

static bool has_secret_alg(pjwt_algset set)
{
        for (size_t i = 0; pjwt_alg_at(i); i++)
                if (pjwt_alg_at(i)->kty == PJWT_KTY_OCT && (set & pjwt_alg_at(i)->bit))
                        return true;
        return false;
}

static bool has_file_keys(const struct pjwt_issuer *issuer)
{
        return issuer->jwks && strncmp(issuer->jwks, "file:", 5) == 0;
}

/* An option without effect is an error, because its author expects one. */
static void refuse_fetch_options(struct pjwt_reader *r, const struct pjwt_issuer *issuer)
{
        static const char *const keys[] = {"ca_file",   "bearer_file", "proxy",       "timeout",
                                           "max_stale", "refresh",     "min_refresh", "private_jwks"};

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
                if (pjwt_row_line(PJWT_KIND_ISSUER, issuer->lines, keys[i])) {
                        pjwt_reader_at(r, pjwt_issuer_origin(issuer, keys[i]), keys[i]);
                        (void)pjwt_wrong(r, "has no effect, since jwks is a file; remove the line");
                }
}

static void check_issuer_keys(struct pjwt_reader *r, const struct pjwt_issuer *issuer)
{
        const char *problem;

        if (has_secret_alg(issuer->algorithms) && !has_file_keys(issuer)) { /* HDR-06, KEY-13 */
                pjwt_reader_at(r, pjwt_issuer_origin(issuer, "algorithms"), "algorithms");
                (void)pjwt_wrong(r, "HMAC requires a key on this host; write jwks = file:///PATH");
        }
        if (has_file_keys(issuer)) {
                refuse_fetch_options(r, issuer);
                return;
        }
        if (issuer->jwks || !issuer->issuer)
                return;
        problem = pjwt_value_url_problem(issuer->issuer, PJWT_URL_HTTPS | PJWT_URL_HTTP_LOOPBACK);
        if (problem) {
                pjwt_reader_at(r, pjwt_issuer_origin(issuer, "issuer"), "issuer");
                (void)pjwt_wrong(r, "discovery is not possible with this issuer (%s); set jwks", problem);
        }
}

static void check_issuer_times(struct pjwt_reader *r, const struct pjwt_issuer *issuer)
{
        if (issuer->min_refresh > issuer->refresh) {
                pjwt_reader_at(r, pjwt_issuer_origin(issuer, "min_refresh"), "min_refresh");
                (void)pjwt_wrong(r, "longer than refresh (%lld seconds); reduce it, or increase refresh",
                                 (long long)issuer->refresh);
        }
        if (issuer->max_stale < issuer->refresh) {
                pjwt_reader_at(r, pjwt_issuer_origin(issuer, "max_stale"), "max_stale");
                (void)pjwt_wrong(r, "shorter than refresh (%lld seconds); increase it, or reduce refresh",
                                 (long long)issuer->refresh);
        }
}

static void finish_issuer(struct pjwt_reader *r, struct pjwt_issuer *issuer)
{
        require_key(r, issuer->origin, issuer->lines, PJWT_KIND_ISSUER, "issuer");
        require_key(r, issuer->origin, issuer->lines, PJWT_KIND_ISSUER, "audience"); /* CLM-11 */
        pjwt_reader_at(r, pjwt_issuer_origin(issuer, "audience"), "audience");
        pjwt_audience_expand(r, issuer->audience);
        check_issuer_keys(r, issuer);
        check_issuer_times(r, issuer);
}

static const char *issuer_name_at(const void *table, size_t i)
{
        const struct pjwt_conf *conf = table;

        return i < conf->issuer_count ? conf->issuers[i].name : NULL;
}

static void find_issuer(struct pjwt_reader *r, struct pjwt_grant *grant, const struct pjwt_named *names)
{
        const struct pjwt_named *found = pjwt_names_find(names, r->conf->issuer_count, grant->issuer_name);
        const char *near;

        if (found) {
                grant->issuer = &r->conf->issuers[found->index];
                return;
        }
        pjwt_reader_at(r, pjwt_grant_origin(grant, "issuer"), "issuer");
        near = pjwt_nearest(grant->issuer_name, issuer_name_at, r->conf);
        if (near) {
                (void)pjwt_wrong(r, "there is no [issuer/%.64s]; did you mean %s?", grant->issuer_name, near);
                return;
        }
        (void)pjwt_wrong(r, "there is no [issuer/%.64s]%s", grant->issuer_name,
                         strstr(grant->issuer_name, "://") ? "; write the NAME of the section, not its iss"
                                                           : "; write the NAME of an existing section");
}

/* \1 refers to the groups of the only regex match with groups; with two it would be ambiguous. */
static void check_captures(struct pjwt_reader *r, const struct pjwt_grant *grant)
{
        unsigned groups = 0, with_groups = 0;

        for (size_t i = 0; i < grant->match_count; i++) {
                unsigned n = grant->matches[i].regex ? pjwt_regex_groups(grant->matches[i].regex) : 0;

                groups = n ? n : groups;
                with_groups += n > 0;
        }
        for (size_t i = 0; grant->user[i]; i++) {
                unsigned most = pjwt_template_groups(grant->user[i]);

                if (most == 0)
                        continue;
                pjwt_reader_at(r, pjwt_grant_origin(grant, "user"), "user");
                if (with_groups != 1)
                        (void)pjwt_wrong(
                                r,
                                "'%.80s' refers to a group; this grant must have exactly one regex: match "
                                "with groups",
                                grant->user[i]);
                else if (most > groups)
                        (void)pjwt_wrong(r, "'%.80s' refers to group %u; the regex: has only %u",
                                         grant->user[i], most, groups);
        }
}

static void check_suffix(struct pjwt_reader *r, const struct pjwt_grant *grant)
{
        bool templated = false;

        if (!grant->strip_suffix)
                return;
        for (size_t i = 0; grant->user[i]; i++)
                templated = templated || !pjwt_template_is_literal(grant->user[i]);
        if (templated)
                return;
        pjwt_reader_at(r, pjwt_grant_origin(grant, "strip_suffix"), "strip_suffix");
        (void)pjwt_wrong(r, "has no effect, since no user of this grant is a template; remove the line");
}

static void finish_grant(struct pjwt_reader *r, struct pjwt_grant *grant, const struct pjwt_named *names)
{
        if (!grant->issuer_name)
                require_key(r, grant->origin, grant->lines, PJWT_KIND_GRANT, "issuer");
        else if (names)
                find_issuer(r, grant, names);
        check_captures(r, grant);
        check_suffix(r, grant);
        if (grant->hosts) {
                pjwt_reader_at(r, pjwt_grant_origin(grant, "hosts"), "hosts");
                (void)pjwt_host_name_need(r, "hosts");
        }
}

static void finish_grants(struct pjwt_reader *r)
{
        struct pjwt_named *names = pjwt_names_of_issuers(r);

        for (size_t i = 0; i < r->conf->grant_count; i++)
                finish_grant(r, &r->conf->grants[i], names);
        free(names);
}

static void finish_service(struct pjwt_reader *r, struct pjwt_service *service)
{
        pjwt_reader_at(r, pjwt_service_origin(service, "audience"), "audience");
        pjwt_audience_expand(r, service->audience);
        pjwt_reader_at(r, pjwt_service_origin(service, "reuse_login"), "reuse_login");
        if (service->reuse_login && service->one_use) /* REV-12 */
                (void)pjwt_wrong(
                        r, "cannot be combined with one_use, since the login has used the token; remove one");
        if (service->reuse_login && service->audience)
                (void)pjwt_wrong(
                        r, "cannot be combined with audience, since the login's token is intended for the "
                           "login; remove one");
}

void pjwt_whole_check(struct pjwt_reader *r)
{
        struct pjwt_conf *conf = r->conf;

        pjwt_host_name_set(r);
        pjwt_names_check(r);
        for (size_t i = 0; i < conf->issuer_count; i++)
                finish_issuer(r, &conf->issuers[i]);
        finish_grants(r);
        for (size_t i = 0; i < conf->service_count; i++)
                finish_service(r, &conf->services[i]);
}
