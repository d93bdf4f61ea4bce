/* An ssh-agent at the end of a socket: it holds private keys and signs with them. */
#ifndef CLIENT_AGENT_H
#define CLIENT_AGENT_H

#include "agentwire.h"

/* What is to be signed, which the caller put together itself, and by which key. Borrowed. */
struct agent_request {
        const unsigned char *blob; /* the public key, whose private half the agent must hold */
        size_t blob_len;
        const struct ssh_key_type *type;
        const void *data;
        size_t len;
        size_t size; /* exact bytes of a signature by this key */
};

/*
 * Asks the agent at $SSH_AUTH_SOCK for a signature.
 * out: as agent_signature_read().
 * Returns PJWT_OK or PJWT_BAD_KEY, whose detail says in one sentence what the person can do.
 *
 * A key that is constrained to destinations (ssh-add -h) signs nothing but logins; the agent does not say
 * that it is one, it just refuses (OpenSSH 8.9 and later), and that is told here. An agent without that
 * extension cannot hold one.
 */
enum pjwt_reason agent_sign(const struct agent_request *request, unsigned char *out,
                            struct pjwt_error *reterr);

#endif
