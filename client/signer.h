/* The key that a token is bound to: it signs by an ssh-agent or by a file. */
#ifndef CLIENT_SIGNER_H
#define CLIENT_SIGNER_H

#include "keyset.h"
#include "privkey.h"
#include "sshpub.h"

/* Free with signer_clear(). */
struct signer {
        const char *path;               /* borrowed; for errors */
        struct cli_privkey *file;       /* signs itself; NULL: the agent does */
        struct ssh_public agent;        /* else */
        struct pjwt_keyset *public_key; /* one key */
        const struct pjwt_alg *alg;
        char thumbprint[44]; /* RFC 7638: what cnf.jkt of a bound token says */
};

/*
 * Opens the key that client.conf names: an ssh public key (FILE.pub), whose private half the agent holds; or
 * a private key that is not encrypted (OpenSSH's form, PEM or JWK), which signs itself; or one that is
 * encrypted, whose private half the agent holds. The agent is not asked before something is to be signed.
 * Returns PJWT_OK, or the reason with the file's name.
 */
enum pjwt_reason signer_open(const char *path, struct signer *ret, struct pjwt_error *reterr);
void signer_clear(struct signer *signer);

/*
 * Chooses among the algorithms of the key the first that the provider takes.
 * takes: JSON array of names, or NULL when it does not say.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason signer_choose_alg(struct signer *signer, struct json_object *takes,
                                   struct pjwt_error *reterr);

/*
 * Appends `.SIGNATURE` to the signing input in buf, and checks that it holds: an agent is another program.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_CRYPTO, PJWT_NO_MEMORY.
 */
enum pjwt_reason signer_sign(const struct signer *signer, struct cli_buf *buf, struct pjwt_error *reterr);

#endif
