/*
 * An SSH public key (RFC 4253 section 6.6, RFC 5656, RFC 8709, OpenSSH's PROTOCOL.certkeys and PROTOCOL.u2f)
 * becomes the JWK that a token is bound to (RFC 7800), so that what sshd verified and what the issuer signed
 * can be compared. Pure.
 */
#ifndef PJWT_SSHKEY_H
#define PJWT_SSHKEY_H

#include "reason.h"
#include "strictjson.h"

#define PJWT_SSHKEY_BLOB_MAX                                                                                 \
        (48 * 1024) /* bytes of one key; a certificate with many principals is the longest */

/* One key, as it was compared. */
struct pjwt_sshkey {
        char thumbprint
                /*
                 * RFC 7638, SHA-256, base64url, of the key itself: of a certificate or a FIDO key the inner
                 * one
                 */
                [44];
        const char *type; /* SSH's name of the whole, "ssh-ed25519-cert-v01@openssh.com"; static */
        bool certificate;
};

/*
 * The key of one blob: ssh-rsa, ecdsa-sha2-nistp256, -384 and -521, ssh-ed25519, sk-ssh-ed25519@openssh.com,
 * sk-ecdsa-sha2-nistp256@openssh.com and the certificates of these. Every length is exact, nothing stands
 * behind the end, numbers are positive and in their shortest form, points are uncompressed and on their
 * curve, RSA has 2048 to 8192 bits. A certificate's dates, names and signature are not judged: sshd has done
 * that, and the binding is to the key.
 * type: NULL, or the name that the blob must begin with.
 * ret:  filled on success only.
 * Returns PJWT_OK, PJWT_BAD_PROOF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sshkey_read(const unsigned char *blob, size_t len, const char *type,
                                  struct pjwt_sshkey *ret, struct pjwt_error *reterr);

/*
 * The key of one blob as a JWK with the members that RFC 7638 names and no other; of a certificate or a FIDO
 * key the inner one. The form is judged as above, sizes and curves are not: that is for who uses the JWK.
 * ret:  for json_object_put(); filled on success only.
 * Returns PJWT_OK, PJWT_BAD_PROOF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sshkey_jwk(const unsigned char *blob, size_t len, struct json_object **ret,
                                 struct pjwt_error *reterr);

/*
 * The key of `TYPE BASE64`, the two first words of a line of authorized_keys. Nothing may follow.
 */
enum pjwt_reason pjwt_sshkey_parse(const char *text, size_t len, struct pjwt_sshkey *ret,
                                   struct pjwt_error *reterr);

/*
 * Bytes of `TYPE BASE64` in the first line of a .pub file, what stands in front of the comment. text ends
 * with a NUL.
 */
size_t pjwt_sshkey_words(const char *text);

/*
 * The blob of `TYPE BASE64`, of whatever type; only the base64 is looked at, strictly (RFC 4648 section 4).
 * ret: for free(); filled on success only.
 * Returns PJWT_OK, PJWT_BAD_PROOF, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_sshkey_blob(const char *text, size_t len, unsigned char **ret, size_t *retlen,
                                  struct pjwt_error *reterr);

/*
 * The key of SSH_AUTH_INFO_0 as sshd puts it into the PAM environment: exactly one line, `publickey TYPE
 * BASE64`. A second line is a second method or a second key, and then nobody can say which was meant
 * (REV-01); a first word that only begins with publickey, or hostbased, is no proof of the user's key.
 */
enum pjwt_reason pjwt_sshkey_auth_info(const char *info, struct pjwt_sshkey *ret, struct pjwt_error *reterr);

/* Is the first word of a text, which ends with a NUL, SSH's name of a type that is understood? */
bool pjwt_sshkey_begins(const char *text);

/* The i-th SSH name that is understood; NULL behind the last. */
const char *pjwt_sshkey_type_at(size_t i);

#endif
