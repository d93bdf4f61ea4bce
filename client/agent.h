/* An ssh-agent on a socket: it has private keys and signs with them. */
#ifndef CLIENT_AGENT_H
#define CLIENT_AGENT_H

#include "agentwire.h"

/* The text to be signed, which the caller has composed itself, and the key to sign with. Borrowed. */
struct agent_request {
        const unsigned char *blob; /* the public key, whose private key the agent must have */
        size_t blob_len;
        const struct ssh_key_type *type;
        const void *data;
        size_t len;
        size_t size; /* the exact size of a signature by this key */
};

/*
 * Asks the agent at $SSH_AUTH_SOCK for a signature.
 * out: as for agent_signature_read().
 * Returns PJWT_OK or PJWT_BAD_KEY, whose detail says in one sentence what the user can do.
 *
 * A key constrained to destinations (ssh-add -h) can be used only for logins. The agent does not report the
 * constraint, it just refuses (OpenSSH 8.9 and later), so the detail mentions it. An agent without that
 * extension cannot have such a key.
 */
enum pjwt_reason agent_sign(const struct agent_request *request, unsigned char *out,
                            struct pjwt_error *reterr);

#endif
