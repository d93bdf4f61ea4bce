/* The key that a token is bound to: signs through an ssh-agent or with a private key file. */
#ifndef CLIENT_SIGNER_H
#define CLIENT_SIGNER_H

#include "keyset.h"
#include "privkey.h"
#include "sshpub.h"

/* Free with signer_clear(). */
struct signer {
        const char *path;               /* borrowed; for errors */
        struct cli_privkey *file;       /* used to sign; NULL: the agent signs */
        struct ssh_public agent;        /* if file is NULL */
        struct pjwt_keyset *public_key; /* one key */
        const struct pjwt_alg *alg;
        char thumbprint[44]; /* RFC 7638: the cnf.jkt of a bound token */
};

/*
 * Opens the key set in client.conf: an ssh public key (FILE.pub), whose private key is in the agent; an
 * unencrypted private key (OpenSSH format, PEM or JWK), which is used directly; or an encrypted one, whose
 * private key is in the agent. The agent is not contacted before something is to be signed.
 * Returns PJWT_OK, or the reason with the file's name.
 */
enum pjwt_reason signer_open(const char *path, struct signer *ret, struct pjwt_error *reterr);
void signer_clear(struct signer *signer);

/*
 * Chooses the first of the key's algorithms that the provider accepts.
 * takes: JSON array of names, or NULL if the provider lists none.
 * Returns PJWT_OK or PJWT_BAD_KEY.
 */
enum pjwt_reason signer_choose_alg(struct signer *signer, struct json_object *takes,
                                   struct pjwt_error *reterr);

/*
 * Appends `.SIGNATURE` to the signing input in buf, and verifies it, since an agent is another program.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_CRYPTO, PJWT_NO_MEMORY.
 */
enum pjwt_reason signer_sign(const struct signer *signer, struct cli_buf *buf, struct pjwt_error *reterr);

#endif
