/*
 * Tokens that can be used again: 0600 below $XDG_RUNTIME_DIR, until shortly before they expire, and nowhere
 * else.
 */
#ifndef CLIENT_KEEP_H
#define CLIENT_KEEP_H

#include "reason.h"

#define KEEP_MARGIN 30 /* seconds before exp: a login takes its time, and clocks differ */

/* What is kept for one use. Owned strings, wiped by kept_clear(). */
struct kept {
        char *access_token;  /* NULL: none that is still good */
        char *refresh_token; /* NULL: none */
        int64_t exp;         /* of the access token */
};

/*
 * Where one token is kept; folder is empty when there is no runtime folder of ours, and then nothing is kept.
 */
struct keep {
        char folder[4096];
        char name[64];
        int lock; /* -1: none */
};

/*
 * Finds the place for the token that these words describe (issuer, client, audience, key and so on, ended by
 * NULL), and waits until no other call is about the same one: two must not use one refresh token.
 */
void keep_open(const char *const *words, struct keep *ret);
void keep_close(struct keep *keep);

/* What is there and good at `now`; all empty when there is nothing. */
void keep_read(const struct keep *keep, int64_t now, struct kept *ret);
/* Returns PJWT_OK also where nothing can be kept. */
enum pjwt_reason keep_write(const struct keep *keep, const struct kept *kept, struct pjwt_error *reterr);
/* Removes every kept token. Returns how many; -1 when there is no folder of ours. */
int keep_forget_all(void);

void kept_clear(struct kept *kept);

#endif
