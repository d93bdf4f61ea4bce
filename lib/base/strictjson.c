#include "strictjson.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "utf8.h"

/*
 * json-c's own tokener is not used: it takes the last of two equal names, truncates names at NUL, saturates
 * numbers and accepts NaN (see the design's facts). This parser reads the text in one pass and creates
 * json-c values.
 */
struct parser {
        const char *start;
        const char *p;
        const char *end;
        const char *what;
        const char *fault; /* description of the error at p; NULL: out of memory */
        unsigned depth;
        char *scratch; /* decoded text of a string with escapes, or of a name; grows, wiped when freed */
        size_t scratch_size;
};

/* A piece of text: in the input, or in the scratch buffer until the next string is read. */
struct text {
        const char *at;
        size_t len;
};

static bool parse_value(struct parser *ps, struct json_object **ret);

static bool fault(struct parser *ps, const char *at, const char *what)
{
        ps->p = at;
        ps->fault = what;
        return false;
}

static void skip_space(struct parser *ps)
{
        while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r' || *ps->p == '\t'))
                ps->p++;
}

static bool grow_scratch(struct parser *ps, size_t size)
{
        char *bigger;

        if (size <= ps->scratch_size)
                return true;
        bigger = malloc(size);
        if (!bigger)
                return false;
        pjwt_wipe_free(ps->scratch, ps->scratch_size); /* the old content has been used */
        ps->scratch = bigger;
        ps->scratch_size = size;
        return true;
}

/* Skips the bytes of a string that are not escapes. False at a byte that must not occur in a string. */
static bool skip_plain(struct parser *ps)
{
        while (ps->p < ps->end) {
                unsigned char c = (unsigned char)*ps->p;

                if (c == '"' || c == '\\')
                        return true;
                if (c < 0x20)
                        return fault(ps, ps->p, "a control character in a string");
                if (c < 0x80) {
                        ps->p++;
                        continue;
                }
                uint32_t letter;
                size_t n = pjwt_utf8_char(ps->p, (size_t)(ps->end - ps->p), &letter);

                if (n == 0)
                        return fault(ps, ps->p, "invalid UTF-8");
                ps->p += n;
        }
        return fault(ps, ps->p, "an unterminated string");
}

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* Four hex digits at ps->p. */
static bool read_hex4(struct parser *ps, uint32_t *ret)
{
        uint32_t v = 0;

        if (ps->end - ps->p < 4)
                return fault(ps, ps->p, "an invalid \\u escape");
        for (int i = 0; i < 4; i++) {
                int d = hex_digit(ps->p[i]);

                if (d < 0)
                        return fault(ps, ps->p, "an invalid \\u escape");
                v = v << 4 | (uint32_t)d;
        }
        ps->p += 4;
        *ret = v;
        return true;
}

/* The character of a "\u" escape, including the second half of a surrogate pair if necessary. */
static bool read_unicode(struct parser *ps, uint32_t *ret)
{
        const char *at = ps->p;
        uint32_t high, low;

        if (!read_hex4(ps, &high))
                return false;
        if (high == 0)
                return fault(ps, at, "\\u0000");
        if (high < 0xd800 || high > 0xdfff) {
                *ret = high;
                return true;
        }
        if (high > 0xdbff || ps->end - ps->p < 2 || ps->p[0] != '\\' || ps->p[1] != 'u')
                return fault(ps, at, "an unpaired surrogate");
        ps->p += 2;
        if (!read_hex4(ps, &low))
                return false;
        if (low < 0xdc00 || low > 0xdfff)
                return fault(ps, at, "an unpaired surrogate");
        *ret = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
        return true;
}

static char *put_utf8(char *out, uint32_t c)
{
        if (c < 0x80) {
                *out++ = (char)c;
        } else if (c < 0x800) {
                *out++ = (char)(0xc0 | c >> 6);
                *out++ = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
                *out++ = (char)(0xe0 | c >> 12);
                *out++ = (char)(0x80 | (c >> 6 & 0x3f));
                *out++ = (char)(0x80 | (c & 0x3f));
        } else {
                *out++ = (char)(0xf0 | c >> 18);
                *out++ = (char)(0x80 | (c >> 12 & 0x3f));
                *out++ = (char)(0x80 | (c >> 6 & 0x3f));
                *out++ = (char)(0x80 | (c & 0x3f));
        }
        return out;
}

