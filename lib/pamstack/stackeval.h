/*
 * Runs the stacks of a service as libpam would: given what each module answers, what the application gets,
 * and which modules are called. Pure.
 */
#ifndef PJWT_STACKEVAL_H
#define PJWT_STACKEVAL_H

#include "stackread.h"

/* What an application calls. */
enum pjwt_stack_call {
        PJWT_STACK_AUTHENTICATE,
        PJWT_STACK_SETCRED,
        PJWT_STACK_ACCT_MGMT,
        PJWT_STACK_OPEN_SESSION,
        PJWT_STACK_CLOSE_SESSION,
        PJWT_STACK_CHAUTHTOK,
        PJWT_STACK_CALLS
};

/* What libpam calls in a module: the same, but pam_chauthtok() is two passes. */
enum pjwt_stack_function {
        PJWT_STACK_FN_AUTHENTICATE,
        PJWT_STACK_FN_SETCRED,
        PJWT_STACK_FN_ACCT_MGMT,
        PJWT_STACK_FN_OPEN_SESSION,
        PJWT_STACK_FN_CLOSE_SESSION,
        PJWT_STACK_FN_CHAUTHTOK_CHECK,
        PJWT_STACK_FN_CHAUTHTOK_UPDATE,
        PJWT_STACK_FNS
};

/*
 * What the module of a line answers, each time that it is called. Any number, as libpam accepts numbers that
 * are not PAM codes. A module that cannot be loaded, or lacks the function, is PAM_MODULE_UNKNOWN.
 */
typedef int (*pjwt_stack_answer)(void *arg, const struct pjwt_stack_line *line,
                                 enum pjwt_stack_function function);

/* One use of libpam, from pam_start() to pam_end(). */
struct pjwt_stack_run;

/* stack: borrowed until pjwt_stack_run_free(). Returns NULL when memory runs out. */
struct pjwt_stack_run *pjwt_stack_run_new(const struct pjwt_stack *stack);
/* Accepts NULL. */
void pjwt_stack_run_free(struct pjwt_stack_run *run);

/*
 * Calls one of the six functions. Calls depend on those before them: setcred and close_session follow the way
 * that authenticate and open_session took, and return what the modules answer now; a call that returned
 * PAM_INCOMPLETE is resumed by the next, which has to be the same.
 * Returns what the application gets; PAM_ABORT if pam_start() fails.
 */
int pjwt_stack_call(struct pjwt_stack_run *run, enum pjwt_stack_call call, pjwt_stack_answer answer,
                    void *arg);

/* The line that set what the last call returned; NULL if no line did (no modules, pam_start() failed). */
const struct pjwt_stack_line *pjwt_stack_decided(const struct pjwt_stack_run *run);

/* The type whose lines a call runs. */
enum pjwt_stack_type pjwt_stack_type_of_call(enum pjwt_stack_call call);

/* --- single steps, for the search of all ways --- */

/* How far a call has come: before the line `at`. */
struct pjwt_stack_state {
        size_t at;
        int impression; /* -1, 0 or 1: negative, none yet, positive */
        int status;
        unsigned level_before;
        struct {
                int impression;
                int status;
        } entered[PJWT_STACK_LEVELS]; /* as it was when the substack of that level was entered */
        bool ended;                   /* PAM_INCOMPLETE: status is the result */
};

struct pjwt_stack_state pjwt_stack_begin(void);

/*
 * Goes to the next line that has to be answered, over the lines of substacks themselves. Returns it, or NULL
 * at the end. A line of the kind PJWT_STACK_FAILS is answered by PAM_PERM_DENIED.
 */
const struct pjwt_stack_line *pjwt_stack_next(const struct pjwt_stack_chain *chain,
                                              struct pjwt_stack_state *state);

/* The line that pjwt_stack_next() returned has answered. */
void pjwt_stack_step(const struct pjwt_stack_chain *chain, struct pjwt_stack_state *state, int answer);

/* What the application gets at the end. */
int pjwt_stack_result(const struct pjwt_stack_state *state);

#endif
