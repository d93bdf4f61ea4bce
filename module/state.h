/*
 * What one handle knows of the token that it accepted. Kept by pam_set_data, wiped with it (attacks PAM-10).
 */
#ifndef PJWT_STATE_H
#define PJWT_STATE_H

#include <security/pam_modules.h>

#include "decision.h"
#include "process.h"
#include "record.h"

struct pjwt_state {
        struct pjwt_record *record;  /* whom the token let in, until when, and by what */
        struct pjwt_process pending; /* whose pending login record was written; pid 0: none was */
        pid_t owner;                 /* the process in which authenticate ran */
};

/* Forgets what an earlier authenticate of this handle accepted. Called before anything else is looked at. */
void pjwt_state_forget(pam_handle_t *pamh);

/*
 * Remembers what an accepted token said. Takes the record over, also on failure.
 * Returns PJWT_OK, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_state_set(pam_handle_t *pamh, struct pjwt_record *record, struct pjwt_process pending,
                                struct pjwt_error *reterr);

/*
 * Did an authenticate of this login accept a token, in this process or in the child of sshd that held the
 * conversation? That child's PAM environment is all that reaches the parent, and a person may change it later
 * (pam_env's user_readenv). So this is no proof: only setcred's code, which opens nothing, rests on it.
 */
bool pjwt_state_hinted(pam_handle_t *pamh);

/* What authenticate of this very handle accepted; NULL when nothing. Borrowed. */
const struct pjwt_state *pjwt_state_of(const pam_handle_t *pamh);

#endif
