/* Configuration values: yes and no, URLs, names. Pure. */
#ifndef PJWT_VALUE_H
#define PJWT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "yes" or "no", nothing else. */
bool pjwt_value_bool(const char *s, bool *ret);

enum {
        PJWT_URL_HTTPS = 1,
        PJWT_URL_HTTP_LOOPBACK =
                2, /* http://127.0.0.1:PORT or [::1], below port 1024: no other user can listen there */
        PJWT_URL_FILE = 4,     /* file:///PATH */
        PJWT_URL_HTTP_ANY = 8, /* for a proxy */
};

/* Describes what is wrong with a URL; NULL if it is one of the allowed kinds. Static storage. */
const char *pjwt_value_url_problem(const char *url, unsigned allowed);

/* A PAM service name: lower case as converted by libpam, letters, digits and ._@- . */
bool pjwt_value_service_ok(const char *name);

/* The name of an issuer section, which is also a file name: [A-Za-z0-9._-], no leading dot, at most 64. */
bool pjwt_value_issuer_name_ok(const char *name);

/* An RFC 6901 pointer: begins with /, and every ~ is followed by 0 or 1. */
bool pjwt_value_pointer_ok(const char *pointer);

#endif
