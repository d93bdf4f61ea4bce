/* An OpenID provider and requests to its endpoints. */
#ifndef CLIENT_PROVIDER_H
#define CLIENT_PROVIDER_H

#include "clientauth.h"
#include "http.h"
#include "response.h"
#include "signer.h"
#include "url.h"

/* Free with provider_close(). */
struct provider {
        const struct client_issuer *issuer; /* borrowed */
        struct signer *signer;              /* borrowed; NULL: tokens are not bound to a key */
        struct client_auth auth;
        struct json_object *document;
        char from[FETCH_URL_MAX]; /* the URL of the document */
        char token_url[FETCH_URL_MAX];
        char nonce[FETCH_NONCE_MAX + 1]; /* the last one received */
        char *ca;
        size_t ca_len;
};

/*
 * Finds the provider by discovery, reads the client's secret or key, and chooses the algorithm of proofs.
 * signer: its alg is set.
 * Returns PJWT_OK, or the reason.
 */
enum pjwt_reason provider_open(const struct client_issuer *issuer, struct signer *signer,
                               struct provider *ret, struct pjwt_error *reterr);
void provider_close(struct provider *provider);

/*
 * Posts a form (without the client's authentication, which is added) to a URL of the provider.
 * prove: add a DPoP proof, if there is a key.
 * Returns PJWT_OK for any HTTP response, else the reason.
 */
enum pjwt_reason provider_post(struct provider *provider, const char *url, const struct cli_buf *form,
                               bool prove, struct fetch_response *ret, struct pjwt_error *reterr);

/*
 * Makes a proof and discards it: finds a key that cannot sign before the user is asked to do anything.
 * Without a key it does nothing.
 * Returns PJWT_OK, or the error of the key, the agent or memory.
 */
enum pjwt_reason provider_try_proof(const struct provider *provider, struct pjwt_error *reterr);

/*
 * Sends a request to the token endpoint; again if it returns a nonce for the proof (RFC 9449 section 8).
 * ret: for token_response_clear().
 * retfault: the provider's error if it refused; empty if it was not reached.
 * Returns PJWT_OK; PJWT_FETCH_FAILED with one sentence; or the error of the key or memory.
 */
enum pjwt_reason provider_token(struct provider *provider, const struct cli_buf *form,
                                struct token_response *ret, struct token_fault *retfault,
                                struct pjwt_error *reterr);

/* One sentence about a response that was not 200. Returns PJWT_FETCH_FAILED. */
enum pjwt_reason provider_refused(const char *url, const struct fetch_response *response,
                                  const struct token_fault *fault, struct pjwt_error *reterr);

#endif
