/*
 * Tokens that can be used again: in files of mode 0600 below $XDG_RUNTIME_DIR, until shortly before they
 * expire, and nowhere else.
 */
#ifndef CLIENT_KEEP_H
#define CLIENT_KEEP_H

#include "reason.h"

#define KEEP_MARGIN 30 /* seconds before exp: a login takes time, and clocks differ */

/* The tokens kept for one purpose. Owned strings, wiped by kept_clear(). */
struct kept {
        char *access_token;  /* NULL: none that is still valid */
        char *refresh_token; /* NULL: none */
        int64_t exp;         /* of the access token */
};

/*
 * Where one token is kept; the path is empty if the user has no runtime directory, and then nothing is kept.
 */
struct keep {
        char dir[4096];
        char name[64];
        int lock; /* -1: none */
};

/*
 * Finds the place for the token with these parameters (issuer, client, audience, key and so on, ended by
 * NULL), and waits until no other call uses the same one: two must not use one refresh token.
 */
void keep_open(const char *const *words, struct keep *ret);
void keep_close(struct keep *keep);

/* The tokens kept that are valid at `now`; all empty if there are none. */
void keep_read(const struct keep *keep, int64_t now, struct kept *ret);
/* Returns PJWT_OK also if nothing can be kept. */
enum pjwt_reason keep_write(const struct keep *keep, const struct kept *kept, struct pjwt_error *reterr);
/* Removes every kept token. Returns how many; -1 if the user has no runtime directory. */
int keep_forget_all(void);

void kept_clear(struct kept *kept);

#endif
