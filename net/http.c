#include "http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "address.h"
#include "clock.h"
#include "url.h"

/* Content-Length may be absent or wrong, so the bytes received are counted (NET-05, NET-06). */
static size_t on_body(char *bytes, size_t one, size_t count, void *arg)
{
        struct fetch_response *r = arg;
        char *more;

        (void)one; /* always 1 */
        if (count > FETCH_BODY_MAX - r->len) {
                r->too_long = true;
                return CURL_WRITEFUNC_ERROR;
        }
        more = realloc(r->body, r->len + count + 1);
        if (!more)
                return CURL_WRITEFUNC_ERROR;
        memcpy(more + r->len, bytes, count);
        r->body = more;
        r->len += count;
        r->body[r->len] = '\0';
        return count;
}

/* The value of a header line if it has this name: trimmed, borrowed. */
static bool header_is(const char *line, size_t len, const char *name, const char **retvalue, size_t *retlen)
{
        size_t n = strlen(name);

        if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
                return false;
        for (line += n + 1, len -= n + 1; len > 0 && strchr(" \t", *line); len--)
                line++;
        while (len > 0 && strchr(" \t\r\n", line[len - 1]))
                len--;
        *retvalue = line;
        *retlen = len;
        return true;
}

/* Digits only; very large numbers count as the largest. -1: not a number. */
static int64_t number(const char *s, size_t len)
{
        int64_t n = 0;

        if (len == 0)
                return -1;
        for (size_t i = 0; i < len; i++) {
                if (s[i] < '0' || s[i] > '9')
                        return -1;
                if (n < INT32_MAX)
                        n = n * 10 + (s[i] - '0');
        }
        return n < INT32_MAX ? n : INT32_MAX;
}

static void take_directive(const char *s, size_t len, struct fetch_response *r)
{
        if ((len == 8 && strncasecmp(s, "no-store", 8) == 0) ||
            (len == 8 && strncasecmp(s, "no-cache", 8) == 0))
                r->max_age = 0;
        else if (len > 8 && strncasecmp(s, "max-age=", 8) == 0 && r->max_age != 0)
                r->max_age = number(s + 8, len - 8);
}

static void take_cache_control(const char *s, size_t len, struct fetch_response *r)
{
        while (len > 0) {
                const char *comma = memchr(s, ',', len);
                size_t n = comma ? (size_t)(comma - s) : len, rest = n;
                const char *word = s;

                for (; rest > 0 && strchr(" \t", *word); rest--)
                        word++;
                while (rest > 0 && strchr(" \t", word[rest - 1]))
                        rest--;
                take_directive(word, rest, r);
                s += comma ? n + 1 : n;
                len -= comma ? n + 1 : n;
        }
}

/*
 * An ETag or a nonce is stored in a file and sent back in a request: it must be visible ASCII of a modest
 * length, or it is ignored.
 */
static void take_word(const char *s, size_t len, char *out, size_t max)
{
        if (len > max)
                return;
        for (size_t i = 0; i < len; i++)
                if (s[i] <= ' ' || s[i] > '~')
                        return;
        memcpy(out, s, len);
        out[len] = '\0';
}

/* An HTTP date (RFC 9110 section 5.6.7); an invalid one is ignored. */
static void take_date(const char *s, size_t len, struct fetch_response *r)
{
        char text[64];
        time_t date;

        if (len >= sizeof(text))
                return;
        memcpy(text, s, len);
        text[len] = '\0';
        date = curl_getdate(text, NULL);
        r->date = date > 0 ? (int64_t)date : 0;
}

