#include "fetchwire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonwrite.h"
#include "strictjson.h"

static bool put_integer(struct json_object *o, const char *name, int64_t value)
{
        return pjwt_json_add(o, name, json_object_new_int64(value));
}

static bool put_flag(struct json_object *o, const char *name, bool value)
{
        return pjwt_json_add(o, name, json_object_new_boolean(value));
}

/* These four leave *ret unchanged if the member is absent, and return false if it has another type. */
static bool get_string(struct json_object *o, const char *name, const char **ret)
{
        struct json_object *member = pjwt_json_member(o, name);

        if (member)
                *ret = pjwt_json_string(member, NULL);
        return !member || *ret;
}

static bool get_integer(struct json_object *o, const char *name, int64_t *ret)
{
        struct json_object *member = pjwt_json_member(o, name);

        if (member && json_object_is_type(member, json_type_int))
                *ret = json_object_get_int64(member);
        return !member || json_object_is_type(member, json_type_int);
}

static bool get_descriptor(struct json_object *o, const char *name, int *ret)
{
        int64_t n = 0;

        if (!get_integer(o, name, &n) || n < 0 || n > 5 || (n > 0 && n < 3))
                return false;
        *ret = (int)n;
        return true;
}

static bool get_flag(struct json_object *o, const char *name, bool *ret)
{
        struct json_object *member = pjwt_json_member(o, name);

        if (member && json_object_is_type(member, json_type_boolean))
                *ret = json_object_get_boolean(member);
        return !member || json_object_is_type(member, json_type_boolean);
}

static bool fill_request(struct json_object *o, const struct pjwt_fetch_request *r)
{
        return pjwt_json_add_string(o, "name", r->name) && pjwt_json_add_string(o, "issuer", r->issuer) &&
               pjwt_json_add_string(o, "jwks", r->jwks) && pjwt_json_add_string(o, "proxy", r->proxy) &&
               pjwt_json_add_string(o, "etag", r->etag) && put_integer(o, "timeout_ms", r->timeout_ms) &&
               put_integer(o, "ca_fd", r->ca_fd) && put_integer(o, "bearer_fd", r->bearer_fd) &&
               put_integer(o, "note_fd", r->note_fd) && put_flag(o, "private_jwks", r->private_jwks);
}

enum pjwt_reason pjwt_fetch_request_write(const struct pjwt_fetch_request *request, char **ret,
                                          struct pjwt_error *reterr)
{
        struct json_object *o = json_object_new_object();
        const char *text = o && fill_request(o, request) ? pjwt_json_text(o) : NULL;
        char *copy = text ? strdup(text) : NULL;

        json_object_put(o);
        if (!copy)
                return pjwt_fail_memory(reterr);
        *ret = copy;
        return PJWT_OK;
}

/* The name is used as a file name, so the rule of conf.h is checked again here. */
static bool is_name(const char *s)
{
        const char *const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
        size_t len = s ? strlen(s) : 0;

        return len > 0 && len <= PJWT_FETCH_NAME_MAX && s[0] != '.' && strspn(s, letters) == len;
}

static bool read_request(struct json_object *o, struct pjwt_fetch_request *r)
{
        return get_string(o, "name", &r->name) && get_string(o, "issuer", &r->issuer) &&
               get_string(o, "jwks", &r->jwks) && get_string(o, "proxy", &r->proxy) &&
               get_string(o, "etag", &r->etag) && get_integer(o, "timeout_ms", &r->timeout_ms) &&
               get_descriptor(o, "ca_fd", &r->ca_fd) && get_descriptor(o, "bearer_fd", &r->bearer_fd) &&
               get_descriptor(o, "note_fd", &r->note_fd) && get_flag(o, "private_jwks", &r->private_jwks);
}

enum pjwt_reason pjwt_fetch_request_read(const char *text, size_t len, struct pjwt_fetch_request *ret,
                                         struct pjwt_error *reterr)
{
        struct pjwt_fetch_request request = {0};
        enum pjwt_reason r = pjwt_json_parse_object(text, len, "request", &request.json, reterr);

        if (r != PJWT_OK)
                return r;
        if (!read_request(request.json, &request) || !request.issuer || !is_name(request.name) ||
            request.timeout_ms <= 0 || request.timeout_ms > PJWT_FETCH_TIMEOUT_MAX) {
                pjwt_fetch_request_clear(&request);
                return pjwt_fail(reterr, PJWT_FETCH_FAILED,
                                 "request: a member is missing or has the wrong type");
        }
        *ret = request;
        return PJWT_OK;
}

void pjwt_fetch_request_clear(struct pjwt_fetch_request *request)
{
        json_object_put(request->json);
        *request = (struct pjwt_fetch_request){0};
}

