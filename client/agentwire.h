/*
 * The responses of an ssh-agent (draft-ietf-sshm-ssh-agent), parsed strictly; converts its signatures to the
 * form of JWS. Pure.
 */
#ifndef CLIENT_AGENTWIRE_H
#define CLIENT_AGENTWIRE_H

#include "alg.h"
#include "reason.h"
#include "rsa.h"

#define AGENT_MESSAGE_MAX   (256 * 1024) /* as OpenSSH's agent */
#define AGENT_SIGNATURE_MAX PJWT_RSA_BYTES_MAX

/* One type of ssh key, and how it signs a proof. */
struct ssh_key_type {
        const char *name;      /* the first word of a public key: "ssh-ed25519" */
        const char *alg;       /* the JWS algorithm; NULL: it cannot sign proofs */
        const char *signature; /* the signature's name in the response */
        uint32_t flags;        /* for the request */
        const char *why_not;   /* for alg NULL: one clause */
};

/* The row of a name of len bytes; NULL if it is unknown. */
const struct ssh_key_type *ssh_key_type_find(const char *name, size_t len);
/* The i-th row, NULL after the last. */
const struct ssh_key_type *ssh_key_type_at(size_t i);

/*
 * Reads the response to a request for identities: whether the agent has the key of this blob.
 * message: without its length.
 * Returns PJWT_OK, or PJWT_BAD_KEY if the response is malformed or a failure.
 */
enum pjwt_reason agent_identities_read(const unsigned char *message, size_t len, const unsigned char *blob,
                                       size_t blob_len, bool *rethas, struct pjwt_error *reterr);

/*
 * Reads the response to a request for a signature, and converts it to the form of a JWS: Ed25519 unchanged,
 * ECDSA's two numbers padded to their full length (RFC 7518 section 3.4), RSA padded to the modulus.
 * size: the exact bytes of a signature by this key.
 * out: room for AGENT_SIGNATURE_MAX; gets `size` bytes.
 * Returns PJWT_OK, or PJWT_BAD_KEY; *retrefused says whether the agent refused.
 */
enum pjwt_reason agent_signature_read(const unsigned char *message, size_t len,
                                      const struct ssh_key_type *type, size_t size, unsigned char *out,
                                      bool *retrefused, struct pjwt_error *reterr);

#endif
