#include "url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"

/* The relevant parts of a URL. Free with clear(). */
struct parts {
        char *scheme;
        char *host;
        char *port; /* the scheme's default if none is given */
};

static void clear(struct parts *p)
{
        curl_free(p->scheme);
        curl_free(p->host);
        curl_free(p->port);
        *p = (struct parts){0};
}

static bool split(const char *url, struct parts *ret)
{
        CURLU *u = curl_url();
        bool good = u && curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_SCHEME, &ret->scheme, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_HOST, &ret->host, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_PORT, &ret->port, CURLU_DEFAULT_PORT) == CURLUE_OK;

        curl_url_cleanup(u);
        if (!good)
                clear(ret);
        return good;
}

static bool is_reserved_loopback(const struct parts *p)
{
        long port = strtol(p->port, NULL, 10);

        return (strcmp(p->host, "127.0.0.1") == 0 || strcmp(p->host, "[::1]") == 0) && port > 0 &&
               port < 1024;
}

/* Visible ASCII only: nothing that a log, a header or a terminal could misinterpret. */
static bool is_plain(const char *url)
{
        for (const char *p = url; *p; p++)
                if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\' || *p == '#')
                        return false;
        return true;
}

enum pjwt_reason fetch_url_check(const char *url, struct pjwt_error *reterr)
{
        struct parts p = {0};
        enum pjwt_reason r = PJWT_OK;

        if (strlen(url) >= FETCH_URL_MAX || !is_plain(url) || !split(url, &p))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.300s: not an https URL", url);
        if (strcmp(p.scheme, "http") == 0 && !is_reserved_loopback(&p))
                r = pjwt_fail(reterr, PJWT_FETCH_FAILED,
                              "%.300s: http is allowed only to 127.0.0.1 or [::1], on a port below 1024",
                              url);
        else if (strcmp(p.scheme, "http") != 0 && strcmp(p.scheme, "https") != 0)
                r = pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.300s: not https", url);
        clear(&p);
        return r;
}

bool fetch_url_same_origin(const char *a, const char *b)
{
        struct parts pa = {0}, pb = {0};
        bool same = split(a, &pa) && split(b, &pb) && strcmp(pa.scheme, pb.scheme) == 0 &&
                    strcasecmp(pa.host, pb.host) == 0 && strcmp(pa.port, pb.port) == 0;

        clear(&pa);
        clear(&pb);
        return same;
}

bool fetch_url_is_http(const char *url)
{
        return strncasecmp(url, "http:", 5) == 0;
}

/* libcurl writes every spelling of an IPv4 address as four numbers. */
static bool is_local_name(const char *host)
{
        size_t len = strlen(host);
        bool is_public = true;

        if (len > 0 && host[len - 1] == '.')
                len--;
        if (len >= 9 && strncasecmp(host + len - 9, "localhost", 9) == 0 &&
            (len == 9 || host[len - 10] == '.'))
                return true;
        return fetch_address_parse(host, &is_public) && !is_public;
}

bool fetch_url_is_local(const char *url)
{
        struct parts p = {0};
        bool local = split(url, &p) && is_local_name(p.host);

        clear(&p);
        return local;
}

/* The length without one trailing slash, which both documents say to drop. */
static int length_without_slash(const char *s)
{
        size_t len = strlen(s);

        return (int)(len > 0 && s[len - 1] == '/' ? len - 1 : len);
}

bool fetch_url_openid(const char *issuer, char out[FETCH_URL_MAX])
{
        int n = snprintf(out, FETCH_URL_MAX, "%.*s/.well-known/openid-configuration",
                         length_without_slash(issuer), issuer);

        return n > 0 && n < FETCH_URL_MAX;
}

bool fetch_url_rfc8414(const char *issuer, char out[FETCH_URL_MAX])
{
        const char *authority = strstr(issuer, "://");
        const char *path = authority ? strchr(authority + 3, '/') : NULL;
        int host = path ? (int)(path - issuer) : (int)strlen(issuer);
        int n = snprintf(out, FETCH_URL_MAX, "%.*s/.well-known/oauth-authorization-server%.*s", host, issuer,
                         path ? length_without_slash(path) : 0, path ? path : "");

        return authority && n > 0 && n < FETCH_URL_MAX;
}
