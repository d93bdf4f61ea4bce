/*
 * Files of cases (README.md here, schema.json): one test at a time, with the settings of its group. Parsed
 * with json-c's own parser, because ours is among the code under test. Any error in a file ends the
 * program.
 */
#ifndef CASEFILE_H
#define CASEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* text is NULL if the field is absent; it is followed by a NUL. */
struct case_bytes {
        char *text;
        size_t len;
};

enum case_type { CASE_TOKEN = 1, CASE_KEYS, CASE_DECISION, CASE_JSON };

struct test_case {
        char name[256]; /* TOPIC/ID */
        enum case_type type;
        struct case_bytes token, json, keys, keys2, secret, conf, service, rhost, auth_info, login_key;
        struct case_bytes user; /* the name */
        int64_t uid;            /* -1: the user does not exist */
        int64_t now;
        struct json_object *options; /* NULL: none */
        const char *reason;
        struct json_object *expect; /* expectations besides the reason; NULL: none */
        struct case_bytes payload;  /* of expect */
};

/* Prints `path: what` and ends the program with status 2. */
_Noreturn void case_die(const char *path, const char *what);

/*
 * Calls each() for every test of the file whose id matches one of the patterns (fnmatch; none: every test),
 * and ends the program if a pattern matches nothing. The test and its contents are valid until each()
 * returns.
 */
void case_each(const char *path, char *const *patterns, size_t count, void (*each)(struct test_case *test));

/* The i-th string of the list with this name in holder; NULL after the last, or if there is no list. */
const char *case_listed(struct json_object *holder, const char *name, size_t i);

#endif
