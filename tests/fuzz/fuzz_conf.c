/*
 * A whole configuration: an accepted one must be consistent, and the check that reports every error must
 * agree.
 */
#include <string.h>

#include "conf.h"
#include "fuzz.h"

struct told {
        unsigned errors, warnings;
};

static void on_problem(void *arg, const struct pjwt_conf_problem *problem)
{
        struct told *told = arg;

        FUZZ_CHECK(problem->text != NULL && problem->text[0] != '\0');
        if (problem->warning)
                told->warnings++;
        else
                told->errors++;
}

static void check_issuer(const struct pjwt_issuer *issuer)
{
        FUZZ_CHECK(issuer->name != NULL && issuer->name[0] != '.' && strchr(issuer->name, '/') == NULL);
        FUZZ_CHECK(strlen(issuer->name) <= 64 && issuer->name[0] != '\0');
        FUZZ_CHECK(issuer->issuer != NULL && issuer->issuer[0] != '\0'); /* CLM-15 */
        FUZZ_CHECK(issuer->audience != NULL && issuer->audience[0] != NULL && issuer->audience[0][0] != '\0');
        FUZZ_CHECK(issuer->leeway >= 0 && issuer->max_lifetime >= 0 && issuer->algorithms != 0);
}

static void check_grant(const struct pjwt_grant *grant)
{
        FUZZ_CHECK(grant->issuer != NULL && grant->user != NULL && grant->user[0] != NULL);
        FUZZ_CHECK(grant->services != NULL && grant->services[0] != NULL);
        for (size_t i = 0; i < grant->match_count; i++)
                FUZZ_CHECK(grant->matches[i].claim != NULL && grant->matches[i].pattern != NULL);
}

static void check_conf(const struct pjwt_conf *conf)
{
        for (size_t i = 0; i < conf->issuer_count; i++)
                check_issuer(&conf->issuers[i]);
        for (size_t i = 0; i < conf->grant_count; i++)
                check_grant(&conf->grants[i]);
        for (size_t i = 0; i < conf->service_count; i++)
                FUZZ_CHECK(conf->services[i].max_age >= 0 && conf->services[i].max_token_age >= 0);
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        const struct pjwt_conf_text text = {"fuzz", (const char *)data, size};
        struct pjwt_conf *conf = NULL, *checked = NULL;
        struct pjwt_error err = {0}, check_err = {0};
        struct told told = {0};
        enum pjwt_reason r = pjwt_conf_parse(&text, 1, "host.example", &conf, &err), c;

        FUZZ_CHECK((r == PJWT_OK) == (conf != NULL));
        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        if (conf != NULL)
                check_conf(conf);
        c = pjwt_conf_check(&text, 1, "host.example", on_problem, &told, &checked, &check_err);
        FUZZ_CHECK(fuzz_faulty() || c == r);
        FUZZ_CHECK(fuzz_faulty() || (c == PJWT_OK) == (told.errors == 0));
        pjwt_conf_free(conf);
        pjwt_conf_free(checked);
        return r == PJWT_OK;
}
