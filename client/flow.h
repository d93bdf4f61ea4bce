/*
 * From a section of client.conf to a token: uses a kept token, else refreshes it, else runs the section's
 * flow.
 */
#ifndef CLIENT_FLOW_H
#define CLIENT_FLOW_H

#include <stdio.h>

#include "clientconf.h"
#include "keep.h"

/* The request of a caller. Borrowed. */
struct flow_request {
        const struct client_issuer *issuer;
        const struct client_target *target;
        const char *host; /* NULL: sudo */
        bool renew;       /* ignore kept tokens */
        bool qr;
        FILE *out; /* where the user reads prompts */
        int64_t now;
};

/*
 * ret: for kept_clear(); has an access_token, a JWT (unverified: the host does that), bound to the section's
 * key if it has one.
 * retkey: the key's thumbprint; empty without one.
 * Returns PJWT_OK, or the reason with one sentence.
 */
enum pjwt_reason flow_token(const struct flow_request *request, struct kept *ret, char retkey[44],
                            struct pjwt_error *reterr);

#endif
