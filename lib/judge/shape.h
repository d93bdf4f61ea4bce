/* Does a reply have the shape of a token (design section 4)? Pure. */
#ifndef PJWT_SHAPE_H
#define PJWT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a reply. Borrowed, no NUL needed. */
struct pjwt_span {
        const char *text;
        size_t len;
};

/*
 * From this length on, letters and dots alone are a token, and a reply to a user who may not log in is
 * refused.
 */
#define PJWT_SHAPE_LONG 200

/* Without the white space, quotes and `Bearer ` around it. */
struct pjwt_span pjwt_shape_trim(struct pjwt_span reply);

/* A letter of a compact JWS: base64url or the dot. */
bool pjwt_shape_letter(char c);

/*
 * Must this reply never reach another module? After trimming: it holds `eyJ` and 20 base64url letters behind
 * it anywhere, or PJWT_SHAPE_LONG letters and dots in a row. Parts are pjwt_parts_is_part()'s to know.
 */
bool pjwt_shape_token(struct pjwt_span reply);

/*
 * A whole token that lost its end: letters and dots only, begins with `eyJ`, and has no third part (attacks
 * PAM-13). reply is trimmed.
 */
bool pjwt_shape_truncated(struct pjwt_span reply);

/*
 * sshd's fake_password(): `\b\n\r\177INCORRECT` again and again, for a user who may not log in (attacks
 * PAM-14).
 */
bool pjwt_shape_stand_in(struct pjwt_span reply);

#endif