/* One escape; ps->p is at the backslash. */
static bool read_escape(struct parser *ps, char **out)
{
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *at = ps->p++, *found;
        uint32_t c;

        if (ps->p == ps->end)
                return fault(ps, at, "an unterminated string");
        if (*ps->p == 'u') {
                ps->p++;
                if (!read_unicode(ps, &c))
                        return false;
                *out = put_utf8(*out, c);
                return true;
        }
        found = *ps->p ? strchr(from, *ps->p) : NULL;
        if (!found)
                return fault(ps, at, "an unknown escape");
        ps->p++;
        *(*out)++ = to[found - from];
        return true;
}

/* The rest of a string from its first escape; the part before it begins at `start`. */
static bool read_escaped(struct parser *ps, const char *start, struct text *ret)
{
        const char *close = ps->p;
        char *out;

        /*
         * The closing quote is the first one not preceded by a backslash; the decoded string is never
         * longer than its escaped form.
         */
        while (close < ps->end && *close != '"')
                close += *close == '\\' ? 2 : 1;
        if (close >= ps->end)
                return fault(ps, ps->end, "an unterminated string");
        if (!grow_scratch(ps, (size_t)(close - start) + 1))
                return false;
        out = ps->scratch;
        for (;;) {
                memcpy(out, start, (size_t)(ps->p - start));
                out += ps->p - start;
                if (*ps->p == '"')
                        break;
                if (!read_escape(ps, &out))
                        return false;
                start = ps->p;
                if (!skip_plain(ps))
                        return false;
        }
        ps->p++;
        *ret = (struct text){ps->scratch, (size_t)(out - ps->scratch)};
        return true;
}

/* A string; ps->p is at the opening quote. */
static bool read_string(struct parser *ps, struct text *ret)
{
        const char *start = ++ps->p;

        if (!skip_plain(ps))
                return false;
        if (*ps->p == '\\')
                return read_escaped(ps, start, ret);
        *ret = (struct text){start, (size_t)(ps->p - start)};
        ps->p++;
        return true;
}

static bool parse_string(struct parser *ps, struct json_object **ret)
{
        struct text s;

        if (!read_string(ps, &s))
                return false;
        *ret = json_object_new_string_len(s.at, (int)s.len);
        return *ret != NULL;
}

/* A name as a C string in the scratch buffer, valid until the next string is read. */
static bool read_name(struct parser *ps, const char **ret)
{
        struct text s;

        if (ps->p == ps->end || *ps->p != '"')
                return fault(ps, ps->p, "a name is missing");
        if (!read_string(ps, &s))
                return false;
        if (s.at != ps->scratch) {
                if (!grow_scratch(ps, s.len + 1))
                        return false;
                memcpy(ps->scratch, s.at, s.len);
        }
        ps->scratch[s.len] = '\0'; /* there is room, because the quoted form is longer */
        *ret = ps->scratch;
        return true;
}

