#include "ini.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* Whether all bytes are printable ASCII. Eight bytes at a time, since a policy can be a megabyte long. */
static bool is_plain(const char *s, size_t len)
{
        const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
        uint64_t odd = 0, eight;

        if (len < sizeof(eight))
                return len == 0;
        for (size_t i = 0; i < len; i += sizeof(eight)) {
                if (len - i < sizeof(eight)) /* the last eight, which may overlap those already read */
                        i = len - sizeof(eight);
                memcpy(&eight, s + i, sizeof(eight));
                odd |= eight | (eight + ones) | ~(eight + ones * 0x60); /* above 0x7f, 0x7f, below 0x20 */
        }
        return (odd & high) == 0;
}

bool pjwt_ini_text_ok(const char *text, size_t len)
{
        const unsigned char *s = (const unsigned char *)text;

        if (is_plain(text, len))
                return true;
        for (size_t i = 0; i < len;) {
                uint32_t c = 0;
                size_t n = s[i] >= 0x20 && s[i] < 0x7f ? 1 : pjwt_utf8_char(text + i, len - i, &c);

                if (n == 0 || (c != 0 && !pjwt_utf8_visible(c)) || (n == 1 && (s[i] < 0x20 || s[i] == 0x7f)))
                        return false;
                i += n;
        }
        return true;
}

struct reader {
        pjwt_ini_fn fn;
        pjwt_ini_bad_fn bad; /* NULL: stop at the first invalid line */
        void *arg;
        struct pjwt_ini_line line;
        struct pjwt_error *reterr;
        bool failed;
};

static enum pjwt_reason bad_line(struct reader *r, const char *key, const char *what)
{
        const struct pjwt_origin *at = &r->line.origin;

        r->failed = true;
        if (key)
                (void)pjwt_fail(r->reterr, PJWT_CONFIG, "%s:%u: %.80s: %s", at->file, at->line, key, what);
        else
                (void)pjwt_fail(r->reterr, PJWT_CONFIG, "%s:%u: %s", at->file, at->line, what);
        if (!r->bad)
                return PJWT_CONFIG;
        r->bad(r->arg, *at, key, what);
        return PJWT_OK;
}

/* Removes trailing spaces. */
static void trim_end(char *s, size_t len)
{
        while (len > 0 && s[len - 1] == ' ')
                len--;
        s[len] = '\0';
}

/*
 * `[kind/name]` or `[kind]`; after an invalid one no section is open, so that its keys are not added to the
 * previous section.
 */
static enum pjwt_reason read_section(struct reader *r, char *s)
{
        size_t len = strlen(s);
        char *slash = strchr(s, '/');

        r->line.kind = r->line.name = r->line.key = r->line.value = NULL;
        if (s[len - 1] != ']')
                return bad_line(r, NULL, "a section is [kind/name], with nothing after it");
        s[len - 1] = '\0';
        s++;
        if (strpbrk(s, "[] ") || s[0] == '\0' || slash == s || (slash && slash[1] == '\0'))
                return bad_line(r, NULL, "a section is [kind/name], without spaces or further brackets");
        if (slash)
                *slash = '\0';
        r->line.kind = s;
        r->line.name = slash ? slash + 1 : NULL;
        return r->fn(r->arg, &r->line, r->reterr);
}

/* Text after ` ;` or ` #` was probably meant as a comment, so it is not read as part of the value. */
static bool has_comment(const char *value)
{
        for (const char *p = value; (p = strpbrk(p, ";#")); p++)
                if (p == value || p[-1] == ' ')
                        return true;
        return false;
}

static enum pjwt_reason read_pair(struct reader *r, char *s)
{
        char *equals = strchr(s, '=');
        char *value;

