/* Where the programs between a person and PAM truncate a reply, or drop it (docs/clients.md). Pure. */
#ifndef PJWT_CLIENTS_H
#define PJWT_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of one reply that arrive at most. */
#define PJWT_SUDO_MOST     511  /* sudo's own prompt and sudo -S: PAM_MAX_RESP_SIZE and a NUL */
#define PJWT_OTHERS_MOST   511  /* applications with a buffer of that size that, unlike sudo, truncate */
#define PJWT_SSH_MOST      1023 /* ssh's prompt */
#define PJWT_TERMINAL_MOST 4095 /* a line of a terminal */

/* What becomes of a longer reply. */
enum pjwt_beyond {
        PJWT_TRUNCATED_THERE, /* its first bytes arrive */
        PJWT_DROPPED,         /* nothing arrives */
};

struct pjwt_client {
        const char *name; /* "ssh": as the subject of a sentence */
        size_t most;
        enum pjwt_beyond beyond;
        const char *truncates; /* "ssh truncates", for a reply of exactly `most` bytes; NULL: it does not */
};

/* The i-th row; NULL after the last. */
const struct pjwt_client *pjwt_client_at(size_t i);

/* The client that is known to truncate a reply to exactly this length; NULL: none is. */
const struct pjwt_client *pjwt_client_truncating_at(size_t len);

#endif
