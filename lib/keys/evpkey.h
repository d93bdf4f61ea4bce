/* The OpenSSL form of a key. Pure. */
#ifndef PJWT_EVPKEY_H
#define PJWT_EVPKEY_H

#include "key.h"

/*
 * The public key for OpenSSL, borrowed from the key; created when first needed. Threads may share the key.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason pjwt_key_public(const struct pjwt_key *key, EVP_PKEY **ret, struct pjwt_error *reterr);

#endif
