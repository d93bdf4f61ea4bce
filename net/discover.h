/* The metadata of an issuer: OpenID Connect Discovery 1.0, RFC 8414. */
#ifndef PJWT_FETCH_DISCOVER_H
#define PJWT_FETCH_DISCOVER_H

#include <json-c/json.h>

#include "http.h"
#include "url.h"

/*
 * Gets the document of an issuer: first by OpenID Connect, then by RFC 8414 if the server does not have that
 * (4xx). Its `issuer` must be the same string, byte for byte: a document of another issuer is refused.
 * how: the certificates, the deadline and so on; its url, etag and form are ignored.
 * ret: a new reference.
 * retfrom: the document's URL.
 * retpublic: did a public address answer (struct fetch_response)? May be NULL.
 * Returns PJWT_OK; PJWT_FETCH_FAILED with the first failure; PJWT_NO_MEMORY.
 */
enum pjwt_reason fetch_discover(const struct fetch_get *how, const char *issuer, struct json_object **ret,
                                char retfrom[FETCH_URL_MAX], bool *retpublic, struct pjwt_error *reterr);

/*
 * The URL in the document's member `member`; refused if it is missing, too long, not allowed, or goes from
 * https to http.
 * from: the document's URL, for errors.
 * Returns PJWT_OK or PJWT_FETCH_FAILED.
 */
enum pjwt_reason fetch_discovered_url(struct json_object *document, const char *from, const char *member,
                                      char out[FETCH_URL_MAX], struct pjwt_error *reterr);

/* Reports the HTTP status of a response that is not 200. Returns PJWT_FETCH_FAILED. */
enum pjwt_reason fetch_fail_status(const char *url, long status, struct pjwt_error *reterr);

#endif
