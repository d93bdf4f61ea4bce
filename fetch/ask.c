#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "discover.h"
#include "jsonwrite.h"
#include "jwkwrite.h"
#include "keyset.h"
#include "strictjson.h"

/* What all requests of one conversation share. Borrowed. */
struct asking {
        const struct pjwt_fetch_request *request;
        const char *ca;
        const char *bearer;
        int64_t deadline;
};

/*
 * The bearer token is sent only to the origin in the configuration, never to one from a document.
 */
static const char *bearer_for(const struct asking *a, const char *url)
{
        const char *home = a->request->jwks ? a->request->jwks : a->request->issuer;

        return a->bearer && fetch_url_same_origin(home, url) ? a->bearer : NULL;
}

static struct fetch_get how_to_ask(const struct asking *a, const char *url)
{
        return (struct fetch_get){
                .url = url,
                .bearer = bearer_for(a, url),
                .proxy = a->request->proxy,
                .ca = a->ca,
                .ca_len = a->ca ? strlen(a->ca) : 0,
                .deadline = a->deadline,
        };
}

static enum pjwt_reason get(const struct asking *a, const char *url, const char *etag, bool public_only,
                            struct fetch_response *ret, struct pjwt_error *reterr)
{
        struct fetch_get request = how_to_ask(a, url);
        enum pjwt_reason r = fetch_url_check(url, reterr);

        request.etag = etag;
        request.public_only = public_only;
        return r == PJWT_OK ? fetch_http_get(&request, ret, reterr) : r;
}

/*
 * The URL of the keys, by discovery. An issuer on the internet must not choose what this host requests
 * in its own
 * networks: *retpublic (RVW-36).
 */
static enum pjwt_reason discover(const struct asking *a, bool *retpublic, char retjwks[FETCH_URL_MAX],
                                 struct pjwt_error *reterr)
{
        const struct fetch_get how = how_to_ask(a, a->request->issuer);
        struct json_object *document = NULL;
        char from[FETCH_URL_MAX];
        enum pjwt_reason r = fetch_discover(&how, a->request->issuer, &document, from, retpublic, reterr);

        if (r == PJWT_OK)
                r = fetch_discovered_url(document, from, "jwks_uri", retjwks, reterr);
        json_object_put(document);
        return r;
}

/*
 * Only what is needed for verification leaves this process: usable public keys, without private parts or
 * certificates.
 */
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
        text = pjwt_json_text(jwks);
        *ret = text ? strdup(text) : NULL;
        json_object_put(jwks);
        pjwt_keyset_free(set);
        return *ret ? PJWT_OK : pjwt_fail_memory(reterr);
}

static enum pjwt_reason take_response(const struct asking *a, const char *url,
                                      const struct fetch_response *response, struct fetch_result *ret,
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
                                       : fetch_fail_status(url, response->status, reterr);
}

enum pjwt_reason fetch_ask(const struct pjwt_fetch_request *request, const char *ca, const char *bearer,
                           int64_t deadline, struct fetch_result *ret, struct pjwt_error *reterr)
{
        const struct asking a = {request, ca, bearer, deadline};
        struct fetch_response response = {0};
        char url[FETCH_URL_MAX] = "";
        bool from_public = false;
        enum pjwt_reason r = PJWT_OK;

        *ret = (struct fetch_result){.asked_boot_ms = pjwt_boot_ms()};
        if (request->jwks && strlen(request->jwks) >= sizeof(url))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the URL in jwks is too long");
        if (request->jwks)
                memcpy(url, request->jwks, strlen(request->jwks) + 1);
        else
                r = discover(&a, &from_public, url, reterr);
        if (r != PJWT_OK)
                return r;
        r = get(&a, url, request->etag, from_public && !request->private_jwks, &response, reterr);
        if (r == PJWT_OK)
                r = take_response(&a, url, &response, ret, reterr);
        fetch_response_clear(&response);
        return r;
}

void fetch_result_clear(struct fetch_result *result)
{
        free(result->keys);
        result->keys = NULL;
}
