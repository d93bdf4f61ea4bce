#include "match.h"

#include <string.h>

/* One reference token of a pointer, with ~1 and ~0 decoded (RFC 6901 section 4). */
static bool pointer_name(const char *s, size_t len, char *out, size_t cap)
{
        size_t n = 0;

        for (size_t i = 0; i < len; i++) {
                char c = s[i];

                if (c == '~' && i + 1 < len)
                        c = s[++i] == '1' ? '/' : '~';
                if (n + 1 >= cap)
                        return false;
                out[n++] = c;
        }
        out[n] = '\0';
        return true;
}

/* An index is 0 or a number without a leading zero (RFC 6901 section 4). */
static struct json_object *element(struct json_object *array, const char *name)
{
        size_t index = 0;

        if (name[0] == '\0' || strlen(name) > 6 || (name[0] == '0' && name[1] != '\0'))
                return NULL;
        for (const char *p = name; *p; p++) {
                if (*p < '0' || *p > '9')
                        return NULL;
                index = index * 10 + (size_t)(*p - '0');
        }
        return index < json_object_array_length(array) ? json_object_array_get_idx(array, index) : NULL;
}

static struct json_object *child(struct json_object *o, const char *name)
{
        if (json_object_is_type(o, json_type_object))
                return pjwt_json_member(o, name);
        return json_object_is_type(o, json_type_array) ? element(o, name) : NULL;
}

struct json_object *pjwt_claim_find(struct json_object *claims, const char *name)
{
        struct json_object *o = claims;

        if (name[0] != '/')
                return pjwt_json_member(claims, name);
        while (o && *name == '/') {
                size_t len = strcspn(++name, "/");
                char part[1024];

                o = pointer_name(name, len, part, sizeof(part)) ? child(o, part) : NULL;
                name += len;
        }
        return o;
}

struct pjwt_texts pjwt_texts_of(struct json_object *claims, const char *name)
{
        return (struct pjwt_texts){.claim = pjwt_claim_find(claims, name),
                                   .by_word = strcmp(name, "scope") == 0 || strcmp(name, "scp") == 0};
}

static bool scalar_text(struct json_object *o, const char **ret, size_t *retlen)
{
        switch (json_object_get_type(o)) {
        case json_type_string:
                *ret = pjwt_json_string(o, retlen);
                return *ret;
        case json_type_boolean:
        case json_type_int:
        case json_type_double:
                *ret = json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, retlen);
                return *ret;
        case json_type_null:
        case json_type_object:
        case json_type_array:
                break;
        }
        return false;
}

static bool next_word(struct pjwt_texts *texts, const char **ret, size_t *retlen)
{
        size_t len = 0;
        const char *s = pjwt_json_string(texts->claim, &len);

        while (texts->next < len && s[texts->next] == ' ')
                texts->next++;
        if (texts->next >= len)
                return false;
        *ret = s + texts->next;
        while (texts->next < len && s[texts->next] != ' ')
                texts->next++;
        *retlen = (size_t)(s + texts->next - *ret);
        return true;
}

bool pjwt_texts_next(struct pjwt_texts *texts, const char **ret, size_t *retlen)
{
        if (json_object_is_type(texts->claim, json_type_array)) {
                while (texts->next < json_object_array_length(texts->claim))
                        if (scalar_text(json_object_array_get_idx(texts->claim, texts->next++), ret, retlen))
                                return true;
                return false;
        }
        if (texts->by_word && json_object_is_type(texts->claim, json_type_string))
                return next_word(texts, ret, retlen);
        return texts->next++ == 0 && scalar_text(texts->claim, ret, retlen);
}

/* The kinds that have a prefix; a value without one is matched exactly. */
static const struct {
        const char *prefix;
        enum pjwt_match_kind kind;
} prefixes[] = {{"glob:", PJWT_MATCH_GLOB}, {"regex:", PJWT_MATCH_REGEX}};

void pjwt_match_set(struct pjwt_match *match)
{
        match->kind = PJWT_MATCH_EXACT;
        match->pattern = match->value;
        for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
                if (strncmp(match->value, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0) {
                        match->kind = prefixes[i].kind;
                        match->pattern = match->value + strlen(prefixes[i].prefix);
                }
}

bool pjwt_match_text(const struct pjwt_match *match, const char *text, size_t len, struct pjwt_group *spans)
{
        switch (match->kind) {
        case PJWT_MATCH_EXACT:
                return strlen(match->pattern) == len && memcmp(match->pattern, text, len) == 0;
        case PJWT_MATCH_GLOB:
                return pjwt_glob_match(match->pattern, text, len);
        case PJWT_MATCH_REGEX:
                return pjwt_regex_match(match->regex, text, len, spans);
        }
        return false;
}

bool pjwt_match_claims(const struct pjwt_match *match, struct json_object *claims)
{
        struct pjwt_texts texts = pjwt_texts_of(claims, match->claim);
        const char *text = NULL;
        size_t len = 0;

        while (pjwt_texts_next(&texts, &text, &len))
                if (pjwt_match_text(match, text, len, NULL))
                        return true;
        return false;
}
