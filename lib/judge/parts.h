/* Reassembles a token that is sent in parts (design section 7). Pure. */
#ifndef PJWT_PARTS_H
#define PJWT_PARTS_H

#include "reason.h"
#include "shape.h"

/*
 * A part: `II/NN:` and PJWT_PARTS_BODY bytes of the token; only the last one is shorter, and has an empty
 * body if the token's length is a multiple of PJWT_PARTS_BODY. 66 parts can hold PJWT_TOKEN_MAX bytes.
 */
#define PJWT_PARTS_HEAD 6
#define PJWT_PARTS_BODY 500
#define PJWT_PARTS_FULL (PJWT_PARTS_HEAD + PJWT_PARTS_BODY) /* 506 */
#define PJWT_PARTS_MAX  66

/*
 * Whether to prompt again after the count-th reply. Depends only on its length, so that unknown users get
 * the same prompts as known ones (attacks REV-03).
 */
bool pjwt_parts_more(size_t reply_len, size_t count);

/* Whether this is a well-formed part, with any number. */
bool pjwt_parts_is_part(struct pjwt_span reply);

/*
 * Reassembles a token from the replies, in order.
 * replies: count of them, at least one; each but the last has PJWT_PARTS_FULL bytes, as ensured by
 * pjwt_parts_more().
 * out: room for PJWT_PARTS_MAX * PJWT_PARTS_BODY bytes or the length of the first reply, whichever is
 * larger.
 * A first reply that is a complete token is accepted if nothing else followed: an empty second reply, or
 * the same reply repeated, which is how sshd's password method answers every prompt.
 * Returns PJWT_OK; PJWT_BAD_PARTS; PJWT_TOO_LONG. retlen is untouched on failure.
 */
enum pjwt_reason pjwt_parts_join(const struct pjwt_span *replies, size_t count, char *out, size_t *retlen,
                                 struct pjwt_error *reterr);

#endif
