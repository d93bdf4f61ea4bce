/* A growing text that is wiped when it moves or is freed: tokens and secrets are written into it. */
#ifndef CLI_BUF_H
#define CLI_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* All zero is an empty one. After a failed allocation it stays failed, so that the check can come last. */
struct cli_buf {
        char *bytes; /* ended by a NUL that is not counted; NULL when empty */
        size_t len;
        size_t room;
        bool failed;
};

void cli_buf_add(struct cli_buf *buf, const void *bytes, size_t len);
void cli_buf_str(struct cli_buf *buf, const char *text);
/* Text as a JSON string, with its quotes. */
void cli_buf_json_string(struct cli_buf *buf, const char *text);
/* Bytes in base64url. */
void cli_buf_b64url(struct cli_buf *buf, const void *bytes, size_t len);
/* `,"name":` with the comma only when the object is not empty so far (buf ends in anything but `{`). */
void cli_buf_member(struct cli_buf *buf, const char *name);
/* The same with the value: a string, bytes in base64url, a number, anything (NULL: null). */
void cli_buf_member_string(struct cli_buf *buf, const char *name, const char *value);
void cli_buf_member_b64url(struct cli_buf *buf, const char *name, const void *bytes, size_t len);
void cli_buf_member_number(struct cli_buf *buf, const char *name, int64_t value);
void cli_buf_member_json(struct cli_buf *buf, const char *name, struct json_object *value);
void cli_buf_clear(struct cli_buf *buf);

#endif
