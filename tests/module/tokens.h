/* Tokens and answers for the module's tests. */
#ifndef TOKENS_H
#define TOKENS_H

#include <stddef.h>

/* The one HMAC key of the tests, as a JWK. */
extern const char tokens_jwk[];

/*
 * A token signed by HS256.
 * spec: words `claim=value` that replace or add to iss=https://idp.test aud=ssh://test sub=alice exp=+300
 * iat=+0. A value +N or -N is now + N; one that begins with { is JSON; a value of `none` leaves the claim
 * out. Further words: len=N    pads header and claims until the token has exactly N bytes cut=N    keeps the
 * first N bytes alg=A kid=K   written into the header; the signature stays HS256 sig=bad  changes the
 * signature To be freed. Exits with a message when the spec is wrong.
 */
char *tokens_make(const char *spec);

/*
 * What a user answers:
 *   text                 itself, with \b \n \r \t \\ \xHH
 *   @token SPEC          tokens_make(); inside of other text: before{SPEC}behind
 *   @part I/N SPEC       the I-th of N parts of that token
 *   @junk N              sshd's stand-in of N bytes
 *   @repeat N C          N times the byte C
 * To be freed.
 */
char *tokens_answer(const char *answer);

#endif
