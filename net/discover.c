#include "discover.h"

#include <string.h>

#include "strictjson.h"

enum pjwt_reason fetch_fail_status(const char *url, long status, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: HTTP status %ld%s", url, status,
                         status / 100 == 3 ? ", and redirects are not followed" : "");
}

/* A server that answers for another issuer is not this issuer (NET-19). */
static enum pjwt_reason read_document(const char *url, const char *issuer,
                                      const struct fetch_response *response, struct json_object **ret,
                                      struct pjwt_error *reterr)
{
        struct json_object *document = NULL;
        const char *named;
        size_t len = 0;
        enum pjwt_reason r = pjwt_json_parse_object(response->body ? response->body : "", response->len, url,
                                                    &document, reterr);

        if (r != PJWT_OK)
                return r == PJWT_NO_MEMORY ? r : PJWT_FETCH_FAILED;
        named = pjwt_json_string(pjwt_json_member(document, "issuer"), &len);
        if (named && len == strlen(issuer) && memcmp(named, issuer, len) == 0) {
                *ret = document;
                return PJWT_OK;
        }
        r = pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.160s: has the issuer '%.100s', not '%.100s'", url,
                      named ? named : "", issuer);
        json_object_put(document);
        return r;
}

/* The properties of a response besides its document. */
struct answer {
        long status; /* 0: there was none */
        bool is_public;
};

static enum pjwt_reason discover_at(const struct fetch_get *how, const char *url, const char *issuer,
                                    struct json_object **ret, struct answer *retanswer,
                                    struct pjwt_error *reterr)
{
        struct fetch_get get = *how;
        struct fetch_response response = {0};
        enum pjwt_reason r = fetch_url_check(url, reterr);

        get.url = url;
        get.etag = get.form = NULL;
        *retanswer = (struct answer){0};
        if (r == PJWT_OK)
                r = fetch_http_get(&get, &response, reterr);
        if (r == PJWT_OK) {
                *retanswer = (struct answer){response.status, response.is_public};
                r = response.status == 200 ? read_document(url, issuer, &response, ret, reterr)
                                           : fetch_fail_status(url, response.status, reterr);
        }
        fetch_response_clear(&response);
        return r;
}

enum pjwt_reason fetch_discover(const struct fetch_get *how, const char *issuer, struct json_object **ret,
                                char retfrom[FETCH_URL_MAX], bool *retpublic, struct pjwt_error *reterr)
{
        struct pjwt_error first = {0};
        struct answer answer = {0};
        enum pjwt_reason r;

        if (!fetch_url_openid(issuer, retfrom))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the issuer's URL is too long");
        r = discover_at(how, retfrom, issuer, ret, &answer, &first);
        if (r != PJWT_OK && answer.status / 100 == 4 && fetch_url_rfc8414(issuer, retfrom))
                r = discover_at(how, retfrom, issuer, ret, &answer, NULL);
        if (r == PJWT_OK && retpublic)
                *retpublic = answer.is_public;
        return r == PJWT_OK ? r : pjwt_fail(reterr, first.reason, "%s", first.detail);
}

enum pjwt_reason fetch_discovered_url(struct json_object *document, const char *from, const char *member,
                                      char out[FETCH_URL_MAX], struct pjwt_error *reterr)
{
        const char *url = pjwt_json_string(pjwt_json_member(document, member), NULL);
        enum pjwt_reason r;

        if (!url || strlen(url) >= FETCH_URL_MAX)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: no valid %s", from, member);
        if (fetch_url_is_http(url) && !fetch_url_is_http(from))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: its %s is not https", from, member);
        r = fetch_url_check(url, reterr);
        if (r == PJWT_OK)
                memcpy(out, url, strlen(url) + 1);
        return r;
}
