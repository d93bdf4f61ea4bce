/*
 * Verifications per second of several libraries. Each rate_NAME.c wraps one library in these functions;
 * rate.c is the main program. tests/bench/bench.py creates the keys and tokens and runs the libraries in
 * turn.
 */
#ifndef RATE_H
#define RATE_H

#include <stdbool.h>
#include <stddef.h>

#define RATE_ISSUER   "https://login.acme.example"
#define RATE_AUDIENCE "ssh://db1.acme.example"

/* The input for all libraries. Strings are NUL-terminated. */
struct rate_case {
        const char *alg;
        const char *token;
        size_t token_len;
        const char *jwk; /* public, or the secret of HS256 */
        const char *pem; /* the same key; empty for HS256 */
        const char *secret;
        size_t secret_len;
        long now;
};

/* Loads the key, once. False: this library does not support the algorithm. */
bool rate_load(const struct rate_case *given);
/* Handles a whole token: parses it, verifies it, reads the claims, compares iss, aud, exp. False: refused. */
bool rate_decode(const struct rate_case *given);
void rate_unload(void);

#endif
