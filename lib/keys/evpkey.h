/* A key as OpenSSL wants it. Pure. */
#ifndef PJWT_EVPKEY_H
#define PJWT_EVPKEY_H

#include "key.h"

/*
 * The public key for OpenSSL, borrowed from the key; made when first asked for. Threads may share the key.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason pjwt_key_public(const struct pjwt_key *key, EVP_PKEY **ret, struct pjwt_error *reterr);

#endif
