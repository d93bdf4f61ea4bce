/*
 * Tokens that are bound to an ssh key (cnf, RFC 7800), and `bind = ssh-key`: has this login proved the key?
 * Which key a token is bound to is in bound.h. Pure.
 */
#ifndef PJWT_BIND_H
#define PJWT_BIND_H

#include "conf.h"
#include "sshkey.h"
#include "token.h"

/* What an earlier login has proved, from its record. Borrowed. */
struct pjwt_bind_login {
        const char *service;
        const char *key; /* thumbprint; NULL: it has proved none */
        int64_t until;
};

/* With what this login can prove a key. Borrowed. */
struct pjwt_bind_proof {
        const char *service;
        int64_t now;
        const char *auth_info;               /* SSH_AUTH_INFO_0; NULL: none */
        const struct pjwt_bind_login *login; /* that the caller is in; NULL: none */
        bool reuse;                          /* that login's record is judged in place of a token */
};

/* What was compared. An empty thumbprint: there was none. */
struct pjwt_bind_seen {
        char bound[44]; /* in cnf */
        struct pjwt_sshkey proof;
};

/*
 * A token with cnf counts only with the key that it names (RFC 7800 section 3, RFC 9449 section 6); one
 * without is accepted here. sshd's word is taken in sshd's services only (bind_services): elsewhere another
 * module may have filled the PAM environment. There the login that the caller came by has proved a key, or
 * there is no proof.
 * ret: filled in any case, as far as it goes; need not be initialised. bound is "" when there is no cnf.
 * Returns PJWT_OK; PJWT_BAD_CNF; PJWT_BOUND, PJWT_BAD_PROOF: no proof; PJWT_OTHER_KEY; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_bind_check(const struct pjwt_conf *conf, const struct pjwt_token *token,
                                 const struct pjwt_bind_proof *proof, struct pjwt_bind_seen *ret,
                                 struct pjwt_error *reterr);

/*
 * `bind = ssh-key` of one section: the token must be a bound one.
 * bound: it is, and its key was proved. section, name: for the error.
 * Returns PJWT_OK, PJWT_UNBOUND.
 */
enum pjwt_reason pjwt_bind_required(bool bound, const char *section, const char *name,
                                    struct pjwt_error *reterr);

#endif
