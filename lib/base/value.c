#include "value.h"

#include <string.h>

bool pjwt_value_bool(const char *s, bool *ret)
{
        bool yes = strcmp(s, "yes") == 0;

        if (!yes && strcmp(s, "no") != 0)
                return false;
        *ret = yes;
        return true;
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* ASCII only, independent of the locale. */
static bool is_alnum(char c)
{
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *after(const char *s, const char *prefix)
{
        size_t len = strlen(prefix);

        return strncmp(s, prefix, len) == 0 ? s + len : NULL;
}

static bool port_ok(const char *s, size_t len, unsigned *ret)
{
        unsigned port = 0;

        for (size_t i = 0; i < len; i++)
                port = is_digit(s[i]) && port < 100000 ? port * 10 + (unsigned)(s[i] - '0') : 100000;
        *ret = port;
        return len > 0 && port > 0 && port < 65536;
}

/* Parses `host[:port]`; returns the length of the host, 0 if invalid. */
static size_t host_len(const char *s, size_t len, unsigned *port)
{
        const char *colon;
        size_t host = 0;

        if (s[0] == '[') {
                colon = memchr(s, ']', len);
                host = colon ? (size_t)(colon - s) + 1 : 0;
                for (size_t i = 1; i + 1 < host; i++)
                        if (!is_alnum(s[i]) && !strchr(":.", s[i]))
                                return 0;
        } else {
                while (host < len && (is_alnum(s[host]) || strchr(".-_", s[host])))
                        host++;
        }
        if (host == len)
                return host;
        if (s[host] != ':' || !port_ok(s + host + 1, len - host - 1, port))
                return 0;
        return host;
}

static bool is_loopback(const char *host, size_t len)
{
        return (len == 9 && memcmp(host, "127.0.0.1", 9) == 0) || (len == 5 && memcmp(host, "[::1]", 5) == 0);
}

static const char *http_problem(const char *rest, bool plain, unsigned allowed)
{
        size_t len = strcspn(rest, "/?");
        unsigned port = plain ? 80 : 443;
        size_t host = host_len(rest, len, &port);

        if (host == 0)
                return "the URL's host is missing or invalid; write HOST or HOST:PORT, "
                       "without user name and password";
        if (!plain || (allowed & PJWT_URL_HTTP_ANY))
                return NULL;
        if (!is_loopback(rest, host))
                return "http is not allowed; use https, or http://127.0.0.1:PORT below port 1024";
        if (port >= 1024) /* REV-14: any local user could listen there and impersonate the issuer */
                return "http to the loopback address is allowed only below port 1024; "
                       "any user could listen on a higher port";
        return NULL;
}

static const char *file_problem(const char *path)
{
        if (path[0] != '/' || path[1] == '\0' || path[strlen(path) - 1] == '/')
                return "a file URL without an absolute path; write file:///PATH";
        return strchr(path, '%') ? "a file URL is used literally; %XX is not decoded" : NULL;
}

const char *pjwt_value_url_problem(const char *url, unsigned allowed)
{
        const char *rest;

        for (const char *p = url; *p; p++)
                if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\^`{|}#", *p))
                        return "not a valid URL; write printable ASCII without spaces, "
                               "quotes, brackets and #";
        if ((rest = after(url, "https://")) && (allowed & PJWT_URL_HTTPS))
                return http_problem(rest, false, allowed);
        if ((rest = after(url, "http://")) && (allowed & (PJWT_URL_HTTP_LOOPBACK | PJWT_URL_HTTP_ANY)))
                return http_problem(rest, true, allowed);
        if ((rest = after(url, "file://")) && (allowed & PJWT_URL_FILE))
                return file_problem(rest);
        return allowed & PJWT_URL_FILE       ? "not a supported URL; begin with https:// or file:///"
               : allowed & PJWT_URL_HTTP_ANY ? "not a supported URL; begin with http:// or https://"
                                             : "not a supported URL; begin with https://";
}

bool pjwt_value_service_ok(const char *name)
{
        for (const char *p = name; *p; p++)
                if (!(is_alnum(*p) && !(*p >= 'A' && *p <= 'Z')) && !strchr("._@-", *p))
                        return false;
        return name[0] != '\0' && name[0] != '.' && name[0] != '-' && strlen(name) <= 64;
}

bool pjwt_value_issuer_name_ok(const char *name)
{
        for (const char *p = name; *p; p++)
                if (!is_alnum(*p) && !strchr("._-", *p))
                        return false;
        return name[0] != '\0' && name[0] != '.' && strlen(name) <= 64;
}

bool pjwt_value_pointer_ok(const char *pointer)
{
        for (const char *p = strchr(pointer, '~'); p; p = strchr(p + 1, '~'))
                if (p[1] != '0' && p[1] != '1')
                        return false;
        return pointer[0] == '/';
}
