/* A DPoP proof (RFC 9449 section 4.2): this very request comes from who has the key. */
#ifndef CLIENT_DPOP_H
#define CLIENT_DPOP_H

#include "signer.h"

/* One request that is to be proved. */
struct dpop_request {
        const char *method; /* "POST" */
        const char *url;    /* its query and fragment are left out */
        const char *nonce;  /* of the server; NULL or empty: none yet */
        int64_t now;
};

/*
 * Appends the compact JWS to out (empty before). Everything in it is put together here, from the
 * configuration's URL and the server's nonce; nothing else is ever signed by an ssh key. Its text begins with
 * base64url letters, so no ssh server can take it for an answer to its challenge (those begin with a length
 * in binary).
 * Returns PJWT_OK, or why the key does not sign.
 */
enum pjwt_reason dpop_proof(const struct signer *signer, const struct dpop_request *request,
                            struct cli_buf *out, struct pjwt_error *reterr);

#endif
