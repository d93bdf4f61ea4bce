#include "cachefile.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonwrite.h"
#include "jwkwrite.h"
#include "safefile.h"
#include "strictjson.h"

#define FORMAT         1
#define NAME_BYTES_MAX 80

void pjwt_cachefile_clear(struct pjwt_cachefile *file)
{
        pjwt_keyset_free(file->set);
        free(file->source);
        free(file->etag);
        *file = (struct pjwt_cachefile){0};
}

bool pjwt_cachefile_newer(const struct pjwt_cachefile *a, const struct pjwt_cachefile *b)
{
        if (a->asked_at != b->asked_at)
                return a->asked_at > b->asked_at;
        return a->asked_boot_ms > b->asked_boot_ms;
}

static bool file_name(const struct pjwt_issuer *issuer, char out[NAME_BYTES_MAX])
{
        int n = snprintf(out, NAME_BYTES_MAX, "%s.json", issuer->name);

        return n > 0 && n < NAME_BYTES_MAX && !strchr(out, '/') && out[0] != '.';
}

/* The `jwks` setting; the empty string means discovery. */
static const char *setting(const struct pjwt_issuer *issuer)
{
        return issuer->jwks ? issuer->jwks : "";
}

static bool string_is(struct json_object *object, const char *name, const char *want)
{
        size_t len;
        const char *s = pjwt_json_string(pjwt_json_member(object, name), &len);

        return s && len == strlen(want) && memcmp(s, want, len) == 0;
}

static bool integer_of(struct json_object *object, const char *name, int64_t *ret)
{
        struct json_object *o = pjwt_json_member(object, name);

        if (!json_object_is_type(o, json_type_int))
                return false;
        *ret = json_object_get_int64(o);
        return *ret >= 0 && *ret <= PJWT_TIME_MAX;
}

/* Also NULL if out of memory, which is treated like an absent member. */
static char *string_of(struct json_object *object, const char *name)
{
        size_t len;
        const char *s = pjwt_json_string(pjwt_json_member(object, name), &len);

        return s ? strndup(s, len) : NULL;
}

/*
 * Refuses a file that was written for other settings, so that old keys are not used after a change of the
 * configuration.
 */
static enum pjwt_reason read_first_line(struct json_object *o, const char *path,
                                        const struct pjwt_issuer *issuer, int64_t now,
                                        struct pjwt_cachefile *file, struct pjwt_error *reterr)
{
        int64_t format;

        if (!integer_of(o, "format", &format) || format != FORMAT)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%s: not a cache file of this version", path);
        if (!string_is(o, "issuer", issuer->issuer) || !string_is(o, "jwks", setting(issuer)))
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%s: written for another issuer or jwks setting",
                                 path);
        if (!integer_of(o, "asked_at", &file->asked_at) ||
            !integer_of(o, "asked_boot_ms", &file->asked_boot_ms) ||
            !integer_of(o, "fresh_until", &file->fresh_until))
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%s: a time is missing", path);
        if (file->asked_at > now + PJWT_CLOCK_SLACK)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET,
                                 "%s: from the future: requested at %" PRId64 ", now %" PRId64, path,
                                 file->asked_at, now);
        if (!integer_of(o, "server_date", &file->server_date))
                file->server_date = 0;
        file->source = string_of(o, "source");
        file->etag = string_of(o, "etag");
        return file->source
                       ? PJWT_OK
                       : pjwt_fail(reterr, PJWT_BAD_KEYSET, "%s: the source of the keys is missing", path);
}

static enum pjwt_reason read_keys(const char *text, size_t len, const char *path, struct pjwt_keyset **ret,
                                  struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_keyset_parse(text, len, PJWT_KEYS_PUBLIC_ONLY, ret, &err);

        return r == PJWT_OK ? r : pjwt_fail(reterr, r, "%s: %s", path, err.detail);
}

/* Two lines, each with a newline; a truncated file is refused. */
static enum pjwt_reason read_lines(const char *text, size_t len, const char *path,
                                   const struct pjwt_issuer *issuer, int64_t now, bool with_keys,
                                   struct pjwt_cachefile *file, struct pjwt_error *reterr)
{
        const char *end = memchr(text, '\n', len);
        struct json_object *first = NULL;
        const char *second = end ? end + 1 : text;
        size_t second_len = len - (size_t)(second - text);
        enum pjwt_reason r;

        if (!end || second_len < 2 || memchr(second, '\n', second_len) != second + second_len - 1)
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%s: truncated", path);
        r = pjwt_json_parse_object(text, (size_t)(end - text), path, &first, reterr);
        if (r != PJWT_OK)
                return r;
        r = read_first_line(first, path, issuer, now, file, reterr);
        json_object_put(first);
        if (r == PJWT_OK && with_keys)
                r = read_keys(second, second_len - 1, path, &file->set, reterr);
        return r;
}

