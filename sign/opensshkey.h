/* A private key in OpenSSH's format (PROTOCOL.key of OpenSSH), as written by ssh-keygen. Pure. */
#ifndef CLI_OPENSSHKEY_H
#define CLI_OPENSSHKEY_H

#include "buf.h"
#include "reason.h"
#include "sshwire.h"

/* The parts of a file. Free with cli_openssh_clear(). */
struct cli_openssh {
        unsigned char *bytes; /* wiped when freed */
        size_t len;
        struct pjwt_ssh_bytes blob;   /* the public key, as in a .pub file; borrowed from bytes */
        struct pjwt_ssh_bytes secret; /* the private part */
        bool encrypted;               /* then only the public part can be read */
};

/* Whether this text is such a key. */
bool cli_openssh_is(const char *text);

/* Returns PJWT_OK, PJWT_BAD_KEY, PJWT_NO_MEMORY. */
enum pjwt_reason cli_openssh_open(const char *text, size_t len, struct cli_openssh *ret,
                                  struct pjwt_error *reterr);
void cli_openssh_clear(struct cli_openssh *key);

/* Appends the private JWK of an RSA, ECDSA or Ed25519 key. Returns PJWT_BAD_KEY also for an encrypted one. */
enum pjwt_reason cli_openssh_jwk(const struct cli_openssh *key, struct cli_buf *out,
                                 struct pjwt_error *reterr);

#endif