static bool fill_response(struct json_object *o, const struct pjwt_fetch_response *r)
{
        return put_flag(o, "ok", r->ok) && put_integer(o, "asked_boot_ms", r->asked_boot_ms) &&
               put_integer(o, "max_age", r->max_age) && put_integer(o, "server_date", r->server_date) &&
               pjwt_json_add_string(o, "issuer", r->issuer) && pjwt_json_add_string(o, "jwks", r->jwks) &&
               pjwt_json_add_string(o, "source", r->source) && pjwt_json_add_string(o, "etag", r->etag) &&
               put_flag(o, "not_modified", r->not_modified) &&
               (r->ok || pjwt_json_add_string(o, "reason", pjwt_reason_name(r->reason))) &&
               pjwt_json_add_string(o, "detail", r->detail);
}

enum pjwt_reason pjwt_fetch_response_write(const struct pjwt_fetch_response *response, char **ret,
                                           size_t *retlen, struct pjwt_error *reterr)
{
        struct json_object *o = json_object_new_object();
        const char *first = o && fill_response(o, response) ? pjwt_json_text(o) : NULL;
        char *text = NULL;
        int n = first ? asprintf(&text, "%s\n%.*s\n", first, (int)response->keys_len,
                                 response->keys ? response->keys : "")
                      : -1;

        json_object_put(o);
        if (n < 0)
                return pjwt_fail_memory(reterr);
        *ret = text;
        *retlen = (size_t)n;
        return PJWT_OK;
}

enum pjwt_reason pjwt_fetch_reason(const char *name)
{
        enum pjwt_reason r = name ? pjwt_reason_from_name(name) : PJWT_FETCH_FAILED;

        return r == PJWT_NO_FETCH_USER || r == PJWT_BAD_KEYSET ? r : PJWT_FETCH_FAILED;
}

static bool read_response(struct json_object *o, struct pjwt_fetch_response *r)
{
        const char *reason = NULL;

        r->max_age = -1;
        if (!get_flag(o, "ok", &r->ok) || !get_integer(o, "asked_boot_ms", &r->asked_boot_ms) ||
            !get_integer(o, "max_age", &r->max_age) || !get_integer(o, "server_date", &r->server_date) ||
            !get_string(o, "issuer", &r->issuer) || !get_string(o, "jwks", &r->jwks) ||
            !get_string(o, "source", &r->source) || !get_string(o, "etag", &r->etag) ||
            !get_flag(o, "not_modified", &r->not_modified) || !get_string(o, "reason", &reason) ||
            !get_string(o, "detail", &r->detail))
                return false;
        r->reason = r->ok ? PJWT_OK : pjwt_fetch_reason(reason);
        return r->asked_boot_ms >= 0 && r->server_date >= 0 &&
               (r->ok ? r->source != NULL : r->detail != NULL);
}

/* The second line: empty, or the key set if there must be one. */
static bool take_keys(const char *text, size_t len, struct pjwt_fetch_response *r)
{
        bool needed = r->ok && !r->not_modified;

        if (len == 0 || text[len - 1] != '\n' || memchr(text, '\n', len - 1))
                return false;
        r->keys = needed ? text : NULL;
        r->keys_len = needed ? len - 1 : 0;
        return needed == (len > 1);
}

enum pjwt_reason pjwt_fetch_response_parse(const char *text, size_t len, struct pjwt_fetch_response *ret,
                                           struct pjwt_error *reterr)
{
        struct pjwt_fetch_response response = {0};
        const char *end = memchr(text, '\n', len);
        enum pjwt_reason r;

        if (!end)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "pamjwt-fetch ended without a response");
        r = pjwt_json_parse_object(text, (size_t)(end - text), "response of pamjwt-fetch", &response.json,
                                   NULL);
        if (r == PJWT_NO_MEMORY)
                return pjwt_fail_memory(reterr);
        if (r == PJWT_OK && read_response(response.json, &response) &&
            take_keys(end + 1, len - (size_t)(end + 1 - text), &response)) {
                *ret = response;
                return PJWT_OK;
        }
        pjwt_fetch_response_clear(&response);
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "pamjwt-fetch returned something other than a key set");
}

static bool equal_or_both_absent(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : !a && !b;
}

bool pjwt_fetch_response_is_for(const struct pjwt_fetch_response *response,
                                const struct pjwt_fetch_request *request)
{
        return equal_or_both_absent(response->issuer, request->issuer) &&
               equal_or_both_absent(response->jwks, request->jwks);
}

enum pjwt_reason pjwt_fetch_response_read(const char *text, size_t len,
                                          const struct pjwt_fetch_request *request,
                                          struct pjwt_fetch_response *ret, struct pjwt_error *reterr)
{
        struct pjwt_fetch_response response = {0};
        enum pjwt_reason r = pjwt_fetch_response_parse(text, len, &response, reterr);

        if (r == PJWT_OK && !response.ok)
                r = pjwt_fail(reterr, response.reason, "%s", response.detail);
        else if (r == PJWT_OK && !pjwt_fetch_response_is_for(&response, request))
                r = pjwt_fail(reterr, PJWT_FETCH_FAILED,
                              "pamjwt-fetch returned a response for another issuer");
        if (r == PJWT_OK)
                *ret = response;
        else
                pjwt_fetch_response_clear(&response);
        return r;
}

void pjwt_fetch_response_clear(struct pjwt_fetch_response *response)
{
        json_object_put(response->json);
        *response = (struct pjwt_fetch_response){0};
}