        if (!equals)
                return bad_line(r, NULL, "expected [kind/name], `key = value` or a comment");
        *equals = '\0';
        trim_end(s, (size_t)(equals - s));
        if (s[0] == '\0')
                return bad_line(r, NULL, "the key before the = is missing");
        for (value = equals + 1; *value == ' ';)
                value++;
        if (value[0] == '\0')
                return bad_line(r, s, "the value is empty; remove the line to use the default");
        if (has_comment(value))
                return bad_line(r, s, "a comment after a value; comments must be on lines of their own");
        if (!r->line.kind)
                return bad_line(r, s, "a key outside a section, or in a section whose line is invalid");
        r->line.key = s;
        r->line.value = value;
        return r->fn(r->arg, &r->line, r->reterr);
}

static enum pjwt_reason read_line(struct reader *r, char *s, size_t len)
{
        if (!pjwt_ini_text_ok(s, len)) {
                if (s[0] == '[')
                        r->line.kind = NULL;
                return bad_line(r, NULL,
                                memchr(s, '\r', len) ? "a carriage return; lines must end with LF only"
                                : memchr(s, '\t', len)
                                        ? "a tab; use spaces"
                                        : "invalid UTF-8, a control character or an invisible character");
        }
        trim_end(s, len);
        if (s[0] == '\0' || s[0] == '#' || s[0] == ';')
                return len > 0 && s[0] == '\0' ? bad_line(r, NULL, "the line contains only spaces") : PJWT_OK;
        if (s[0] == ' ')
                return bad_line(r, NULL,
                                "the line begins with a space; continuation lines are not supported");
        return s[0] == '[' ? read_section(r, s) : read_pair(r, s);
}

static enum pjwt_reason read_lines(struct reader *r, char *s, size_t len)
{
        enum pjwt_reason reason = PJWT_OK;
        char *end = s + len;

        while (reason == PJWT_OK && s < end) {
                char *newline = memchr(s, '\n', (size_t)(end - s));

                r->line.origin.line++;
                /*
                 * If the end of the file is missing (disk full, incomplete copy), the last value may also
                 * be incomplete.
                 */
                if (!newline)
                        return bad_line(r, NULL,
                                        "the last line does not end with a newline; is the file complete?");
                *newline = '\0';
                reason = read_line(r, s, (size_t)(newline - s));
                s = newline + 1;
        }
        return reason;
}

enum pjwt_reason pjwt_ini_cut(char *text, size_t len, const char *file, pjwt_ini_fn fn, pjwt_ini_bad_fn bad,
                              void *arg, struct pjwt_error *reterr)
{
        struct reader r = {
                .fn = fn, .bad = bad, .arg = arg, .line = {.origin = {.file = file}}, .reterr = reterr};
        enum pjwt_reason reason;

        if (len > PJWT_INI_BYTES_MAX)
                return pjwt_fail(reterr, PJWT_CONFIG, "%s:1: larger than %d bytes", file, PJWT_INI_BYTES_MAX);
        if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
                r.line.origin.line = 1;
                (void)bad_line(&r, NULL, "the file begins with a byte order mark");
                return PJWT_CONFIG;
        }
        text[len] = '\0';
        reason = read_lines(&r, text, len);
        return reason == PJWT_OK && r.failed ? PJWT_CONFIG : reason;
}

enum pjwt_reason pjwt_ini_read_all(const char *text, size_t len, const char *file, pjwt_ini_fn fn,
                                   pjwt_ini_bad_fn bad, void *arg, struct pjwt_error *reterr)
{
        size_t room = len > PJWT_INI_BYTES_MAX ? 0 : len; /* stop reading at the limit */
        enum pjwt_reason reason;
        char *copy = malloc(room + 1);

        if (!copy)
                return pjwt_fail_memory(reterr);
        if (room > 0)
                memcpy(copy, text, room);
        reason = pjwt_ini_cut(copy, len, file, fn, bad, arg, reterr);
        free(copy);
        return reason;
}

enum pjwt_reason pjwt_ini_read(const char *text, size_t len, const char *file, pjwt_ini_fn fn, void *arg,
                               struct pjwt_error *reterr)
{
        return pjwt_ini_read_all(text, len, file, fn, NULL, arg, reterr);
}
