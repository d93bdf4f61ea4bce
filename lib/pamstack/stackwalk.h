/* All ways through a stack, where what a module answers is not known but what it can answer is. Pure. */
#ifndef PJWT_STACKWALK_H
#define PJWT_STACKWALK_H

#include <stdint.h>

#include "stackeval.h"

enum {
        PJWT_STACK_BRANCHES = 4,
        PJWT_STACK_NO_CODE = PJWT_STACK_CODES, /* as an answer: any number that is not a PAM code */
        PJWT_STACK_MARKS = 256
};

/* A set of answers: bit N is PAM code N, bit 32 is PJWT_STACK_NO_CODE. */
typedef uint64_t pjwt_stack_answers;

#define PJWT_STACK_ANSWER(code) ((pjwt_stack_answers)1 << (code))
#define PJWT_STACK_ANY_ANSWER   (((pjwt_stack_answers)1 << (PJWT_STACK_CODES + 1)) - 1)

/* A line that was asked on a way, and what it answered. */
struct pjwt_stack_stop {
        const struct pjwt_stack_line *line;
        int answer;
};

/* Some answers of a line, and the marks that the way has from there on. */
struct pjwt_stack_branch {
        pjwt_stack_answers answers;
        unsigned marks;
};

struct pjwt_stack_walk {
        /*
         * What a module can answer on a way that has these marks (below PJWT_STACK_MARKS; 0 at the
         * beginning). Fills ret and returns how many. The branches of a line may overlap; without a branch
         * the way leads nowhere.
         */
        size_t (*branches)(void *arg, const struct pjwt_stack_line *line, unsigned marks,
                           struct pjwt_stack_branch ret[PJWT_STACK_BRANCHES]);
        /*
         * A way has ended. result: PAM_SUCCESS, PAM_NEW_AUTHTOK_REQD, or PAM_PERM_DENIED for every other.
         * Called once for each pair of result and marks, with a shortest way, which is borrowed. Returns
         * false to end the walk.
         */
        bool (*end)(void *arg, int result, unsigned marks, const struct pjwt_stack_stop *way, size_t count);
        void *arg;
};

/*
 * Walks all ways. It always ends: ways that meet in the same state are one from there on.
 * retwhole: false if there were more states than the bound allows, so that some ways have not been seen.
 * Returns PJWT_OK or PJWT_NO_MEMORY; after that, all that `end` was given is right, but ways are missing.
 */
enum pjwt_reason pjwt_stack_walk(const struct pjwt_stack_chain *chain, const struct pjwt_stack_walk *walk,
                                 bool *retwhole, struct pjwt_error *reterr);

#endif
