/* Output of the command: results to stdout, errors to stderr, JSON if asked for, all of it escaped. */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdio.h>

#include <json-c/json.h>

#include "reason.h"

/* Exit status. */
enum { CLI_YES = 0, CLI_NO = 1, CLI_ERROR = 2 };

/* `pamjwt: usage: ...` on stderr. Returns CLI_ERROR. */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* With --json: the last usage error as the one object, unless an object was printed. Returns CLI_ERROR. */
int cli_usage_json(void);
/* `pamjwt: HEAD: ...` on stderr, escaped as cli_put_str() does. */
void cli_complain(const char *head, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* `pamjwt: warning: ...` on stderr. */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Reports why something was refused: `pamjwt: REASON: detail` on stderr, or {"ok":false,...} on stdout with
 * json.
 * Returns the exit status of the reason: CLI_ERROR for an error that is not in the token, such as one in the
 * configuration, else CLI_NO.
 */
int cli_refused(bool json, const struct pjwt_error *err);
/* The same, but always CLI_ERROR: for a file given by the caller that cannot be used. */
int cli_unusable(bool json, const struct pjwt_error *err);
int cli_exit_status(enum pjwt_reason reason);

/* Prints an object to stdout on one line and drops the reference. NULL: out of memory. Returns status. */
int cli_print_json(struct json_object *object, int status);
/* Adds a member as pjwt_json_add() does; NULL becomes JSON null. */
bool cli_json_add(struct json_object *object, const char *name, struct json_object *value);
bool cli_json_add_string(struct json_object *object, const char *name, const char *value);
/* Adds reason and detail. */
void cli_json_add_error(struct json_object *object, const struct pjwt_error *err);
/* A new object {"ok": ok}. */
struct json_object *cli_json_begin(bool ok);

/*
 * Text from outside for people to read: control, invisible and bidirectional characters
 * (pjwt_utf8_visible()), and bad UTF-8, become \xHH.
 */
void cli_put_text(FILE *f, const char *bytes, size_t len);
void cli_put_str(FILE *f, const char *text);
/* JSON text, which stays equivalent JSON: the same characters become \uXXXX. */
void cli_put_json(FILE *f, const char *text, size_t len);

/* A time as 2026-11-24T07:50:00Z; and its distance from now ("5 minutes ago", "in 2 hours"). Return out. */
const char *cli_utc(int64_t t, char out[32]);
const char *cli_away(int64_t t, int64_t now, char out[48]);

#endif
