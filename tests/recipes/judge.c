/*
 * judge CONF RUN_DIR USER UID SERVICE NOW TOKEN...: what a login on db1.acme.example would get for each
 * token, one after the other, an audit line each. judge CONF: the problems of the configuration, `error` or
 * `warning` first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "decide.h"

#define HOST "db1.acme.example"

static void put_problem(void *arg, const struct pjwt_conf_problem *problem)
{
        (void)arg;
        (void)printf("%s %u %s: %s\n", problem->warning ? "warning" : "error", problem->origin.line,
                     problem->key ? problem->key : "-", problem->text);
}

int main(int argc, char **argv)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        if (argc != 2 && argc < 8)
                return 2;
        if (pjwt_conf_load_check(argv[1], HOST, argc == 2 ? put_problem : NULL, NULL, &conf, &err) !=
            PJWT_OK) {
                (void)fprintf(stderr, "%s\n", err.detail);
                return 2;
        }
        for (int i = 7; i < argc; i++) {
                const int64_t now = strtoll(argv[6], NULL, 10);
                const struct pjwt_request request = {
                        .token = argv[i],
                        .token_len = strlen(argv[i]),
                        .user = {argv[3], true, (uid_t)strtoul(argv[4], NULL, 10), 999},
                        .service = argv[5],
                        .now = now,
                        .keys = {.cache_dir = argv[2], .now = now},
                        .replay = {.run_dir = argv[2], .boot = now - 86400},
                };
                struct pjwt_decision decision;
                char line[PJWT_AUDIT_MAX];

                (void)pjwt_decide(conf, &request, &decision);
                pjwt_audit_line(&request, &decision, line);
                (void)puts(line);
                pjwt_decision_clear(&decision);
        }
        pjwt_conf_free(conf);
        return 0;
}
