/* Where the programs between a user and PAM truncate a reply, or drop it (docs/clients.md). Pure. */
#ifndef PJWT_CLIENTS_H
#define PJWT_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>

/* Maximum size of a reply in bytes. */
#define PJWT_SUDO_MOST     511  /* sudo's own prompt and sudo -S: PAM_MAX_RESP_SIZE and a NUL */
#define PJWT_OTHERS_MOST   511  /* applications with a buffer of that size that, unlike sudo, truncate */
#define PJWT_SSH_MOST      1023 /* ssh's prompt */
#define PJWT_TERMINAL_MOST 4095 /* a line of a terminal */

/* What happens to a longer reply. */
enum pjwt_beyond {
        PJWT_TRUNCATED_THERE, /* it is truncated */
        PJWT_DROPPED,         /* it is dropped */
};

struct pjwt_client {
        const char *name; /* "ssh": as the subject of a sentence */
        size_t most;
        enum pjwt_beyond beyond;
        const char *truncates; /* "ssh truncates", for a reply of exactly `most` bytes; NULL: it does not */
};

/* The i-th row; NULL after the last. */
const struct pjwt_client *pjwt_client_at(size_t i);

/* The client that truncates replies to exactly this length; NULL: none. */
const struct pjwt_client *pjwt_client_truncating_at(size_t len);

#endif
