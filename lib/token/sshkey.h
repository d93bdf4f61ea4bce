/*
 * Converts an SSH public key (RFC 4253 section 6.6, RFC 5656, RFC 8709, OpenSSH's PROTOCOL.certkeys and
 * PROTOCOL.u2f) to a JWK, so that the key verified by sshd can be compared with the key that the issuer
 * bound the token to (RFC 7800). Pure.
 */
#ifndef PJWT_SSHKEY_H
#define PJWT_SSHKEY_H

#include "reason.h"
#include "strictjson.h"

#define PJWT_SSHKEY_BLOB_MAX                                                                                 \
        (48 * 1024) /* maximum bytes of one key; a certificate with many principals is the longest */

/* A key, as it was compared. */
struct pjwt_sshkey {
        char thumbprint
                /*
                 * RFC 7638 SHA-256 thumbprint in base64url; for a certificate or a FIDO key that of the
                 * inner key
                 */
                [44];
        const char *type; /* SSH's name of the type, "ssh-ed25519-cert-v01@openssh.com"; static */
        bool certificate;
};

/*
 * The key of one blob: ssh-rsa, ecdsa-sha2-nistp256, -384 and -521, ssh-ed25519,
 * sk-ssh-ed25519@openssh.com, sk-ecdsa-sha2-nistp256@openssh.com and the certificates of these. Every
 * length must be exact, with no data after the end; numbers must be positive and in their shortest form,
 * points uncompressed and on their curve; RSA keys must have 2048 to 8192 bits. Dates, names and signature
 * of a certificate are not checked: sshd has done that, and the token is bound to the key.
 * type: NULL, or the name that the blob must begin with.
 * ret:  filled on success only.
 * Returns PJWT_OK, PJWT_BAD_PROOF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sshkey_read(const unsigned char *blob, size_t len, const char *type,
                                  struct pjwt_sshkey *ret, struct pjwt_error *reterr);

/*
 * The key of one blob as a JWK with only the members required by RFC 7638; of a certificate or a FIDO key
 * the inner key. The format is checked as above, but not sizes and curves, which the user of the JWK must
 * check.
 * ret:  for json_object_put(); filled on success only.
 * Returns PJWT_OK, PJWT_BAD_PROOF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sshkey_jwk(const unsigned char *blob, size_t len, struct json_object **ret,
                                 struct pjwt_error *reterr);

/* The key of `TYPE BASE64`, the first two words of a line of authorized_keys. Nothing may follow. */
enum pjwt_reason pjwt_sshkey_parse(const char *text, size_t len, struct pjwt_sshkey *ret,
                                   struct pjwt_error *reterr);

/*
 * The length of `TYPE BASE64` in the first line of a .pub file, that is without the comment. text is
 * NUL-terminated.
 */
size_t pjwt_sshkey_words(const char *text);

/*
 * The blob of `TYPE BASE64`, of any type; only the base64 is checked, strictly (RFC 4648 section 4).
 * ret: for free(); filled on success only.
 * Returns PJWT_OK, PJWT_BAD_PROOF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sshkey_blob(const char *text, size_t len, unsigned char **ret, size_t *retlen,
                                  struct pjwt_error *reterr);

/*
 * The key of SSH_AUTH_INFO_0 as set by sshd in the PAM environment: exactly one line, `publickey TYPE
 * BASE64`. A second line is a second method or key, so that the key would be ambiguous (REV-01). A first
 * word that only begins with publickey, or hostbased, is not a proof of the user's key.
 */
enum pjwt_reason pjwt_sshkey_auth_info(const char *info, struct pjwt_sshkey *ret, struct pjwt_error *reterr);

/* Whether the first word of a text, which is NUL-terminated, is SSH's name of a supported type. */
bool pjwt_sshkey_begins(const char *text);

/* The i-th supported SSH type name; NULL after the last. */
const char *pjwt_sshkey_type_at(size_t i);

#endif
