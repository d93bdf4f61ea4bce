/* A DPoP proof (RFC 9449 section 4.2): proves that this request comes from the holder of the key. */
#ifndef CLIENT_DPOP_H
#define CLIENT_DPOP_H

#include "signer.h"

/* The request to prove. */
struct dpop_request {
        const char *method; /* "POST" */
        const char *url;    /* its query and fragment are removed */
        const char *nonce;  /* of the server; NULL or empty: none yet */
        int64_t now;
};

/*
 * Appends the compact JWS to out (empty before). All of it is composed here, from the configuration's URL and
 * the server's nonce; nothing else is ever signed with an ssh key. Its text begins with base64url characters,
 * so that no ssh server can take it for the response to its challenge (which begins with a binary length).
 * Returns PJWT_OK, or the reason why the key cannot sign.
 */
enum pjwt_reason dpop_proof(const struct signer *signer, const struct dpop_request *request,
                            struct cli_buf *out, struct pjwt_error *reterr);

#endif
