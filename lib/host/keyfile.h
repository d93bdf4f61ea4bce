/* Keys in a file on this host: jwks = file:///PATH. */
#ifndef PJWT_KEYFILE_H
#define PJWT_KEYFILE_H

#include "conf.h"
#include "keyset.h"
#include "reason.h"

/* The path of the file, borrowed; NULL if the issuer's keys are fetched. */
const char *pjwt_keyfile_path(const struct pjwt_issuer *issuer);

/*
 * Reads a JWK, a JWKS or PEM. A file with an HMAC key must be readable by its owner only.
 * ret: a new set for pjwt_keyset_free(); untouched on failure.
 * Returns PJWT_OK, PJWT_FILE_..., PJWT_BAD_KEYSET, PJWT_BAD_JSON, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_keyfile_read(const char *path, struct pjwt_keyset **ret, struct pjwt_error *reterr);

#endif