static size_t on_header(char *line, size_t one, size_t count, void *arg)
{
        struct fetch_response *r = arg;
        const char *value;
        size_t len;

        (void)one;
        r->header_len += count;
        if (r->header_len > FETCH_HEADER_MAX) {
                r->too_long = true;
                return CURL_WRITEFUNC_ERROR;
        }
        if (count > 5 && memcmp(line, "HTTP/", 5) == 0) { /* an interim response came before: discard it */
                r->etag[0] = '\0';
                r->max_age = -1;
                r->age = 0;
                r->dpop_nonce[0] = '\0';
                r->date = 0;
        } else if (header_is(line, count, "Date", &value, &len))
                take_date(value, len, r);
        else if (header_is(line, count, "ETag", &value, &len))
                take_word(value, len, r->etag, FETCH_ETAG_MAX);
        else if (header_is(line, count, "Cache-Control", &value, &len))
                take_cache_control(value, len, r);
        else if (header_is(line, count, "Age", &value, &len))
                r->age = number(value, len);
        else if (header_is(line, count, "DPoP-Nonce", &value, &len))
                take_word(value, len, r->dpop_nonce, FETCH_NONCE_MAX);
        return count;
}

static bool uses_proxy(const struct fetch_get *get)
{
        return get->proxy && !fetch_url_is_http(get->url);
}

/*
 * Called for each address of the host, before a connection is made. If one is refused, libcurl tries
 * the next.
 */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
        bool *refused = arg;

        (void)purpose;
        if (!fetch_address_is_public(&address->addr)) {
                *refused = true;
                return CURL_SOCKET_BAD;
        }
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool add_line(struct curl_slist **list, const char *line)
{
        struct curl_slist *longer = curl_slist_append(*list, line);

        if (longer)
                *list = longer;
        return longer;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
        char *line = NULL;
        bool good;

        if (!value)
                return true;
        if (asprintf(&line, "%s: %s", name, value) < 0)
                return false;
        good = add_line(list, line);
        free(line);
        return good;
}

static struct curl_slist *headers_of(const struct fetch_get *get)
{
        struct curl_slist *list = NULL;
        char *authorization = NULL;
        bool good = !get->bearer || asprintf(&authorization, "Bearer %s", get->bearer) >= 0;

        good = good && add_header(&list, "Accept", "application/json") &&
               add_header(&list, "If-None-Match", get->etag) &&
               add_header(&list, "Authorization", authorization) &&
               (!get->form || add_line(&list, "Expect:")); /* do not wait for a 100 response */
        free(authorization);
        for (const char *const *line = get->headers; good && line && *line; line++)
                good = add_line(&list, *line);
        if (good)
                return list;
        curl_slist_free_all(list);
        return NULL;
}

/* Every option that matters is set here, even if its default is right today. */
static bool set_options(CURL *c, const struct fetch_get *get, struct curl_slist *headers,
                        struct fetch_response *r, char *errors)
{
        long left = (long)(get->deadline - pjwt_boot_ms());
        struct curl_blob ca = {(void *)(uintptr_t)get->ca, get->ca_len, CURL_BLOB_COPY};
        bool http = fetch_url_is_http(get->url); /* only to this host */
        CURLcode e = CURLE_OK;

#define SET(option, value) (e = e == CURLE_OK ? curl_easy_setopt(c, option, value) : e)
        SET(CURLOPT_URL, get->url);
        SET(CURLOPT_PROTOCOLS_STR, http ? "http" : "https");
        SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
        SET(CURLOPT_FOLLOWLOCATION, 0L);
        SET(CURLOPT_MAXREDIRS, 0L);
        SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        SET(CURLOPT_SSL_VERIFYPEER, 1L);
        SET(CURLOPT_SSL_VERIFYHOST, 2L);
        SET(CURLOPT_PROXY, uses_proxy(get) ? get->proxy : ""); /* empty: also ignore environment variables */
        SET(CURLOPT_NOPROXY, "");
        SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* do not send the bearer token to the proxy */
        SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
        SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        SET(CURLOPT_HTTP09_ALLOWED, 0L);
        SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
        SET(CURLOPT_QUICK_EXIT, 1L); /* do not wait for a hanging resolver thread */
#endif
        SET(CURLOPT_TIMEOUT_MS, left > 1 ? left : 1L);
        SET(CURLOPT_CONNECTTIMEOUT_MS, left > 1 ? left : 1L);
        SET(CURLOPT_USERAGENT, get->agent ? get->agent : "pamjwt-fetch/" PJWT_VERSION);
        SET(CURLOPT_HTTPHEADER, headers);
        SET(CURLOPT_HEADERFUNCTION, on_header);
        SET(CURLOPT_HEADERDATA, r);
        SET(CURLOPT_WRITEFUNCTION, on_body);
        SET(CURLOPT_WRITEDATA, r);
        SET(CURLOPT_ERRORBUFFER, errors);
        if (get->form) {
                SET(CURLOPT_POST, 1L);
                SET(CURLOPT_POSTFIELDS, get->form);
        }
        if (get->ca) {
                SET(CURLOPT_CAINFO_BLOB, &ca);
                SET(CURLOPT_CAPATH, NULL); /* instead of the system's */
        }
#undef SET
        return e == CURLE_OK;
}

