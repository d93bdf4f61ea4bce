/*
 * Checks tokens that are bound to an ssh key (cnf, RFC 7800), and `bind = ssh-key`: whether this login has
 * proved possession of the key. For the key that a token is bound to see bound.h. Pure.
 */
#ifndef PJWT_BIND_H
#define PJWT_BIND_H

#include "conf.h"
#include "sshkey.h"
#include "token.h"

/* The proof of an earlier login, from its record. Borrowed. */
struct pjwt_bind_login {
        const char *service;
        const char *key; /* thumbprint; NULL: no key was proved */
        int64_t until;
};

/* What this login can prove a key with. Borrowed. */
struct pjwt_bind_proof {
        const char *service;
        int64_t now;
        const char *auth_info;               /* SSH_AUTH_INFO_0; NULL: none */
        const struct pjwt_bind_login *login; /* record of the login that the caller is in; NULL: none */
        bool reuse;                          /* that login's record is used instead of a token */
};

/* The keys compared. An empty thumbprint: none. */
struct pjwt_bind_seen {
        char bound[44]; /* in cnf */
        struct pjwt_sshkey proof;
};

/*
 * A token with cnf is accepted only with the key that it identifies (RFC 7800 section 3, RFC 9449 section
 * 6); a token without cnf is accepted here. sshd's information is trusted only for sshd's services
 * (bind_services), since for other services another module could have set it in the PAM environment. There,
 * the key must have been proved by the login that the caller is in.
 * ret: always filled, as far as known; need not be initialised. bound is "" if there is no cnf.
 * Returns PJWT_OK; PJWT_BAD_CNF; PJWT_BOUND, PJWT_BAD_PROOF: no proof; PJWT_OTHER_KEY; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_bind_check(const struct pjwt_conf *conf, const struct pjwt_token *token,
                                 const struct pjwt_bind_proof *proof, struct pjwt_bind_seen *ret,
                                 struct pjwt_error *reterr);

/*
 * `bind = ssh-key` of a section: the token must be bound.
 * bound: it is bound, and its key was proved. section, name: for the error.
 * Returns PJWT_OK, PJWT_UNBOUND.
 */
enum pjwt_reason pjwt_bind_required(bool bound, const char *section, const char *name,
                                    struct pjwt_error *reterr);

#endif
