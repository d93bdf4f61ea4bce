/* Tokens and replies for the module's tests. */
#ifndef TOKENS_H
#define TOKENS_H

#include <stddef.h>

/* The only HMAC key of the tests, as a JWK. */
extern const char tokens_jwk[];

/*
 * A token signed with HS256.
 * spec: words `claim=value` that replace or add to iss=https://idp.test aud=ssh://test sub=alice exp=+300
 * iat=+0. A value +N or -N is now + N; one that begins with { is JSON; with the value `none` the claim is
 * omitted. Further words:
 *   len=N        pads header and claims until the token has exactly N bytes
 *   keep=N       keeps only the first N bytes
 *   alg=A kid=K  set in the header; the signature stays HS256
 *   sig=bad      changes the signature
 * To be freed. Exits with a message if the spec is invalid.
 */
char *tokens_make(const char *spec);

/*
 * The reply of a user:
 *   text                 itself, with \b \n \r \t \\ \xHH
 *   @token SPEC          tokens_make(); inside of other text: before{SPEC}after
 *   @part I/N SPEC       the I-th of N parts of that token
 *   @junk N              sshd's replacement of N bytes for a refused user
 *   @repeat N C          N times the byte C
 * To be freed.
 */
char *tokens_answer(const char *answer);

#endif