static bool set_addresses(CURL *c, const struct fetch_get *get, struct fetch_response *r)
{
        return !get->public_only || uses_proxy(get) ||
               (curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
                curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &r->refused) == CURLE_OK);
}

/* Known only after the name was resolved, which a proxy does itself. */
static bool answered_from_public(CURL *c, const struct fetch_get *get)
{
        const char *address = NULL;
        bool is_public = false;

        if (uses_proxy(get))
                return !fetch_url_is_local(get->url);
        return curl_easy_getinfo(c, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address &&
               fetch_address_parse(address, &is_public) && is_public;
}

static enum pjwt_reason fail_not_public(const struct fetch_get *get, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_FETCH_FAILED,
                         "%.200s: its address is loopback, link-local or private, although the issuer's is "
                         "public; private_jwks = yes allows that",
                         get->url);
}

static enum pjwt_reason failure(CURLcode e, const struct fetch_get *get, const struct fetch_response *r,
                                const char *errors, struct pjwt_error *reterr)
{
        if (r->too_long)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: more than %d bytes", get->url,
                                 FETCH_BODY_MAX);
        if (r->refused)
                return fail_not_public(get, reterr);
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: %s", get->url,
                         errors[0] ? errors : curl_easy_strerror(e));
}

enum pjwt_reason fetch_http_get(const struct fetch_get *get, struct fetch_response *ret,
                                struct pjwt_error *reterr)
{
        struct fetch_response response = {.max_age = -1};
        struct curl_slist *headers;
        char errors[CURL_ERROR_SIZE] = "";
        CURLcode e = CURLE_OUT_OF_MEMORY;
        CURL *c;

        if (get->public_only && uses_proxy(get) && fetch_url_is_local(get->url))
                return fail_not_public(get, reterr);
        headers = headers_of(get);
        c = curl_easy_init();
        if (c && headers && set_options(c, get, headers, &response, errors) &&
            set_addresses(c, get, &response))
                e = curl_easy_perform(c);
        if (e == CURLE_OK)
                e = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &response.status);
        if (e == CURLE_OK)
                response.is_public = answered_from_public(c, get);
        if (e != CURLE_OK) {
                enum pjwt_reason r = failure(e, get, &response, errors, reterr);

                /*
 * No cleanup: it would wait for a hanging resolver thread. The process ends soon, by _exit.
                 */
                fetch_response_clear(&response);
                return r;
        }
        curl_easy_cleanup(c);
        curl_slist_free_all(headers);
        if (response.date > 0 && response.age > 0)
                response.date += response.age;
        if (response.max_age > 0 && response.age > 0)
                response.max_age = response.age < response.max_age ? response.max_age - response.age : 0;
        *ret = response;
        return PJWT_OK;
}

void fetch_response_clear(struct fetch_response *response)
{
        free(response->body);
        *response = (struct fetch_response){.max_age = -1};
}
