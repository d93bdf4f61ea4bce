/* PEM (RFC 7468) becomes JWKs, so that keys of either form meet the same rules. Pure. */
#ifndef PJWT_PEM_H
#define PJWT_PEM_H

#include <openssl/types.h>

#include "reason.h"
#include "strictjson.h"

/*
 * One PEM block. Either jwk is a new reference to a public JWK that the callback takes over, or note says why
 * not.
 */
struct pjwt_pem_key {
        struct json_object *jwk;
        bool pss_only; /* a key of the type RSASSA-PSS */
        char note[160];
};

typedef enum pjwt_reason (*pjwt_pem_fn)(void *arg, const struct pjwt_pem_key *key, struct pjwt_error *reterr);

/*
 * Calls fn once a block, in order: SubjectPublicKeyInfo, certificates (whose dates and issuers do not matter:
 * a file that the administrator names is trusted as it is), PKCS#1, PKCS#8 and SEC1. Encrypted keys are not
 * decrypted.
 * Returns PJWT_OK, PJWT_BAD_KEYSET (no PEM, or broken), PJWT_NO_MEMORY, or what fn returned.
 */
enum pjwt_reason pjwt_pem_read(OSSL_LIB_CTX *libctx, const char *bytes, size_t len, pjwt_pem_fn fn, void *arg,
                               struct pjwt_error *reterr);

#endif
