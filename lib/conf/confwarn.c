/* Warnings about valid settings that probably allow more than intended. Pure; parse.c reads the policy. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "template.h"

struct warner {
        const struct pjwt_conf *conf;
        pjwt_conf_report_fn report;
        void *arg;
};

__attribute__((format(printf, 4, 5))) static void warn(const struct warner *w, struct pjwt_origin origin,
                                                       const char *key, const char *fmt, ...)
{
        char text[400];
        const struct pjwt_conf_problem problem = {true, origin, key, text};
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        w->report(w->arg, &problem);
}

/* ---- issuers ---- */

static bool names_host(const struct pjwt_conf *conf, char *const *audience)
{
        for (size_t i = 0; audience && audience[i]; i++)
                if (!conf->host_name || !strstr(audience[i], conf->host_name))
                        return false;
        return audience != NULL;
}

static bool held_to_this_host(const struct pjwt_conf *conf, const char *service)
{
        const struct pjwt_service *section = pjwt_conf_service(conf, service);

        return section && (section->one_use || names_host(conf, section->audience));
}

/* A token that was sent to one host can be used on every other that accepts the same audience. */
static void warn_audience(const struct warner *w, const struct pjwt_issuer *issuer)
{
        if (names_host(w->conf, issuer->audience))
                return;
        for (size_t i = 0; i < w->conf->grant_count; i++)
                for (size_t j = 0; w->conf->grants[i].issuer == issuer && w->conf->grants[i].services[j]; j++)
                        if (!held_to_this_host(w->conf, w->conf->grants[i].services[j])) {
                                warn(w, pjwt_issuer_origin(issuer, "audience"), "audience",
                                     "accepts an audience without %%h, and one_use is off for %.64s: "
                                     "anyone who "
                                     "obtains a token on one host can use it on all hosts with this audience",
                                     w->conf->grants[i].services[j]);
                                return;
                        }
}

/* Issuers whose tokens are valid for minutes. */
static bool is_ci(const struct pjwt_issuer *issuer)
{
        static const char *const marks[] = {"token.actions.githubusercontent.com",
                                            "gitlab",
                                            "kubernetes",
                                            "oidc.eks.",
                                            "container.googleapis.com",
                                            "circleci.com",
                                            "buildkite.com",
                                            "app.terraform.io",
                                            "bitbucket.org"};

        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
                if (strstr(issuer->issuer, marks[i]))
                        return true;
        return false;
}

static bool has_grant(const struct pjwt_conf *conf, const struct pjwt_issuer *issuer)
{
        for (size_t i = 0; i < conf->grant_count; i++)
                if (conf->grants[i].issuer == issuer)
                        return true;
        return false;
}

static bool allows_hmac(const struct pjwt_issuer *issuer)
{
        for (size_t i = 0; pjwt_alg_at(i); i++)
                if (pjwt_alg_at(i)->kty == PJWT_KTY_OCT && (issuer->algorithms & pjwt_alg_at(i)->bit))
                        return true;
        return false;
}

static void warn_issuer(const struct warner *w, const struct pjwt_issuer *issuer)
{
        struct pjwt_origin lifetime = pjwt_issuer_origin(issuer, "max_lifetime");

        if (!has_grant(w->conf, issuer))
                warn(w, issuer->origin, NULL,
                     "no grant uses this issuer, so its tokens cannot be used to log in");
        warn_audience(w, issuer);
        if (issuer->max_lifetime == 0)
                warn(w, lifetime, "max_lifetime",
                     "0 means no limit: a token that does not expire is as dangerous as a leaked password");
        else if (is_ci(issuer) && lifetime.line == issuer->origin.line)
                warn(w, lifetime, "max_lifetime",
                     "not set for an issuer of job tokens, which are valid for minutes; set 15m or 1h");
        if (issuer->email_trusted)
                warn(w, pjwt_issuer_origin(issuer, "email_trusted"), "email_trusted",
                     "email is accepted without verification: safe only if users cannot set it themselves");
        if (allows_hmac(issuer))
                warn(w, pjwt_issuer_origin(issuer, "algorithms"), "algorithms",
                     "HMAC: every host that can verify these tokens can also create them");
}

/* ---- grants ---- */

/* Claims that users can change, or that can be reassigned after a user has left (USR-10). */
static const char *mutable_claim(const char *template)
{
        static const char *const names[] = {"email", "preferred_username", "name", "nickname",
                                            "upn",   "unique_name",        "login"};
        struct pjwt_piece piece;

        while (pjwt_template_next(&template, &piece))
                for (size_t i = 0; piece.kind == PJWT_PIECE_CLAIM && i < sizeof(names) / sizeof(names[0]);
                     i++)
                        if (strlen(names[i]) == piece.len && memcmp(names[i], piece.text, piece.len) == 0)
                                return names[i];
        return NULL;
}

