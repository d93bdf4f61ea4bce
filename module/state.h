/*
 * What a handle remembers of the token that it accepted. Kept by pam_set_data, wiped with it (attacks
 * PAM-10).
 */
#ifndef PJWT_STATE_H
#define PJWT_STATE_H

#include <security/pam_modules.h>

#include "decision.h"
#include "process.h"
#include "record.h"

#define PJWT_STATE_DATA "pam_jwt.accepted" /* the struct, as PAM data */
#define PJWT_STATE_HINT "PAMJWT_EXP"       /* in the PAM environment: see pjwt_state_hinted() */

struct pjwt_state {
        struct pjwt_record *record;  /* the user who logged in, the expiry, and the token's data */
        struct pjwt_process pending; /* the process whose pending login record was written; pid 0: none */
        pid_t owner;                 /* the process in which authenticate ran */
};

/* Removes what an earlier authenticate of this handle accepted. Called first. */
void pjwt_state_forget(pam_handle_t *pamh);

/*
 * Remembers the contents of an accepted token. Takes ownership of the record, also on failure. In the judge
 * (accepted.c); all else here is in pam_jwt.so itself.
 * Returns PJWT_OK, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_state_set(pam_handle_t *pamh, struct pjwt_record *record, struct pjwt_process pending,
                                struct pjwt_error *reterr);

/*
 * Whether an authenticate of this login accepted a token, in this process or in sshd's child for the
 * conversation. Only the child's PAM environment reaches the parent, and the user may be able to change it
 * later (pam_env's user_readenv). It is therefore not a proof: it is used only for setcred's code, which
 * grants nothing.
 */
bool pjwt_state_hinted(pam_handle_t *pamh);

/* What authenticate of this handle accepted; NULL if nothing. Borrowed. */
const struct pjwt_state *pjwt_state_of(const pam_handle_t *pamh);

#endif
