/*
 * Two stacks are the same if their lines are, in the order in which PAM reads them: comments, white space
 * and what cannot decide (an optional line of the session) aside.
 */
#include "evaluate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"

/* A line without its comment, one space between its words; "" if nothing is left. */
static void plain_line(const char *line, size_t len, struct cli_buf *out)
{
        const char *comment = memchr(line, '#', len);
        const char *end = comment ? comment : line + len;
        bool space = false;

        cli_buf_clear(out);
        cli_buf_str(out, "");
        for (; line < end; line++) {
                if (strchr(" \t\r\n", *line)) {
                        space = true;
                        continue;
                }
                if (space && out->len > 0)
                        cli_buf_str(out, " ");
                space = false;
                cli_buf_add(out, line, 1);
        }
}

/* Where lines are counted, every one of them decides. */
static bool decides(const char *line, bool counted)
{
        line += *line == '-';
        return counted || strncasecmp(line, "session optional ", 17) != 0;
}

/* The next line that decides, in out; false after the last. */
static bool next(const char **text, bool counted, struct cli_buf *out)
{
        while (**text) {
                size_t len = strcspn(*text, "\n");

                plain_line(*text, len, out);
                *text += len + ((*text)[len] == '\n');
                if (out->len > 0 && decides(out->bytes, counted))
                        return true;
        }
        return false;
}

/* Is there a control that jumps over lines: [success=2 ...]? */
static bool jumps(const char *text)
{
        bool in_control = false;

        for (; *text; text++) {
                if (*text == '[' || *text == ']' || *text == '\n')
                        in_control = *text == '[';
                if (in_control && *text == '=' && text[1] >= '0' && text[1] <= '9')
                        return true;
        }
        return false;
}

bool cli_evaluate_same(const char *before, const char *after)
{
        struct cli_buf a = {0};
        struct cli_buf b = {0};
        bool counted = jumps(before) || jumps(after);
        bool same = true;

        if (strstr(before, "\\\n") || strstr(after, "\\\n")) /* continued lines are not for these rules */
                return strcmp(before, after) == 0;
        for (bool more = true; same && more;) {
                bool more_a = next(&before, counted, &a);

                more = next(&after, counted, &b);
                same = more_a == more && !a.failed && !b.failed && (!more || strcmp(a.bytes, b.bytes) == 0);
        }
        cli_buf_clear(&a);
        cli_buf_clear(&b);
        return same;
}
