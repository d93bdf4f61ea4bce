#include "out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jsonwrite.h"
#include "utf8.h"

/* For the one object of --json: what was printed to standard error, and whether an object was printed. */
static char usage_said[512];
static bool object_printed;

/* If an allocation fails, there is nothing better to report. */
__attribute__((format(printf, 2, 0))) static void put_line(const char *head, const char *fmt, va_list ap)
{
        char *text = NULL;

        if (vasprintf(&text, fmt, ap) < 0)
                text = NULL;
        fprintf(stderr, "pamjwt: %s: ", head);
        cli_put_str(stderr, text ? text : "out of memory");
        fputc('\n', stderr);
        free(text);
}

void cli_complain(const char *head, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        put_line(head, fmt, ap);
        va_end(ap);
}

int cli_usage(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(usage_said, sizeof(usage_said), fmt, ap);
        va_end(ap);
        cli_complain("usage", "%s", usage_said);
        return CLI_ERROR;
}

int cli_usage_json(void)
{
        struct json_object *object;

        if (object_printed || !*usage_said)
                return CLI_ERROR;
        object = cli_json_begin(false);
        cli_json_add_string(object, "reason", "usage");
        cli_json_add_string(object, "detail", usage_said);
        return cli_print_json(object, CLI_ERROR);
}

void cli_warn(const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        put_line("warning", fmt, ap);
        va_end(ap);
}

int cli_exit_status(enum pjwt_reason reason)
{
        enum pjwt_stage stage = pjwt_reason_stage(reason);

        if (reason == PJWT_OK)
                return CLI_YES;
        return stage == PJWT_STAGE_NONE || stage == PJWT_STAGE_CONF ? CLI_ERROR : CLI_NO;
}

static int say_refused(bool json, const struct pjwt_error *err, int status)
{
        struct json_object *object;

        if (!json) {
                cli_complain(pjwt_reason_name(err->reason), "%s", err->detail);
                return status;
        }
        object = cli_json_begin(false);
        cli_json_add_error(object, err);
        return cli_print_json(object, status);
}

int cli_refused(bool json, const struct pjwt_error *err)
{
        return say_refused(json, err, cli_exit_status(err->reason));
}

int cli_unusable(bool json, const struct pjwt_error *err)
{
        return say_refused(json, err, CLI_ERROR);
}

struct json_object *cli_json_begin(bool ok)
{
        struct json_object *object = json_object_new_object();

        cli_json_add(object, "ok", json_object_new_boolean(ok));
        return object;
}

bool cli_json_add(struct json_object *object, const char *name, struct json_object *value)
{
        if (value)
                return pjwt_json_add(object, name, value);
        return object && json_object_object_add(object, name, NULL) == 0;
}

/*
 * A detail may be truncated in the middle of a character, or quote bytes that are not UTF-8: the JSON must be
 * valid all the same.
 */
static struct json_object *new_string(const char *value)
{
        char *text = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&text, &len);
        struct json_object *o = NULL;

        if (!f)
                return NULL;
        cli_put_str(f, value);
        if (fclose(f) == 0)
                o = json_object_new_string_len(text, (int)len);
        free(text);
        return o;
}

bool cli_json_add_string(struct json_object *object, const char *name, const char *value)
{
        return cli_json_add(object, name, value ? new_string(value) : NULL);
}

void cli_json_add_error(struct json_object *object, const struct pjwt_error *err)
{
        cli_json_add_string(object, "reason", pjwt_reason_name(err->reason));
        cli_json_add_string(object, "detail", err->detail);
}

int cli_print_json(struct json_object *object, int status)
{
        const char *text = pjwt_json_text(object);

        if (!text) {
                json_object_put(object);
                cli_complain("no-memory", "out of memory");
                return CLI_ERROR;
        }
        cli_put_json(stdout, text, strlen(text));
        putchar('\n');
        object_printed = true;
        json_object_put(object);
        return status;
}

void cli_put_text(FILE *f, const char *bytes, size_t len)
{
        const unsigned char *p = (const unsigned char *)bytes;

        for (size_t i = 0; i < len;) {
                uint32_t c = 0;
                size_t n = pjwt_utf8_char(bytes + i, len - i, &c);

                if (n && pjwt_utf8_visible(c)) {
                        fwrite(p + i, 1, n, f);
                        i += n;
                        continue;
                }
                for (n = n ? n : 1; n > 0; n--)
                        fprintf(f, "\\x%02x", p[i++]);
        }
}

void cli_put_str(FILE *f, const char *text)
{
        cli_put_text(f, text, strlen(text));
}

/* RFC 8259 section 7: two surrogates for what is beyond the 16 bits of one \u. */
static void put_json_escape(FILE *f, uint32_t c)
{
        if (c >= 0x10000) {
                c -= 0x10000;
                fprintf(f, "\\u%04x", (unsigned)(0xd800 | c >> 10));
                c = 0xdc00 | (c & 0x3ff);
        }
        fprintf(f, "\\u%04x", (unsigned)c);
}

void cli_put_json(FILE *f, const char *text, size_t len)
{
        const unsigned char *p = (const unsigned char *)text;

        for (size_t i = 0; i < len;) {
                uint32_t c = 0;
                size_t n = pjwt_utf8_char(text + i, len - i, &c);

                if (n && c >= 0x20 && !pjwt_utf8_visible(c))
                        put_json_escape(f, c);
                else
                        fwrite(p + i, 1, n ? n : 1,
                               f); /* below 0x20 only the white space between values is left */
                i += n ? n : 1;
        }
}

const char *cli_utc(int64_t t, char out[32])
{
        struct tm tm;
        time_t seconds = (time_t)t;

        if (!gmtime_r(&seconds, &tm) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
                snprintf(out, 32, "%" PRId64, t);
        return out;
}

const char *cli_away(int64_t t, int64_t now, char out[48])
{
        static const struct {
                int64_t seconds;
                const char *name;
        } units[] = {{31557600, "year"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
        int64_t away = t > now ? t - now : now - t;
        size_t i = 0;

        if (away == 0) {
                snprintf(out, 48, "now");
                return out;
        }
        while (away < 2 * units[i].seconds && units[i].seconds > 1)
                i++;
        away /= units[i].seconds;
        snprintf(out, 48, "%s%" PRId64 " %s%s%s", t > now ? "in " : "", away, units[i].name,
                 away == 1 ? "" : "s", t > now ? "" : " ago");
        return out;
}
