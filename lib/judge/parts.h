/* A token that travels in parts (design section 7), put together again. Pure. */
#ifndef PJWT_PARTS_H
#define PJWT_PARTS_H

#include "reason.h"
#include "shape.h"

/*
 * One part: `II/NN:` and PJWT_PARTS_BODY bytes of the token; only the last is shorter, and has an empty body
 * when the token is a multiple of PJWT_PARTS_BODY. 66 parts carry PJWT_TOKEN_MAX bytes.
 */
#define PJWT_PARTS_HEAD 6
#define PJWT_PARTS_BODY 500
#define PJWT_PARTS_FULL (PJWT_PARTS_HEAD + PJWT_PARTS_BODY)
#define PJWT_PARTS_MAX  66

/*
 * Is another reply to be asked for behind the count-th one? By the length of it alone: what an unknown user
 * is asked is what a known one is asked (attacks REV-03).
 */
bool pjwt_parts_more(size_t reply_len, size_t count);

/* Is this one well-formed part, whatever its number? */
bool pjwt_parts_is_part(struct pjwt_span reply);

/*
 * Makes one token of the replies in their order.
 * replies: count of them, at least one; each but the last has PJWT_PARTS_FULL bytes, as pjwt_parts_more() saw
 * to it.
 * out: room for PJWT_PARTS_MAX * PJWT_PARTS_BODY bytes or the length of the first reply, whichever is more.
 * A first reply that is a whole token counts when nothing else followed: an empty second reply, or the very
 * same reply again and again, which is how sshd's password method replies every PROMPT.
 * Returns PJWT_OK; PJWT_BAD_PARTS; PJWT_TOO_LONG. retlen is untouched on failure.
 */
enum pjwt_reason pjwt_parts_join(const struct pjwt_span *replies, size_t count, char *out, size_t *retlen,
                                 struct pjwt_error *reterr);

#endif
