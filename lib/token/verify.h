/* Verifies one signature with one key (RFC 7515 section 5.2), using OpenSSL's EVP. Pure. */
#ifndef PJWT_VERIFY_H
#define PJWT_VERIFY_H

#include "key.h"
#include "token.h"

/*
 * Tries the keys in order until one verifies the token's signature.
 * Each key must be suitable for token->alg; this is checked again here, as a last line of defence.
 * retkey: on success the key (borrowed); untouched on failure.
 * Returns PJWT_OK; PJWT_BAD_SIGNATURE; PJWT_CRYPTO if OpenSSL failed for another reason; PJWT_NO_MEMORY.
 * OpenSSL's error queue is left unchanged. Threads may share the keys.
 */
enum pjwt_reason pjwt_verify_token(const struct pjwt_key *const *picks, size_t count,
                                   const struct pjwt_token *token, const struct pjwt_key **retkey,
                                   struct pjwt_error *reterr);

#endif
