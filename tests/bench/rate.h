/*
 * Verifications a second, contender by contender. Each rate_NAME.c is one library behind these functions;
 * rate.c is the program around it. tests/bench/bench.py makes the keys and tokens and lets the contenders
 * take turns.
 */
#ifndef RATE_H
#define RATE_H

#include <stdbool.h>
#include <stddef.h>

#define RATE_ISSUER   "https://login.acme.example"
#define RATE_AUDIENCE "ssh://db1.acme.example"

/* What all contenders get. Strings end with NUL. */
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

/* Loads the key, once. False: this library does not know the algorithm. */
bool rate_load(const struct rate_case *given);
/* One token whole: take it apart, verify, read the claims, compare iss, aud, exp. False: refused. */
bool rate_decode(const struct rate_case *given);
void rate_unload(void);

#endif