/* One `"name": value`. The name is copied, since strings in the value also use the scratch buffer. */
static bool parse_member(struct parser *ps, struct json_object *object)
{
        const char *at = ps->p, *name;
        struct json_object *value = NULL;
        char small[64], *copy = small;
        size_t len;
        bool ok;

        if (!read_name(ps, &name))
                return false;
        if (json_object_object_get_ex(object, name, NULL))
                return fault(ps, at, "a duplicate name");
        skip_space(ps);
        if (ps->p == ps->end || *ps->p != ':')
                return fault(ps, ps->p, "a colon is missing");
        ps->p++;
        len = strlen(name) + 1;
        if (len > sizeof(small) && !(copy = malloc(len)))
                return false;
        memcpy(copy, name, len);
        ok = parse_value(ps, &value);
        if (ok && json_object_object_add_ex(object, copy, value, JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0) {
                json_object_put(value);
                ok = false;
        }
        if (copy != small)
                free(copy);
        return ok;
}

static bool parse_element(struct parser *ps, struct json_object *array)
{
        struct json_object *value = NULL;

        if (!parse_value(ps, &value))
                return false;
        if (json_object_array_add(array, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

/*
 * The text between the brackets: nothing, or items separated by commas. ps->p is after the opening bracket.
 */
static bool parse_items(struct parser *ps, struct json_object *container, char close,
                        bool (*item)(struct parser *, struct json_object *))
{
        skip_space(ps);
        if (ps->p < ps->end && *ps->p == close) {
                ps->p++;
                return true;
        }
        for (;;) {
                skip_space(ps);
                if (!item(ps, container))
                        return false;
                skip_space(ps);
                if (ps->p == ps->end)
                        return fault(ps, ps->p, "the closing bracket is missing");
                if (*ps->p == close)
                        break;
                if (*ps->p != ',')
                        return fault(ps, ps->p, "a comma is missing");
                ps->p++;
        }
        ps->p++;
        return true;
}

static bool parse_container(struct parser *ps, struct json_object **ret)
{
        bool is_object = *ps->p == '{', ok;
        struct json_object *container;

        if (ps->depth == PJWT_JSON_DEPTH)
                return fault(ps, ps->p, "nested too deeply");
        container = is_object ? json_object_new_object() : json_object_new_array();
        if (!container)
                return false;
        ps->p++;
        ps->depth++;
        ok = is_object ? parse_items(ps, container, '}', parse_member)
                       : parse_items(ps, container, ']', parse_element);
        ps->depth--;
        if (!ok) {
                json_object_put(container);
                return false;
        }
        *ret = container;
        return true;
}

static size_t skip_digits(struct parser *ps)
{
        const char *start = ps->p;

        while (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9')
                ps->p++;
        return (size_t)(ps->p - start);
}

/* Skips a number of RFC 8259 section 6. *retinteger: it has neither fraction nor exponent. */
static bool skip_number(struct parser *ps, bool *retinteger)
{
        const char *start = ps->p;

        if (*ps->p == '-')
                ps->p++;
        if (ps->p < ps->end && *ps->p == '0')
                ps->p++;
        else if (skip_digits(ps) == 0)
                return fault(ps, start, "not a JSON value");
        *retinteger = true;
        if (ps->p < ps->end && *ps->p == '.') {
                *retinteger = false;
                ps->p++;
                if (skip_digits(ps) == 0)
                        return fault(ps, start, "an invalid number");
        }
        if (ps->p < ps->end && (*ps->p == 'e' || *ps->p == 'E')) {
                *retinteger = false;
                ps->p++;
                if (ps->p < ps->end && (*ps->p == '+' || *ps->p == '-'))
                        ps->p++;
                if (skip_digits(ps) == 0)
                        return fault(ps, start, "an invalid number");
        }
        return true;
}

static bool parse_integer(struct parser *ps, const char *start, struct json_object **ret)
{
        bool negative = *start == '-', over = false;
        int64_t v = 0;

        for (const char *p = start + negative; p < ps->p; p++) {
                int digit = *p - '0';

                over |= __builtin_mul_overflow(v, 10, &v);
                over |= negative ? __builtin_sub_overflow(v, digit, &v)
                                 : __builtin_add_overflow(v, digit, &v);
        }
        if (over)
                return fault(ps, start, "an integer that does not fit in 64 bits");
        *ret = json_object_new_int64(v);
        return *ret != NULL;
}

/* strtod() uses the locale of the process, whose decimal point may be a comma. */
static double c_strtod(const char *s)
{
        locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc provides a static one */
        double d = c ? strtod_l(s, NULL, c) : (double)NAN;

        if (c)
                freelocale(c);
        return d;
}

/* The original spelling is kept with the value, so that the number is printed as it was signed. */
static bool parse_fraction(struct parser *ps, const char *start, struct json_object **ret)
{
        char *spelling = strndup(start, (size_t)(ps->p - start));
        double d;

        if (!spelling)
                return false;
        d = c_strtod(spelling);
        if (isfinite(d))
                *ret = json_object_new_double_s(d, spelling);
        free(spelling);
        if (!isfinite(d))
                return fault(ps, start, "a number out of range");
        return *ret != NULL;
}

static bool parse_number(struct parser *ps, struct json_object **ret)
{
        const char *start = ps->p;
        bool integer = false;

        if (!skip_number(ps, &integer))
                return false;
        return integer ? parse_integer(ps, start, ret) : parse_fraction(ps, start, ret);
}

static bool parse_word(struct parser *ps, const char *word)
{
        size_t len = strlen(word);

        if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, word, len) != 0)
                return fault(ps, ps->p, "not a JSON value");
        ps->p += len;
        return true;
}

/* *ret stays NULL for JSON null, as in json-c. */
static bool parse_value(struct parser *ps, struct json_object **ret)
{
        skip_space(ps);
        if (ps->p == ps->end)
                return fault(ps, ps->p, "a value is missing");
        switch (*ps->p) {
        case '"':
                return parse_string(ps, ret);
        case '{':
        case '[':
                return parse_container(ps, ret);
        case 't':
                return parse_word(ps, "true") && (*ret = json_object_new_boolean(1));
        case 'f':
                return parse_word(ps, "false") && (*ret = json_object_new_boolean(0));
        case 'n':
                return parse_word(ps, "null");
        default:
                return parse_number(ps, ret);
        }
}

static bool parse_document(struct parser *ps, struct json_object **ret)
{
        skip_space(ps);
        if (ps->p == ps->end || *ps->p != '{')
                return fault(ps, ps->p, "not a JSON object");
        if (!parse_container(ps, ret))
                return false;
        skip_space(ps);
        if (ps->p == ps->end)
                return true;
        json_object_put(*ret);
        return fault(ps, ps->p, "text after the end");
}

enum pjwt_reason pjwt_json_parse_object(const char *text, size_t len, const char *what,
                                        struct json_object **ret, struct pjwt_error *reterr)
{
        struct parser ps = {.start = text, .p = text, .end = text + len, .what = what};
        struct json_object *object = NULL;
        bool ok;

        if (len > PJWT_JSON_BYTES_MAX)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "%s: %zu bytes are too long", what, len);
        ok = parse_document(&ps, &object);
        pjwt_wipe_free(ps.scratch, ps.scratch_size);
        if (ok) {
                *ret = object;
                return PJWT_OK;
        }
        if (!ps.fault)
                return pjwt_fail_memory(reterr);
        return pjwt_fail(reterr, PJWT_BAD_JSON, "%s: %s at byte %zu", what, ps.fault,
                         (size_t)(ps.p - ps.start));
}

bool pjwt_json_find(struct json_object *object, const char *name, struct json_object **ret)
{
        return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, name, ret);
}

struct json_object *pjwt_json_member(struct json_object *object, const char *name)
{
        struct json_object *value = NULL;

        return pjwt_json_find(object, name, &value) ? value : NULL;
}

const char *pjwt_json_string(struct json_object *o, size_t *retlen)
{
        if (!json_object_is_type(o, json_type_string))
                return NULL;
        if (retlen)
                *retlen = (size_t)json_object_get_string_len(o);
        return json_object_get_string(o);
}

bool pjwt_json_list_has(struct json_object *o, const char *string)
{
        size_t count = json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;

        for (size_t i = 0; i < count; i++) {
                size_t len = 0;
                const char *s = pjwt_json_string(json_object_array_get_idx(o, i), &len);

                if (s && len == strlen(string) && memcmp(s, string, len) == 0)
                        return true;
        }
        return false;
}

bool pjwt_json_numericdate(struct json_object *o, int64_t *retseconds, bool *retfraction)
{
        bool integer = json_object_is_type(o, json_type_int);
        double d = json_object_is_type(o, json_type_double) ? json_object_get_double(o) : -1;
        int64_t seconds = integer ? json_object_get_int64(o) : -1;

        if (!integer && d >= 0 && d < (double)PJWT_TIME_MAX + 1)
                seconds = (int64_t)d;
        if (seconds < 0 || seconds > PJWT_TIME_MAX)
                return false;
        *retseconds = seconds;
        if (retfraction)
                *retfraction = !integer && d > (double)seconds;
        return true;
}
