/*
 * An ssh public key: a line of a .pub file, its blob (RFC 4253 section 6.6, 5656, 8709), and its JWK. Pure.
 */
#ifndef CLIENT_SSHPUB_H
#define CLIENT_SSHPUB_H

#include "agentwire.h"
#include "buf.h"

/* A public key whose private key is in an agent or a file. Free with ssh_public_clear(). */
struct ssh_public {
        const struct ssh_key_type *type;
        unsigned char *blob;
        size_t blob_len;
};

/*
 * Reads the first line of a .pub file: TYPE BASE64 [COMMENT]. Types that cannot sign proofs are refused with
 * the reason.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_NO_MEMORY.
 */
enum pjwt_reason ssh_public_read(const char *text, struct ssh_public *ret, struct pjwt_error *reterr);
/* The same for a blob, which is copied. */
enum pjwt_reason ssh_public_from_blob(const unsigned char *blob, size_t len, struct ssh_public *ret,
                                      struct pjwt_error *reterr);
void ssh_public_clear(struct ssh_public *key);

/*
 * Appends the key as a JWK with only the members required by RFC 7638.
 * Returns PJWT_OK, PJWT_BAD_KEY or PJWT_NO_MEMORY.
 */
enum pjwt_reason ssh_public_jwk(const struct ssh_public *key, struct cli_buf *out, struct pjwt_error *reterr);

#endif
