/*
 * Files of cases (README.md here, schema.json): one test at a time, with what its group gives it. Read by
 * json-c's own parser and not by ours, which is among what the cases test. Any fault in a file ends it all.
 */
#ifndef CASEFILE_H
#define CASEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* text is NULL when the field is not given; it is followed by a NUL. */
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
        int64_t uid;            /* -1: there is no such user */
        int64_t now;
        struct json_object *options; /* NULL: none */
        const char *reason;
        struct json_object *expect; /* what must hold besides the reason; NULL: nothing */
        struct case_bytes payload;  /* of expect */
};

/* Prints `path: what` and ends the program with status 2. */
_Noreturn void case_die(const char *path, const char *what);

/*
 * Calls each() with every test of the file in turn whose id matches one of the patterns (fnmatch; none: every
 * test), and ends the program when a pattern matches none. The test and all in it live until each() returns.
 */
void case_each(const char *path, char *const *patterns, size_t count, void (*each)(struct test_case *test));

/* String number i of the list that holder has by this name; NULL after the last, or without a list. */
const char *case_listed(struct json_object *holder, const char *name, size_t i);

#endif
