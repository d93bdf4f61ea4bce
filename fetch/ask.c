#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cachefile.h"
#include "http.h"
#include "keyset.h"
#include "strictjson.h"
#include "url.h"

/* What stays the same over the requests of one conversation. Borrowed. */
struct asking {
        const struct pjwt_fetch_request *request;
        const char *ca;
        const char *bearer;
        int64_t deadline;
};

/* The bearer token goes to the origin that the administrator wrote down, never to one that a document names.
 */
static const char *bearer_for(const struct asking *a, const char *url)
{
        const char *home = a->request->jwks ? a->request->jwks : a->request->issuer;

        return a->bearer && fetch_url_same_origin(home, url) ? a->bearer : NULL;
}

static enum pjwt_reason get(const struct asking *a, const char *url, const char *etag,
                            struct fetch_response *ret, struct pjwt_error *reterr)
{
        const struct fetch_get request = {
                .url = url,
                .etag = etag,
                .bearer = bearer_for(a, url),
                .proxy = a->request->proxy,
                .ca = a->ca,
                .ca_len = a->ca ? strlen(a->ca) : 0,
                .deadline = a->deadline,
        };
        enum pjwt_reason r = fetch_url_check(url, reterr);

        return r == PJWT_OK ? fetch_http_get(&request, ret, reterr) : r;
}

static enum pjwt_reason fail_status(const char *url, long status, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: HTTP status %ld%s", url, status,
                         status / 100 == 3 ? ", and redirects are not followed" : "");
}

/* Whoever answers for another issuer does not answer for this one (NET-19). */
static enum pjwt_reason read_document(const struct asking *a, const char *url,
                                      const struct fetch_response *response, char retjwks[FETCH_URL_MAX],
                                      struct pjwt_error *reterr)
{
        struct json_object *document = NULL;
        const char *issuer, *jwks;
        size_t len = 0;
        enum pjwt_reason r = pjwt_json_parse_object(response->body ? response->body : "", response->len, url,
                                                    &document, reterr);

        if (r != PJWT_OK)
                return r == PJWT_NO_MEMORY ? r : PJWT_FETCH_FAILED;
        issuer = pjwt_json_string(pjwt_json_member(document, "issuer"), &len);
        jwks = pjwt_json_string(pjwt_json_member(document, "jwks_uri"), NULL);
        if (!issuer || len != strlen(a->request->issuer) || memcmp(issuer, a->request->issuer, len) != 0)
                r = pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.160s: names the issuer '%.100s', not '%.100s'",
                              url, issuer ? issuer : "", a->request->issuer);
        else if (!jwks || strlen(jwks) >= FETCH_URL_MAX)
                r = pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: no usable jwks_uri", url);
        else if (fetch_url_is_http(jwks) && !fetch_url_is_http(a->request->issuer))
                r = pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: its jwks_uri is not https", url);
        else
                memcpy(retjwks, jwks, strlen(jwks) + 1);
        json_object_put(document);
        return r;
}

/* *retstatus: of the answer, 0 when there was none. */
static enum pjwt_reason discover_at(const struct asking *a, const char *url, char retjwks[FETCH_URL_MAX],
                                    long *retstatus, struct pjwt_error *reterr)
{
        struct fetch_response response = {0};
        enum pjwt_reason r = get(a, url, NULL, &response, reterr);

        *retstatus = r == PJWT_OK ? response.status : 0;
        if (r == PJWT_OK)
                r = response.status == 200 ? read_document(a, url, &response, retjwks, reterr)
                                           : fail_status(url, response.status, reterr);
        fetch_response_clear(&response);
        return r;
}

/* OpenID Connect first; RFC 8414 when the server says that it does not have that (4xx). The first failure is
 * told. */
static enum pjwt_reason discover(const struct asking *a, char retjwks[FETCH_URL_MAX],
                                 struct pjwt_error *reterr)
{
        char url[FETCH_URL_MAX];
        struct pjwt_error first = {0};
        long status = 0;
        enum pjwt_reason r;

        if (!fetch_url_openid(a->request->issuer, url))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the issuer is too long to be asked");
        r = discover_at(a, url, retjwks, &status, &first);
        if (r != PJWT_OK && status / 100 == 4 && fetch_url_rfc8414(a->request->issuer, url))
                r = discover_at(a, url, retjwks, &status, NULL);
        return r == PJWT_OK ? r : pjwt_fail(reterr, first.reason, "%s", first.detail);
}

/* Only what a verification needs leaves this process: usable public keys, without private parts or
 * certificates. */
static enum pjwt_reason minimal_keys(const char *url, const struct fetch_response *response, char **ret,
                                     struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        struct json_object *jwks;
        const char *text;
        enum pjwt_reason r;

        if (!response->body || response->body[strspn(response->body, " \t\r\n")] != '{')
                return pjwt_fail(reterr, PJWT_BAD_KEYSET, "%.200s: not a JSON object", url);
        r = pjwt_keyset_parse(response->body, response->len, PJWT_KEYS_PUBLIC_ONLY, &set, &err);
        if (r == PJWT_OK)
                r = pjwt_keyset_check_all(set, &err);
        if (r != PJWT_OK) {
                pjwt_keyset_free(set);
                return r == PJWT_NO_MEMORY
                               ? pjwt_fail_memory(reterr)
                               : pjwt_fail(reterr, PJWT_BAD_KEYSET, "%.200s: %s", url, err.detail);
        }
        jwks = pjwt_keyset_public_jwks(set);
        text = jwks ? json_object_to_json_string_ext(jwks,
                                                     JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                    : NULL;
        *ret = text ? strdup(text) : NULL;
        json_object_put(jwks);
        pjwt_keyset_free(set);
        return *ret ? PJWT_OK : pjwt_fail_memory(reterr);
}

static enum pjwt_reason take_answer(const struct asking *a, const char *url,
                                    const struct fetch_response *response, struct fetch_answer *ret,
                                    struct pjwt_error *reterr)
{
        const char *etag = response->etag;

        ret->max_age = response->max_age;
        ret->server_date = response->date;
        ret->not_modified = response->status == 304 && a->request->etag;
        if (ret->not_modified)
                etag = a->request->etag;
        (void)snprintf(ret->source, sizeof(ret->source), "%s", url);
        (void)snprintf(ret->etag, sizeof(ret->etag), "%s", etag);
        if (ret->not_modified)
                return PJWT_OK;
        return response->status == 200 ? minimal_keys(url, response, &ret->keys, reterr)
                                       : fail_status(url, response->status, reterr);
}

enum pjwt_reason fetch_ask(const struct pjwt_fetch_request *request, const char *ca, const char *bearer,
                           int64_t deadline, struct fetch_answer *ret, struct pjwt_error *reterr)
{
        const struct asking a = {request, ca, bearer, deadline};
        struct fetch_response response = {0};
        char url[FETCH_URL_MAX] = "";
        enum pjwt_reason r = PJWT_OK;

        *ret = (struct fetch_answer){.asked_boot_ms = pjwt_boot_ms()};
        if (request->jwks && strlen(request->jwks) >= sizeof(url))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "jwks is too long to be asked");
        if (request->jwks)
                memcpy(url, request->jwks, strlen(request->jwks) + 1);
        else
                r = discover(&a, url, reterr);
        if (r != PJWT_OK)
                return r;
        r = get(&a, url, request->etag, &response, reterr);
        if (r == PJWT_OK)
                r = take_answer(&a, url, &response, ret, reterr);
        fetch_response_clear(&response);
        return r;
}

void fetch_answer_clear(struct fetch_answer *answer)
{
        free(answer->keys);
        answer->keys = NULL;
}
