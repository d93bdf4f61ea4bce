/*
 * From a section of client.conf to a token: what is kept, else refreshed, else asked for by the section's
 * flow.
 */
#ifndef CLIENT_FLOW_H
#define CLIENT_FLOW_H

#include <stdio.h>

#include "clientconf.h"
#include "keep.h"

/* What a call wants. Borrowed. */
struct flow_request {
        const struct client_issuer *issuer;
        const struct client_target *target;
        const char *host; /* NULL: sudo */
        bool renew;       /* what is kept does not count */
        bool qr;
        FILE *out; /* where a person reads */
        int64_t now;
};

/*
 * ret: for kept_clear(); its access_token is there, a JWT (unverified: that is the host's part), bound to the
 * section's key if it has one.
 * retkey: the key's thumbprint; empty without one.
 * Returns PJWT_OK, or the reason with one sentence.
 */
enum pjwt_reason flow_token(const struct flow_request *request, struct kept *ret, char retkey[44],
                            struct pjwt_error *reterr);

#endif
