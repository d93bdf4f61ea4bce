/*
 * What was typed becomes a token, or a reason why it is none: the part of a login before any configuration is
 * read, the same in the module and in `pamjwt check`. Pure.
 */
#ifndef PJWT_REPLY_H
#define PJWT_REPLY_H

#include "parts.h"
#include "reason.h"

/* More than any token with white space around it. A reply that has no end within it is refused unread. */
#define PJWT_REPLY_MAX 65536

/* A token as it was given. Free with pjwt_reply_clear(). */
struct pjwt_reply {
        char *token; /* trimmed and put together; wiped when freed */
        size_t len;
        /* bytes that arrived, before trimming and joining; set also on failure, 0 when none did */
        size_t typed;
        unsigned prompts; /* how often something was asked; 0: taken from PAM_AUTHTOK. Set also on failure */
};

/* The bytes of all replies together, for `typed`. */
size_t pjwt_reply_typed(const struct pjwt_span *replies, size_t count);

/*
 * Makes one token of the replies: sshd's stand-in, a reply that is too long and one that is not a token are
 * told apart by the first, which is the one that another module would get; then all are put together
 * (parts.h), and a token that lost its end is recognised.
 * replies: count of them, at least one, in the order in which they were typed.
 * ret: token and len are set on success only, typed always.
 * Returns PJWT_OK; PJWT_NOT_A_TOKEN; PJWT_STAND_IN, PJWT_TOO_LONG, PJWT_BAD_PARTS, PJWT_TRUNCATED,
 * PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_reply_read(const struct pjwt_span *replies, size_t count, struct pjwt_reply *ret,
                                 struct pjwt_error *reterr);

/*
 * A token that has all its parts but does not hold, and ends exactly where a client truncates, was truncated:
 * error then becomes PJWT_TRUNCATED, with the old detail at its end. To be called once the token has been
 * judged.
 */
void pjwt_reply_name_truncated(const struct pjwt_reply *reply, struct pjwt_error *error);

/* Wipes and frees. */
void pjwt_reply_clear(struct pjwt_reply *reply);

#endif
