/* A growing text that is wiped when it is moved or freed: for tokens and secrets. */
#ifndef CLI_BUF_H
#define CLI_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/*
 * All zero is an empty one. After a failed allocation it stays failed, so that it can be checked at the end.
 */
struct cli_buf {
        char *bytes; /* NUL-terminated, not counted in len; NULL if empty */
        size_t len;
        size_t room;
        bool failed;
};

void cli_buf_add(struct cli_buf *buf, const void *bytes, size_t len);
void cli_buf_str(struct cli_buf *buf, const char *text);
/* Text as a JSON string, with quotes. */
void cli_buf_json_string(struct cli_buf *buf, const char *text);
/* Bytes in base64url. */
void cli_buf_b64url(struct cli_buf *buf, const void *bytes, size_t len);
/* `,"name":`, the comma only if the object is not empty so far (buf does not end in `{`). */
void cli_buf_member(struct cli_buf *buf, const char *name);
/* The same with a value: a string, bytes in base64url, a number, any JSON (NULL: null). */
void cli_buf_member_string(struct cli_buf *buf, const char *name, const char *value);
void cli_buf_member_b64url(struct cli_buf *buf, const char *name, const void *bytes, size_t len);
void cli_buf_member_number(struct cli_buf *buf, const char *name, int64_t value);
void cli_buf_member_json(struct cli_buf *buf, const char *name, struct json_object *value);
void cli_buf_clear(struct cli_buf *buf);

#endif
