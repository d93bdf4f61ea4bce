/* Any claims with a configuration that has a grant of each kind; an acceptance is checked again. */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "decide.h"
#include "fuzz.h"
#include "grant.h"
#include "service.h"

static const char policy[] =
        "[issuer/acme]\nissuer = https://issuer.example\naudience = ssh://%h\njwks = file:///nonexistent\n"
        "[issuer/other]\nissuer = https://other.example\naudience = ssh://%h\njwks = file:///nonexistent\n"
        "[grant/sub]\nissuer = acme\n"
        "[grant/mail]\nissuer = acme\nuser = %{email}\nstrip_suffix = @acme.example\nservices = sudo\n"
        "[grant/roles]\nissuer = acme\nmatch./realm_access/roles = deploy\nuser = deploy root\nservices = "
        "sshd sudo\n"
        "[grant/regex]\nissuer = acme\nmatch.groups = regex:([a-z]+)-(users|admins)\nuser = \\1 x-%{sub}\n"
        "[grant/glob]\nissuer = acme\nmatch.ref = glob:refs/**/v*\nmatch.scope = login\nuser = alice\n"
        "[grant/other]\nissuer = other\nuser = root\n"
        "[service/sudo]\nmax_age = 5m\nmatch.acr = mfa\naudience = sudo://%h\nalso = sudo-i\n";

static const struct pjwt_user users[] = {
        {"alice", true, 1000, 999}, {"root", true, 0, 999},    {"deploy", true, 1001, 999},
        {"ghost", false, 0, 999},   {"1000", true, 1000, 999}, {"a b", true, 1000, 999},
};

static struct pjwt_conf *conf(void)
{
        static struct pjwt_conf *kept;
        const struct pjwt_conf_text text = {"fuzz", policy, sizeof(policy) - 1};
        struct pjwt_error err = {0};

        if (kept == NULL && !fuzz_faulty())
                FUZZ_CHECK(pjwt_conf_parse(&text, 1, "host.example", &kept, &err) == PJWT_OK);
        return kept;
}

static void check_granted(const struct pjwt_grant *grant, const struct pjwt_user *user)
{
        FUZZ_CHECK(user->exists && strcmp(user->name, "1000") != 0 && strcmp(user->name, "a b") != 0);
        FUZZ_CHECK(strcmp(grant->issuer->name, "acme") == 0);
        if (user->uid == 0) /* USR-02: only a grant that spells out root */
                FUZZ_CHECK(strcmp(grant->name, "roles") == 0);
}

static bool ask(const struct pjwt_token *token, const struct pjwt_user *user, const char *service)
{
        const struct pjwt_grant *grant = NULL;
        const struct pjwt_service *section = NULL;
        struct pjwt_error err = {0};
        enum pjwt_reason r =
                pjwt_grant_find(conf(), &conf()->issuers[0], token, user, service, false, &grant, &err);

        FUZZ_CHECK((r == PJWT_OK) == (grant != NULL));
        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        if (grant != NULL)
                check_granted(grant, user);
        if (r == PJWT_OK && pjwt_service_find(conf(), service, &section, &err) == PJWT_OK)
                r = pjwt_service_check(section, &conf()->issuers[0], token, 1700000000, &err);
        return r == PJWT_OK;
}

/* For any claims, the log line must be printable text on one line with balanced quotes (USR-12, USR-13). */
static void check_line(const struct pjwt_token *token)
{
        struct pjwt_request request = {.user = users[0], .service = "sshd", .rhost = "192.0.2.7"};
        struct pjwt_decision decision = {.error = {PJWT_NO_GRANT, "x"}};
        char line[PJWT_AUDIT_MAX];
        unsigned quotes = 0;
        size_t len = 0;

        decision.sub = (char *)(uintptr_t)pjwt_token_claim(token, "sub", &len);
        decision.jti = (char *)(uintptr_t)pjwt_token_claim(token, "jti", &len);
        decision.iss = (char *)(uintptr_t)pjwt_token_claim(token, "iss", &len);
        pjwt_audit_line(&request, &decision, line);
        FUZZ_CHECK(memchr(line, '\0', sizeof(line)) != NULL);
        for (const char *p = line; *p != '\0'; p++) {
                FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
                quotes += *p == '\'';
        }
        FUZZ_CHECK(quotes == 20); /* ten values */
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct pjwt_error err = {0};
        struct pjwt_token token = {0};
        bool granted = false;

        if (conf() == NULL ||
            pjwt_json_parse_object((const char *)data, size, "claims", &token.claims, &err) != PJWT_OK)
                return false;
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
                granted |= ask(&token, &users[i], "sshd");
                granted |= ask(&token, &users[i], "sudo");
                FUZZ_CHECK(!ask(&token, &users[i], "su"));
        }
        check_line(&token);
        json_object_put(token.claims);
        return granted;
}
