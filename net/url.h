/* Which URLs may be fetched. Pure. */
#ifndef PJWT_FETCH_URL_H
#define PJWT_FETCH_URL_H

#include "reason.h"

#define FETCH_URL_MAX 2048

/*
 * https without user and password; or http to 127.0.0.1 or [::1] below port 1024, where only root can listen
 * (REV-14).
 * Returns PJWT_OK or PJWT_FETCH_FAILED with the URL in the detail.
 */
enum pjwt_reason fetch_url_check(const char *url, struct pjwt_error *reterr);

/* Whether both have the same scheme, host and port. False if either is not a URL. */
bool fetch_url_same_origin(const char *a, const char *b);
bool fetch_url_is_http(const char *url);

/* Is the host of the URL localhost, or an address that is not public (address.h)? */
bool fetch_url_is_local(const char *url);

/*
 * The URL of an issuer's metadata: OpenID Connect Discovery 1.0 section 4 (suffix after the path), RFC 8414
 * section 3 (between host and path). False if it does not fit.
 */
bool fetch_url_openid(const char *issuer, char out[FETCH_URL_MAX]);
bool fetch_url_rfc8414(const char *issuer, char out[FETCH_URL_MAX]);

#endif
