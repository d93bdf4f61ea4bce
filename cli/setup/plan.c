/* The planned contents of files. Pure: texts in, texts out. */
#include <stdio.h>
#include <string.h>

#include "pamstack.h"
#include "setup.h"
#include "value.h"

bool cli_setup_wants(const struct cli_setup *s, const char *service)
{
        for (size_t i = 0; i < s->service_count; i++)
                if (strcmp(s->services[i], service) == 0)
                        return true;
        return false;
}

void cli_plan_name(struct cli_setup *s)
{
        const char *host = strstr(s->options->issuer, "://");

        host = host ? host + 3 : s->options->issuer;
        snprintf(s->name_room, 65, "%.*s", (int)strcspn(host, "/:?#"), host);
        s->issuer_name = pjwt_value_issuer_name_ok(s->name_room) ? s->name_room : "issuer";
}

/* --- the configuration --- */

static void put_line(struct cli_buf *out, const char *key, const char *value)
{
        cli_buf_str(out, key);
        cli_buf_str(out, " = ");
        cli_buf_str(out, value);
        cli_buf_str(out, "\n");
}

static void put_words(struct cli_buf *out, const char *key, char *const *words, size_t count)
{
        cli_buf_str(out, key);
        cli_buf_str(out, " =");
        for (size_t i = 0; i < count; i++) {
                cli_buf_str(out, " ");
                cli_buf_str(out, words[i]);
        }
        cli_buf_str(out, "\n");
}

static void put_section(struct cli_buf *out, const char *kind, const char *name)
{
        cli_buf_str(out, "\n[");
        cli_buf_str(out, kind);
        cli_buf_str(out, "/");
        cli_buf_str(out, name);
        cli_buf_str(out, "]\n");
}

/* A match on the command line, "CLAIM=VALUE", is "match.CLAIM = VALUE" in the file. */
static void put_match(struct cli_buf *out, const char *match)
{
        const char *equal = strchr(match, '=');

        cli_buf_str(out, "match.");
        cli_buf_add(out, match, (size_t)(equal - match));
        cli_buf_str(out, " = ");
        cli_buf_str(out, equal + 1);
        cli_buf_str(out, "\n");
}

static void put_grant(const struct cli_setup *s, struct cli_buf *out)
{
        const struct cli_setup_options *options = s->options;

        put_section(out, "grant", s->issuer_name);
        put_line(out, "issuer", s->issuer_name);
        if (options->user)
                put_line(out, "user", options->user);
        for (size_t i = 0; i < options->match.count; i++)
                put_match(out, options->match.items[i]);
        cli_buf_str(out, "services =");
        for (size_t i = 0; i < s->service_count; i++) {
                cli_buf_str(out, " ");
                cli_buf_str(out, s->services[i]);
        }
        cli_buf_str(out, "\n");
}

void cli_plan_conf(const struct cli_setup *s, struct cli_buf *out)
{
        cli_buf_str(out, "# Written by `pamjwt setup`. To roll back: pamjwt setup --undo.\n");
        if (!s->has_host_section) {
                cli_buf_str(out, "\n[host]\n");
                put_line(out, "host_name", s->host_name);
                if (*s->machine_id)
                        put_line(out, "machine_id", s->machine_id);
        }
        put_section(out, "issuer", s->issuer_name);
        put_line(out, "issuer", s->options->issuer);
        put_words(out, "audience", s->options->audience.items, s->options->audience.count);
        if (s->options->fetching.ca_file)
                put_line(out, "ca_file", s->options->fetching.ca_file);
        put_grant(s, out);
}

/* --- sshd --- */

void cli_plan_sshd(const char *after, struct cli_buf *out)
{
        cli_buf_str(out, "# Written by `pamjwt setup`. sshd uses the first value it reads.\n"
                         "UsePAM yes\n"
                         "KbdInteractiveAuthentication yes\n");
        cli_buf_str(out, after);
}

bool cli_plan_sshd_includes(const char *text)
{
        while (*text) {
                const char *line = text + strspn(text, " \t");
                size_t len = strcspn(line, "\n");

                text = line + len + (line[len] == '\n');
                if (len == 0 || *line == '#')
                        continue;
                return strncasecmp(line, "include", 7) == 0 &&
                       memmem(line, len, "/etc/ssh/sshd_config.d/*.conf", 29);
        }
        return false;
}

/* --- pam.d --- */

/* The first words of a line of pam.d, as far as present. */
struct words {
        char type[16]; /* without its dash; "@include" */
        char control[128];
        char module[128]; /* without its directory; for an include the file included */
};

/* The word at *p, up to white space, or a whole [...]; *p is moved after it. */
static void take_word(const char **p, const char *end, char *out, size_t room)
{
        const char *start = *p + strspn(*p, " \t");
        size_t len;

        if (start > end)
                start = end;
        len = strcspn(start, " \t\n#");
        if (*start == '[' && memchr(start, ']', (size_t)(end - start)))
                len = (size_t)((const char *)memchr(start, ']', (size_t)(end - start)) - start) + 1;
        if (start + len > end)
                len = (size_t)(end - start);
        snprintf(out, room, "%.*s", (int)len, start);
        *p = start + len;
}

static struct words words_of(const char *line, const char *end)
{
        struct words w = {0};
        const char *base;

