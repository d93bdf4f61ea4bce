/* One signature under one key (RFC 7515 section 5.2), by OpenSSL's EVP. Pure. */
#ifndef PJWT_VERIFY_H
#define PJWT_VERIFY_H

#include "key.h"
#include "token.h"

/*
 * Verifies the token's signature with the first of the picked keys under which it holds.
 * token->alg must fit each key; the check is repeated here, since this is the last door.
 * retkey: on success the key (borrowed); untouched on failure.
 * Returns PJWT_OK; PJWT_BAD_SIGNATURE; PJWT_CRYPTO when OpenSSL failed for another reason; PJWT_NO_MEMORY.
 * Leaves OpenSSL's error queue as it found it. Threads may share the keys.
 */
enum pjwt_reason pjwt_verify_token(const struct pjwt_key *const *picks, size_t count,
                                   const struct pjwt_token *token, const struct pjwt_key **retkey,
                                   struct pjwt_error *reterr);

#endif
