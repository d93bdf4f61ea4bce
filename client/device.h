/*
 * A token by device code (RFC 8628): the user opens a URL on any device, enters a code and agrees; this waits
 * for the result.
 */
#ifndef CLIENT_DEVICE_H
#define CLIENT_DEVICE_H

#include <stdio.h>

#include "provider.h"

/* How the code is shown. */
struct device_show {
        FILE *out;
        const char *host; /* that the token is for; NULL: sudo */
        bool qr;
};

/*
 * Requests a code, shows it, and polls for the token until the user has agreed, refused, or the code has
 * expired.
 * wanted: scope, resource and audience as a form.
 * Returns PJWT_OK, or PJWT_FETCH_FAILED with one sentence.
 */
enum pjwt_reason device_token(struct provider *provider, const struct cli_buf *wanted,
                              const struct device_show *show, struct token_response *ret,
                              struct pjwt_error *reterr);

#endif