        line += *line == '-';
        take_word(&line, end, w.type, sizeof(w.type));
        if (strcmp(w.type, "@include") != 0)
                take_word(&line, end, w.control, sizeof(w.control));
        take_word(&line, end, w.module, sizeof(w.module));
        base = strrchr(w.module, '/');
        if (base)
                memmove(w.module, base + 1, strlen(base + 1) + 1);
        return w;
}

static bool is_include(const struct words *w)
{
        return strcmp(w->control, "include") == 0 || strcmp(w->control, "substack") == 0;
}

/*
 * Debian: `@include common-TYPE`. Others: `TYPE include|substack FILE`. Else the module that prompts for the
 * password.
 */
static bool is_place(const struct words *w, const char *type)
{
        size_t len = strlen(type);

        if (strcmp(w->type, "@include") == 0)
                return strncmp(w->module, "common-", 7) == 0 && strncmp(w->module + 7, type, len) == 0 &&
                       (!w->module[7 + len] || w->module[7 + len] == '-');
        if (strcasecmp(w->type, type) != 0)
                return false;
        return (is_include(w) && strcmp(w->module, "postlogin") != 0) ||
               strcmp(w->module, "pam_unix.so") == 0 || strcmp(w->module, "pam_sss.so") == 0;
}

/* [success=2 ...]: a line added after it would be skipped instead of another one. */
static bool jumps(const struct words *w)
{
        for (const char *p = w->control; (p = strchr(p, '=')); p++)
                if (p[1] >= '0' && p[1] <= '9')
                        return true;
        return false;
}

static bool asks_us(const struct cli_setup *s, const struct words *w)
{
        if (strcasecmp(w->type, "auth") == 0 && is_include(w))
                return cli_setup_wants(s, w->module);
        if (strcmp(w->type, "@include") == 0)
                return cli_setup_wants(s, w->module);
        return strcasecmp(w->type, "auth") == 0 && strcmp(w->module, CLI_PAM_US) == 0;
}

static const struct {
        const char *type;
        const char *either;
        const char *token_only;
        const char *token_only_sshd;
} lines[] = {
        {"auth", CLI_LINE_AUTH "\n", CLI_LINE_AUTH_ONLY "\n", CLI_LINE_AUTH_ONLY "\n"},
        {"account", CLI_LINE_ACCOUNT "\n", CLI_LINE_ACCOUNT_ONLY "\n", CLI_LINE_ACCOUNT_SSHD "\n"},
        {"session", CLI_LINE_SESSION "\n", CLI_LINE_SESSION "\n", CLI_LINE_SESSION "\n"},
};

#define TYPES (sizeof(lines) / sizeof(lines[0]))

/* State while a stack is rewritten. */
struct rewriting {
        const char *service;
        enum cli_stack stack;
        struct cli_buf *out;
        bool done[TYPES];
        const char *problem;
};

static const char *our_line(const struct rewriting *r, size_t type)
{
        if (r->stack == CLI_STACK_EITHER)
                return lines[type].either;
        return strcmp(r->service, "sshd") == 0 ? lines[type].token_only_sshd : lines[type].token_only;
}

/* One line of the old file, with what is inserted before it or replaces it. */
static void rewrite_line(struct rewriting *r, const char *line, const char *end)
{
        struct words w = words_of(line, end);
        bool keep = true;

        for (size_t i = 0; i < TYPES; i++) {
                if (r->done[i])
                        continue;
                if (strcasecmp(w.type, lines[i].type) == 0 && jumps(&w))
                        r->problem = "a line that skips others comes before the place for pam_jwt";
                if (!is_place(&w, lines[i].type))
                        continue;
                r->done[i] = true;
                cli_buf_str(r->out, our_line(r, i));
                if (i == 0 && r->stack == CLI_STACK_TOKEN_ONLY) {
                        keep = false;
                        if (strcmp(w.type, "@include") != 0 && !is_include(&w))
                                r->problem =
                                        "its password module is listed in the file itself, maybe with others";
                }
        }
        if (keep)
                cli_buf_add(r->out, line, (size_t)(end - line));
}

/* Account and session lines for which no place was found are appended. */
static const char *finish(struct rewriting *r)
{
        if (r->problem)
                return r->problem;
        if (!r->done[0])
                return "no line was found that prompts for the password";
        if (r->out->len > 0 && r->out->bytes[r->out->len - 1] != '\n')
                cli_buf_str(r->out, "\n");
        for (size_t i = 1; i < TYPES; i++)
                if (!r->done[i])
                        cli_buf_str(r->out, our_line(r, i));
        return NULL;
}

const char *cli_plan_pam(const struct cli_setup *s, const char *service, enum cli_stack stack,
                         const char *text, struct cli_buf *out)
{
        struct rewriting r = {.service = service, .stack = stack, .out = out};
        const char *end;

        if (strstr(text, "\\\n"))
                return "a line is continued with a backslash";
        for (const char *line = text; *line; line = end) {
                struct words w;

                end = line + strcspn(line, "\n");
                end += *end == '\n';
                w = words_of(line, end);
                if (asks_us(s, &w)) {
                        cli_buf_clear(out);
                        cli_buf_str(out, text);
                        return NULL;
                }
                rewrite_line(&r, line, end);
        }
        return finish(&r);
}