static bool matches_anything(const struct pjwt_match *match)
{
        return (match->kind == PJWT_MATCH_GLOB && strspn(match->pattern, "*") == strlen(match->pattern)) ||
               (match->kind == PJWT_MATCH_REGEX &&
                (strcmp(match->pattern, ".*") == 0 || strcmp(match->pattern, ".+") == 0));
}

static bool has_condition(const struct pjwt_grant *grant)
{
        for (size_t i = 0; i < grant->match_count; i++)
                if (!matches_anything(&grant->matches[i]))
                        return true;
        return false;
}

static void warn_users(const struct warner *w, const struct pjwt_grant *grant)
{
        struct pjwt_origin origin = pjwt_grant_origin(grant, "user");

        for (size_t i = 0; grant->user[i]; i++) {
                const char *name = mutable_claim(grant->user[i]);

                if (name)
                        warn(w, origin, "user",
                             "%s can be reassigned, unlike sub; make sure that %s is never given to "
                             "another user",
                             name, name);
                if (has_condition(grant))
                        continue;
                if (pjwt_template_is_literal(grant->user[i]))
                        warn(w, origin, "user",
                             "without a match line any token of issuer %.64s can log in as %.80s",
                             grant->issuer->name, grant->user[i]);
                else
                        warn(w, origin, "user",
                             "without a match line any user of issuer %.64s with a local account can "
                             "log in",
                             grant->issuer->name);
        }
}

static void warn_matches(const struct warner *w, const struct pjwt_match *matches, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                if (matches_anything(&matches[i]))
                        warn(w, matches[i].origin, matches[i].claim,
                             "matches any value; it only requires that the claim exists");
                if (strcmp(matches[i].claim, "iss") == 0)
                        warn(w, matches[i].origin, matches[i].claim,
                             "always matches: tokens of another issuer do not reach this grant");
        }
}

/*
 * `sudo -i` and `su -` are separate services; a requirement on only one of them can be bypassed through the
 * other (REV-09).
 */
static void warn_twin(const struct warner *w, const struct pjwt_grant *grant, const char *service,
                      const char *twin)
{
        const struct pjwt_service *section = pjwt_conf_service(w->conf, service);

        if (section && pjwt_list_has(grant->services, twin) && pjwt_conf_service(w->conf, twin) == NULL)
                warn(w, section->origin, NULL,
                     "grant %.64s also allows %s, which has none of these requirements; add also = %s",
                     grant->name, twin, twin);
}

static void warn_grant(const struct warner *w, const struct pjwt_grant *grant)
{
        warn_users(w, grant);
        warn_matches(w, grant->matches, grant->match_count);
        warn_twin(w, grant, "sudo", "sudo-i");
        warn_twin(w, grant, "su", "su-l");
}

/* ---- services ---- */

static bool is_granted(const struct pjwt_conf *conf, const struct pjwt_service *service)
{
        for (size_t i = 0; i < conf->grant_count; i++)
                for (size_t j = 0; conf->grants[i].services[j]; j++)
                        if (pjwt_conf_service(conf, conf->grants[i].services[j]) == service)
                                return true;
        return false;
}

static void warn_service(const struct warner *w, const struct pjwt_service *service)
{
        if (!is_granted(w->conf, service))
                warn(w, service->origin, NULL,
                     "no grant names this service; grants apply to sshd unless they set services =");
        if (service->one_use && (strcmp(service->name, "sshd") == 0 || pjwt_list_has(service->also, "sshd")))
                warn(w, pjwt_service_origin(service, "one_use"), "one_use",
                     "for sshd: every connection needs a new token, including those of scp, rsync and "
                     "Ansible");
        warn_matches(w, service->matches, service->match_count);
}

void pjwt_conf_warn(const struct pjwt_conf *conf, pjwt_conf_report_fn report, void *arg)
{
        const struct warner w = {conf, report, arg};

        for (size_t i = 0; i < conf->issuer_count; i++)
                warn_issuer(&w, &conf->issuers[i]);
        for (size_t i = 0; i < conf->grant_count; i++)
                warn_grant(&w, &conf->grants[i]);
        for (size_t i = 0; i < conf->service_count; i++)
                warn_service(&w, &conf->services[i]);
}
