/* Converts PEM (RFC 7468) to JWKs, so that the same rules apply to both formats. Pure. */
#ifndef PJWT_PEM_H
#define PJWT_PEM_H

#include <openssl/types.h>

#include "reason.h"
#include "strictjson.h"

/*
 * One PEM block. Either jwk is a new reference to a public JWK, owned by the callback, or note describes
 * the error.
 */
struct pjwt_pem_key {
        struct json_object *jwk;
        bool pss_only; /* an RSASSA-PSS key */
        char note[160];
};

typedef enum pjwt_reason (*pjwt_pem_fn)(void *arg, const struct pjwt_pem_key *key, struct pjwt_error *reterr);

/*
 * Calls fn for each block, in order: SubjectPublicKeyInfo, certificates (their dates and issuers are
 * ignored, since a configured file is trusted), PKCS#1, PKCS#8 and SEC1. Encrypted keys are not decrypted.
 * Returns PJWT_OK, PJWT_BAD_KEYSET (no PEM, or invalid), PJWT_NO_MEMORY, or the result of fn.
 */
enum pjwt_reason pjwt_pem_read(OSSL_LIB_CTX *libctx, const char *bytes, size_t len, pjwt_pem_fn fn, void *arg,
                               struct pjwt_error *reterr);

#endif
