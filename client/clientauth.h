/*
 * How the client authenticates: with its secret (RFC 6749 section 2.3.1), by private_key_jwt (RFC 7523), or
 * not at all.
 */
#ifndef CLIENT_CLIENTAUTH_H
#define CLIENT_CLIENTAUTH_H

#include "buf.h"
#include "clientconf.h"
#include "privkey.h"
#include "strictjson.h"

/* Free with client_auth_clear(). */
struct client_auth {
        const struct client_issuer *issuer; /* borrowed */
        char *secret;                       /* wiped; NULL: none */
        bool in_form;                       /* client_secret_post, else client_secret_basic */
        struct cli_privkey *key;            /* NULL: none */
};

/*
 * Reads the secret or the key given in the section.
 * document: the provider's discovery document.
 * bound: the thumbprint of the ssh key that tokens are bound to, or NULL. An ssh key never signs assertions:
 * a file in OpenSSH's format, one with an ssh public key beside it, and the bound key itself are refused. No
 * agent is used.
 * Returns PJWT_OK or the reason with the file's name.
 */
enum pjwt_reason client_auth_open(const struct client_issuer *issuer, struct json_object *document,
                                  const char *bound, struct client_auth *ret, struct pjwt_error *reterr);
void client_auth_clear(struct client_auth *auth);

/*
 * Adds what authenticates the client to a form, or to header, which becomes an `Authorization: Basic ...`
 * line. Each assertion is new: a provider accepts its jti only once.
 */
enum pjwt_reason client_auth_add(const struct client_auth *auth, int64_t now, struct cli_buf *form,
                                 struct cli_buf *header, struct pjwt_error *reterr);

#endif
