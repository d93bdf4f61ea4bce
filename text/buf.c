#include "buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "jsonwrite.h"
#include "secret.h"

/* Makes room for len more bytes and a NUL. The old memory is wiped, which realloc would not do. */
static bool grow(struct cli_buf *buf, size_t len)
{
        size_t room = buf->room ? buf->room : 256;
        char *bytes;

        if (buf->failed || len > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
                buf->failed = true;
                return false;
        }
        if (buf->bytes && buf->len + len < buf->room)
                return true;
        while (room <= buf->len + len)
                room *= 2;
        bytes = malloc(room);
        if (!bytes) {
                buf->failed = true;
                return false;
        }
        if (buf->bytes)
                memcpy(bytes, buf->bytes, buf->len);
        pjwt_wipe_free(buf->bytes, buf->room);
        buf->bytes = bytes;
        buf->room = room;
        return true;
}

void cli_buf_add(struct cli_buf *buf, const void *bytes, size_t len)
{
        if (!grow(buf, len))
                return;
        if (len)
                memcpy(buf->bytes + buf->len, bytes, len);
        buf->len += len;
        buf->bytes[buf->len] = '\0';
}

void cli_buf_str(struct cli_buf *buf, const char *text)
{
        cli_buf_add(buf, text, strlen(text));
}

void cli_buf_json_string(struct cli_buf *buf, const char *text)
{
        cli_buf_str(buf, "\"");
        for (; *text; text++) {
                unsigned char c = (unsigned char)*text;
                char escape[8];

                if (c >= 0x20 && c != '"' && c != '\\') {
                        cli_buf_add(buf, text, 1);
                        continue;
                }
                snprintf(escape, sizeof(escape), c < 0x20 ? "\\u%04x" : "\\%c", c);
                cli_buf_str(buf, escape);
        }
        cli_buf_str(buf, "\"");
}

void cli_buf_b64url(struct cli_buf *buf, const void *bytes, size_t len)
{
        size_t chars = PJWT_B64URL_ENCODED(len);

        if (!grow(buf, chars))
                return;
        pjwt_b64url_encode(bytes, len, buf->bytes + buf->len);
        buf->len += chars;
}

void cli_buf_member(struct cli_buf *buf, const char *name)
{
        if (buf->len && buf->bytes[buf->len - 1] != '{')
                cli_buf_str(buf, ",");
        cli_buf_json_string(buf, name);
        cli_buf_str(buf, ":");
}

void cli_buf_member_string(struct cli_buf *buf, const char *name, const char *value)
{
        cli_buf_member(buf, name);
        cli_buf_json_string(buf, value);
}

void cli_buf_member_b64url(struct cli_buf *buf, const char *name, const void *bytes, size_t len)
{
        cli_buf_member(buf, name);
        cli_buf_str(buf, "\"");
        cli_buf_b64url(buf, bytes, len);
        cli_buf_str(buf, "\"");
}

void cli_buf_member_number(struct cli_buf *buf, const char *name, int64_t value)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%" PRId64, value);
        cli_buf_member(buf, name);
        cli_buf_str(buf, text);
}

void cli_buf_member_json(struct cli_buf *buf, const char *name, struct json_object *value)
{
        const char *text = value ? pjwt_json_text(value) : "null";

        cli_buf_member(buf, name);
        if (text)
                cli_buf_str(buf, text);
        else
                buf->failed = true;
}

void cli_buf_clear(struct cli_buf *buf)
{
        pjwt_wipe_free(buf->bytes, buf->room);
        *buf = (struct cli_buf){0};
}