enum pjwt_reason pjwt_cachefile_read(const char *dir, const struct pjwt_issuer *issuer, int64_t now,
                                     bool with_keys, struct pjwt_cachefile *ret, struct pjwt_error *reterr)
{
        struct pjwt_cachefile file = {0};
        struct pjwt_error err = {0};
        char name[NAME_BYTES_MAX], path[PATH_MAX];
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r;

        if (!file_name(issuer, name) || snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
                return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: invalid name", dir);
        r = pjwt_file_read(path, 0, PJWT_CACHEFILE_BYTES_MAX, &text, &len, NULL, &err);
        if (r == PJWT_FILE_OPEN && errno == ENOENT)
                return pjwt_fail(reterr, PJWT_NO_KEYS, "%s: does not exist yet", path);
        if (r != PJWT_OK)
                return pjwt_fail(reterr, r, "%s", err.detail);
        r = read_lines(text, len, path, issuer, now, with_keys, &file, reterr);
        free(text);
        if (r == PJWT_OK)
                *ret = file;
        else
                pjwt_cachefile_clear(&file);
        return r;
}

static struct json_object *make_first_line(const struct pjwt_issuer *issuer,
                                           const struct pjwt_cachefile *file)
{
        struct json_object *o = json_object_new_object();

        if (o && pjwt_json_add(o, "format", json_object_new_int(FORMAT)) &&
            pjwt_json_add_string(o, "issuer", issuer->issuer) &&
            pjwt_json_add_string(o, "jwks", setting(issuer)) &&
            pjwt_json_add_string(o, "source", file->source) &&
            pjwt_json_add(o, "asked_at", json_object_new_int64(file->asked_at)) &&
            pjwt_json_add(o, "asked_boot_ms", json_object_new_int64(file->asked_boot_ms)) &&
            pjwt_json_add(o, "fresh_until", json_object_new_int64(file->fresh_until)) &&
            pjwt_json_add(o, "server_date", json_object_new_int64(file->server_date)) &&
            pjwt_json_add_string(o, "etag", file->etag))
                return o;
        json_object_put(o);
        return NULL;
}

/* Both lines as one string, to be freed; NULL if out of memory. json-c escapes every line feed. */
static char *make_text(const struct pjwt_issuer *issuer, const struct pjwt_cachefile *file)
{
        struct json_object *first = make_first_line(issuer, file);
        struct json_object *keys = pjwt_keyset_public_jwks(file->set);
        const char *a = pjwt_json_text(first);
        const char *b = pjwt_json_text(keys);
        char *text = NULL;

        if (a && b && asprintf(&text, "%s\n%s\n", a, b) < 0)
                text = NULL;
        json_object_put(first);
        json_object_put(keys);
        return text;
}

/* The parameters of the check before the rename. */
struct still {
        const char *dir;
        const struct pjwt_issuer *issuer;
        int64_t now;
        const struct pjwt_cachefile *file;
};

static bool is_still_the_newest(void *arg)
{
        const struct still *s = arg;
        struct pjwt_cachefile there = {0};
        bool newest;

        if (pjwt_boot_ms() - s->file->asked_boot_ms > PJWT_RESPONSE_AGE_MS)
                return false;
        if (pjwt_cachefile_read(s->dir, s->issuer, s->now, false, &there, NULL) != PJWT_OK)
                return true;
        newest = pjwt_cachefile_newer(s->file, &there);
        pjwt_cachefile_clear(&there);
        return newest;
}

enum pjwt_reason pjwt_cachefile_write(const char *dir, const struct pjwt_issuer *issuer, int64_t now,
                                      const struct pjwt_cachefile *file, struct pjwt_error *reterr)
{
        struct still still = {dir, issuer, now, file};
        char name[NAME_BYTES_MAX];
        char *text;
        enum pjwt_reason r;

        if (!file_name(issuer, name))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: invalid name", dir);
        text = make_text(issuer, file);
        if (!text)
                return pjwt_fail_memory(reterr);
        r = pjwt_file_replace_if(dir, name, text, strlen(text), 0644, is_still_the_newest, &still, reterr);
        free(text);
        return r;
}

bool pjwt_cachefile_is_newer(const char *dir, const struct pjwt_issuer *issuer, int64_t now,
                             const struct pjwt_cachefile *than)
{
        struct pjwt_cachefile there = {0};
        bool newer = pjwt_cachefile_read(dir, issuer, now, false, &there, NULL) == PJWT_OK &&
                     pjwt_cachefile_newer(&there, than);

        pjwt_cachefile_clear(&there);
        return newer;
}
