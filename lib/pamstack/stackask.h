/*
 * Questions about the stacks of a service: who gets in, past what, and who does not. They are answered by
 * walking all ways, so they hold for any order of lines, controls and substacks. What is assumed of a module
 * is its kind. Pure.
 */
#ifndef PJWT_STACKASK_H
#define PJWT_STACKASK_H

#include "stackwalk.h"

enum pjwt_module_kind {
        PJWT_MODULE_UNKNOWN,  /* may check anything or nothing */
        PJWT_MODULE_TOKEN,    /* pam_jwt.so itself */
        PJWT_MODULE_PASSWORD, /* checks the password and no other proof */
        PJWT_MODULE_FACTOR,   /* checks another proof: a second factor, a key, a finger */
        PJWT_MODULE_GATE,     /* checks no proof but may refuse: from where, when, who */
        PJWT_MODULE_HELPER,   /* checks nothing: environment, messages, keyrings */
        PJWT_MODULE_PERMIT,
        PJWT_MODULE_DENY,
        PJWT_MODULE_ROOT,   /* lets only root in */
        PJWT_MODULE_MISSING /* its file is not there */
};

/* The kind by the module's file name, PJWT_MODULE_UNKNOWN for a module that is not listed. */
enum pjwt_module_kind pjwt_module_kind(const struct pjwt_stack_line *line);

struct pjwt_stack_asked {
        const struct pjwt_stack *stack; /* borrowed */
        /*
         * The kind of a module: of a host where files are missing, or an administrator has named a kind. May
         * be NULL.
         */
        enum pjwt_module_kind (*kind)(void *arg, const struct pjwt_stack_line *line);
        void *arg;
};

enum pjwt_stack_verdict {
        PJWT_STACK_UNDECIDED, /* the stack could not be read whole, or has too many ways */
        PJWT_STACK_NO,
        PJWT_STACK_YES,
        PJWT_STACK_PERHAPS, /* only if a module of unknown kind lets it happen */
};

struct pjwt_stack_finding {
        enum pjwt_stack_verdict verdict;
        struct pjwt_stack_stop *way; /* an example, for a verdict that has one; NULL if there is none */
        size_t count;
};

/* Accepts a zeroed one. */
void pjwt_stack_finding_free(struct pjwt_stack_finding *finding);

/*
 * Does auth let anyone in who has no proof at all: no token, no password, no other factor, and is not root?
 * token: what our lines answer then. PJWT_STACK_TOKEN_REFUSALS for every code that they can answer to that;
 *        one of its codes for a question about this one; PJWT_STACK_ANSWER(PAM_MODULE_UNKNOWN) for a host
 *        without the module.
 * ret:   PERHAPS: a module of unknown kind is on the way, and lets in without proof. For
 *        pjwt_stack_finding_free().
 * Returns PJWT_OK or PJWT_NO_MEMORY (ret is then undecided, without a way), as do the questions below.
 */
enum pjwt_reason pjwt_stack_ask_open(const struct pjwt_stack_asked *asked, pjwt_stack_answers token,
                                     struct pjwt_stack_finding *ret, struct pjwt_error *reterr);

/* Every code of pam_jwt that is not PAM_SUCCESS (lib/base/reasons.def), and that of a missing module. */
extern const pjwt_stack_answers PJWT_STACK_TOKEN_REFUSALS;

/*
 * Can anyone get in at all? Each module answers as it would to the right proof; the token lines as given. NO:
 * this phase (auth or account) refuses everyone. An example for YES.
 */
enum pjwt_reason pjwt_stack_ask_possible(const struct pjwt_stack_asked *asked, enum pjwt_stack_type type,
                                         pjwt_stack_answers token, struct pjwt_stack_finding *ret,
                                         struct pjwt_error *reterr);

/*
 * Can anyone get through auth with an accepted token and no password? Every other module answers as it would
 * to the right proof. NO: a token is accepted and the login refused. An example for YES.
 */
enum pjwt_reason pjwt_stack_ask_alone(const struct pjwt_stack_asked *asked, struct pjwt_stack_finding *ret,
                                      struct pjwt_error *reterr);

/*
 * Does a token skip a module that a password has to pass? For each set of answers of the gates (which depend
 * on the user, the place, the time, and are the same for both), it compares the ways of a password with those
 * of a token.
 * ret: NO; YES, or PERHAPS if only modules of unknown kind are skipped. way: the lines that are skipped, each
 *      once, with PAM_SUCCESS as the answer that a password needs from them.
 */
enum pjwt_reason pjwt_stack_ask_skipped(const struct pjwt_stack_asked *asked, struct pjwt_stack_finding *ret,
                                        struct pjwt_error *reterr);

/*
 * Does every way of account that lets a login in (PAM_SUCCESS, or PAM_NEW_AUTHTOK_REQD, after which the
 * application has the password changed) pass a line of ours with this argument, answered by PAM_SUCCESS?
 * token: what our lines can answer.
 * ret: YES; NO with an example of a way past it.
 */
enum pjwt_reason pjwt_stack_ask_required(const struct pjwt_stack_asked *asked, const char *argument,
                                         pjwt_stack_answers token, struct pjwt_stack_finding *ret,
                                         struct pjwt_error *reterr);

/*
 * What account returns for a user whose modules answer so (our own line included), and which line decided
 * that.
 * retline: NULL if no line did.
 */
enum pjwt_reason pjwt_stack_ask_account(const struct pjwt_stack *stack, pjwt_stack_answer answer, void *arg,
                                        int *retcode, const struct pjwt_stack_line **retline,
                                        struct pjwt_error *reterr);

#endif
