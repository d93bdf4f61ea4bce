#include "audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line under construction; text that does not fit is omitted, but never half an escape sequence. */
struct line {
        char *out;
        size_t len;
};

/* The number of bytes of the character at s that need no escaping: printable ASCII, or visible UTF-8. */
static size_t plain_char(const char *s, size_t len)
{
        unsigned char c = (unsigned char)s[0];
        size_t n = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;

        if (c == '\'' || c == '"' || c == '\\' || n == 0 || n > len)
                return 0;
        if (n == 1)
                return c >= ' ' && c != 0x7f; /* most bytes of most lines: spared the whole check */
        return pjwt_ini_text_ok(s, n) ? n : 0;
}

size_t pjwt_audit_escape(const char *in, size_t len, char *out, size_t cap)
{
        static const char hex[] = "0123456789abcdef";
        size_t n = 0, safe = 0; /* safe: how much may remain if "..." follows */

        for (size_t i = 0; i < len;) {
                size_t plain = plain_char(in + i, len - i), want = plain ? plain : 4;

                if (n + want > cap) {
                        if (cap < 3)
                                return 0;
                        memcpy(out + safe, "...", 3);
                        return safe + 3;
                }
                if (plain) {
                        memcpy(out + n, in + i, plain);
                } else {
                        unsigned char c = (unsigned char)in[i];
                        const char escape[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};

                        memcpy(out + n, escape, sizeof(escape));
                }
                i += plain ? plain : 1;
                n += want;
                if (n + 3 <= cap)
                        safe = n;
        }
        return n;
}

static void add_word(struct line *line, const char *name, const char *word)
{
        int n = snprintf(line->out + line->len, PJWT_AUDIT_MAX - line->len, "%s%s=%s", line->len ? " " : "",
                         name, word);

        line->len += n > 0 ? (size_t)n : 0;
}

/* The limits below and the fixed words fit in PJWT_AUDIT_MAX together; a test adds them up. */
static void add_value(struct line *line, bool claimed, const char *name, const char *value, size_t cap)
{
        int n = snprintf(line->out + line->len, PJWT_AUDIT_MAX - line->len, " %s%s='",
                         claimed ? "claimed_" : "", name);

        line->len += n > 0 ? (size_t)n : 0;
        if (value)
                line->len += pjwt_audit_escape(value, strlen(value), line->out + line->len, cap);
        line->out[line->len++] = '\'';
        line->out[line->len] = '\0';
}

void pjwt_audit_line(const struct pjwt_request *request, const struct pjwt_decision *decision,
                     char out[PJWT_AUDIT_MAX])
{
        struct line line = {out, 0};
        enum pjwt_reason reason = decision->error.reason;
        bool claimed = !decision->verified;

        out[0] = '\0';
        add_word(&line, "result", reason == PJWT_OK ? "allow" : "deny");
        add_word(&line, "reason", pjwt_reason_name(reason));
        add_word(&line, "stage", pjwt_stage_name(pjwt_reason_stage(reason)));
        add_value(&line, false, "user", request->user.exists ? request->user.name : "?", 128);
        add_value(&line, false, "service", request->service, 64);
        add_value(&line, false, "rhost", request->rhost, 128);
        add_value(&line, claimed, "iss", decision->iss, 256);
        add_value(&line, claimed, "sub", decision->sub, 256);
        add_value(&line, claimed, "kid", decision->kid, 128);
        add_value(&line, claimed, "alg", decision->alg, 16);
        add_value(&line, claimed, "jti", decision->jti, 128);
        add_value(&line, false, "grant", decision->grant ? decision->grant->name : NULL, 64);
        add_value(&line, false, "detail", decision->error.detail, 512);
}
