#include "hostname.h"

#include <string.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" /* independent of the locale */

bool pjwt_host_name_ok(const char *name)
{
        size_t len = strlen(name);

        return strspn(name, LETTERS DIGITS ".-_") == len && strspn(name, DIGITS ".") < len &&
               name[0] != '.' && name[0] != '-' && len <= 253 && strcasecmp(name, "localhost") != 0 &&
               strncasecmp(name, "localhost.", 10) != 0;
}

static bool is_address(const char *name)
{
        return strspn(name, "0123456789.") == strlen(name) || strchr(name, ':');
}

void pjwt_host_name_set(struct pjwt_reader *r)
{
        char *name;

        if (r->conf->host_name || !r->hostname || r->hostname[0] == '\0')
                return;
        name = pjwt_reader_dup(r, r->hostname, strlen(r->hostname));
        for (char *p = name; p && *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p = (char)(*p - 'A' + 'a');
        if (name && pjwt_host_name_ok(name))
                r->conf->host_name = name;
}

/* REV-15: localhost is not unique, and an address or an empty name is not a host name. */
bool pjwt_host_name_need(struct pjwt_reader *r, const char *what)
{
        if (r->conf->host_name)
                return true;
        if (!r->hostname || r->hostname[0] == '\0')
                return pjwt_wrong(
                        r, "%s needs the name of this host, which is not set; set host_name in [host]", what);
        return pjwt_wrong(r, "%s cannot use this host's name '%.80s' (%s); set host_name in [host]", what,
                          r->hostname,
                          is_address(r->hostname) ? "it is an IP address" : "it is not unique to this host");
}

const char *pjwt_audience_problem(const char *word)
{
        for (const char *p = strchr(word, '%'); p; p = strchr(p + 2, '%'))
                if (p[1] != 'h' && p[1] != '%')
                        return "only %h and %% are supported; write %h for the host name, %% for a "
                               "percent sign";
        return NULL;
}

static char *expand_host(struct pjwt_reader *r, const char *word)
{
        size_t len = strlen(word), host = strlen(r->conf->host_name ? r->conf->host_name : ""), n = 0;
        char *out;

        for (const char *p = word; *p; p++)
                len += *p == '%' ? host : 0;
        out = pjwt_reader_alloc(r, len + 1);
        if (!out)
                return NULL;
        for (const char *p = word; *p; p++) {
                if (*p != '%') {
                        out[n++] = *p;
                } else if (*++p == 'h' && r->conf->host_name) {
                        memcpy(out + n, r->conf->host_name, host);
                        n += host;
                } else {
                        out[n++] = '%';
                }
        }
        return out;
}

void pjwt_audience_expand(struct pjwt_reader *r, char **list)
{
        for (size_t i = 0; list && list[i]; i++) {
                if (!strchr(list[i], '%'))
                        continue;
                if (strstr(list[i], "%h") && !pjwt_host_name_need(r, "%h"))
                        return;
                list[i] = expand_host(r, list[i]);
        }
}
