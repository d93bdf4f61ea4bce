/* Configurations in tests: accepted, refused, and what a check says of them. */
#ifndef CONFTEXT_H
#define CONFTEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"

#define ISSUER "[issuer/acme]\nissuer = https://idp.example\naudience = ssh://host.example\n"
#define GRANT  "[grant/staff]\nissuer = acme\n"

__attribute__((unused)) static enum pjwt_reason parse_on(const char *text, const char *hostname,
                                                         struct pjwt_conf **ret, struct pjwt_error *err)
{
        const struct pjwt_conf_text t = {"f", text, strlen(text)};

        return pjwt_conf_parse(&t, 1, hostname, ret, err);
}

__attribute__((unused)) static struct pjwt_conf *accepts_on(const char *text, const char *hostname)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        if (parse_on(text, hostname, &conf, &err) != PJWT_OK)
                fail_msg("refused: %s", err.detail);
        return conf;
}

__attribute__((unused)) static struct pjwt_conf *accepts(const char *text)
{
        return accepts_on(text, "host.example");
}

__attribute__((unused)) static void refuses_on(const char *text, const char *hostname, const char *detail)
{
        static const char *const advice[] = {
                "; ", "write ", "regex: ", "it must be", "belongs in", "already set on"};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        assert_int_equal(parse_on(text, hostname, &conf, &err), PJWT_CONFIG);
        assert_null(conf);
        if (strncmp(err.detail, detail, strlen(detail)) != 0)
                fail_msg("'%s' does not begin with '%s'", err.detail, detail);
        for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
                if (strstr(err.detail, advice[i]))
                        return;
        fail_msg("'%s' does not say what to write instead", err.detail);
}

__attribute__((unused)) static void refuses(const char *text, const char *detail)
{
        refuses_on(text, "host.example", detail);
}

/* One more line for the issuer section (line 4), or the grant (line 6) or service (line 2). */
__attribute__((unused)) static void refuses_issuer(const char *line, const char *detail)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), ISSUER "%s\n", line);
        refuses(text, detail);
}

__attribute__((unused)) static void refuses_grant(const char *line, const char *detail)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), ISSUER GRANT "%s\n", line);
        refuses(text, detail);
}

__attribute__((unused)) static void refuses_service(const char *line, const char *detail)
{
        char text[1024];

        (void)snprintf(text, sizeof(text), "[service/sudo]\n%s\n", line);
        refuses(text, detail);
}

#endif
