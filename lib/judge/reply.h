/*
 * Converts the replies to a token, or returns a reason: the part of a login before the configuration is
 * read, shared by the module and `pamjwt check`. Pure.
 */
#ifndef PJWT_REPLY_H
#define PJWT_REPLY_H

#include "parts.h"
#include "reason.h"

/* More than any token with surrounding white space. A longer reply is refused unread. */
#define PJWT_REPLY_MAX 65536

/* A token as it was entered. Free with pjwt_reply_clear(). */
struct pjwt_reply {
        char *token; /* trimmed and reassembled; wiped when freed */
        size_t len;
        /* bytes received, before trimming and joining; also set on failure, 0 if none */
        size_t typed;
        unsigned prompts; /* number of prompts; 0: taken from PAM_AUTHTOK. Also set on failure */
};

/* The total length of all replies, for `typed`. */
size_t pjwt_reply_typed(const struct pjwt_span *replies, size_t count);

/*
 * Converts the replies to a token. The first reply determines whether they are sshd's replacement for a
 * refused user, too long, or not a token, since it would be passed to another module; then all are
 * reassembled (parts.h), and a truncated token is recognised.
 * replies: count of them, at least one, in the order in which they were entered.
 * ret: token and len are set only on success, typed always.
 * Returns PJWT_OK; PJWT_NOT_A_TOKEN; PJWT_STAND_IN, PJWT_TOO_LONG, PJWT_BAD_PARTS, PJWT_TRUNCATED,
 * PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_reply_read(const struct pjwt_span *replies, size_t count, struct pjwt_reply *ret,
                                 struct pjwt_error *reterr);

/*
 * A complete but invalid token whose length is exactly one at which a client truncates was truncated:
 * changes error to PJWT_TRUNCATED, followed by the old detail. Called after the token has been refused.
 */
void pjwt_reply_name_truncated(const struct pjwt_reply *reply, struct pjwt_error *error);

/* Wipes and frees. */
void pjwt_reply_clear(struct pjwt_reply *reply);

#endif
