/* Recognises replies that look like a token (design section 4). Pure. */
#ifndef PJWT_SHAPE_H
#define PJWT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a reply. Borrowed, not NUL-terminated. */
struct pjwt_span {
        const char *text;
        size_t len;
};

/*
 * From this length on, base64url characters and dots alone are treated as a token, and a reply of a user
 * who may not log in is refused.
 */
#define PJWT_SHAPE_LONG 200

/* Without surrounding white space, quotes and `Bearer `. */
struct pjwt_span pjwt_shape_trim(struct pjwt_span reply);

/* A character of a compact JWS: base64url or a dot. */
bool pjwt_shape_letter(char c);

/*
 * Whether this reply must never be passed to another module. After trimming: it contains `eyJ` followed by
 * 20 base64url characters, or PJWT_SHAPE_LONG base64url characters and dots in a row. For parts see
 * pjwt_parts_is_part().
 */
bool pjwt_shape_token(struct pjwt_span reply);

/*
 * A truncated token: only base64url characters and dots, begins with `eyJ`, and has no third part (attacks
 * PAM-13). reply is trimmed.
 */
bool pjwt_shape_truncated(struct pjwt_span reply);

/*
 * sshd's fake_password(): `\b\n\r\177INCORRECT` repeated, sent for a user who may not log in (attacks
 * PAM-14).
 */
bool pjwt_shape_stand_in(struct pjwt_span reply);

#endif
