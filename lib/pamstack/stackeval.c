#include "stackeval.h"

#include <stdlib.h>
#include <string.h>

enum { MUST_FAIL = PJWT_PAM_PERM_DENIED, NOT_CALLED = -1, NO_CALL = PJWT_STACK_CALLS };

struct pjwt_stack_run {
        const struct pjwt_stack *stack;
        int *first[PJWT_STACK_TYPES]; /* what each line answered in the first call of a pair; else NULL */
        int former;                   /* the call that returned PAM_INCOMPLETE, or NO_CALL */
        struct pjwt_stack_state saved;
        bool update; /* chauthtok: the first pass has succeeded */
        const struct pjwt_stack_line *decided;
};

/* --- one step --- */

struct pjwt_stack_state pjwt_stack_begin(void)
{
        struct pjwt_stack_state state = {.status = MUST_FAIL};

        state.entered[0].status = MUST_FAIL;
        return state;
}

const struct pjwt_stack_line *pjwt_stack_next(const struct pjwt_stack_chain *chain,
                                              struct pjwt_stack_state *state)
{
        while (!state->ended && state->at < chain->count) {
                const struct pjwt_stack_line *line = &chain->lines[state->at];

                if (line->level > state->level_before) {
                        state->entered[line->level].impression = state->impression;
                        state->entered[line->level].status = state->status;
                }
                if (line->kind != PJWT_STACK_SUBSTACK)
                        return line;
                state->level_before = line->level;
                state->at++;
        }
        return NULL;
}

int pjwt_stack_result(const struct pjwt_stack_state *state)
{
        return !state->ended && state->status == PJWT_PAM_SUCCESS && state->impression <= 0 ? MUST_FAIL
                                                                                            : state->status;
}

/* Goes to the last line of the level, and of the levels in it. */
static void leave_level(const struct pjwt_stack_chain *chain, struct pjwt_stack_state *state, unsigned level)
{
        while (state->at + 1 < chain->count && chain->lines[state->at + 1].level >= level)
                state->at++;
}

/* A substack counts as one line. A jump out of its own level is an error. */
static void jump(const struct pjwt_stack_chain *chain, struct pjwt_stack_state *state, unsigned level,
                 int count)
{
        while (count > 0 && state->at + 1 < chain->count && chain->lines[state->at + 1].level >= level) {
                do
                        state->at++;
                while (state->at + 1 < chain->count && chain->lines[state->at + 1].level > level);
                count--;
        }
        if (count != 0) {
                state->impression = -1;
                state->status = MUST_FAIL;
        }
}

static void accept(struct pjwt_stack_state *state, int answer, int first)
{
        /*
         * In the second call of a pair a module may answer PAM_IGNORE where it did not before; that counts
         * for nothing.
         */
        if ((state->impression == 0 || (state->impression > 0 && state->status == PJWT_PAM_SUCCESS)) &&
            (answer != PJWT_PAM_IGNORE || first == answer)) {
                state->impression = 1;
                state->status = answer;
        }
}

static void reject(struct pjwt_stack_state *state, int answer)
{
        if (state->impression >= 0) {
                state->impression = -1;
                state->status = answer == PJWT_PAM_IGNORE ? MUST_FAIL : answer;
        }
}

/*
 * answer: now. first: what decides on the way, and equals answer but in setcred and close_session.
 * frozen: it is one of these.
 */
static void step(const struct pjwt_stack *stack, const struct pjwt_stack_chain *chain,
                 struct pjwt_stack_state *state, int answer, int first, bool frozen)
{
        const struct pjwt_stack_line *line = &chain->lines[state->at];
        bool valid = first >= 0 && first < PJWT_STACK_CODES;
        int action = valid ? line->actions[first] : PJWT_STACK_BAD;

        if (!valid)
                answer = MUST_FAIL;
        if (action == PJWT_STACK_RESET) {
                state->impression = state->entered[line->level].impression;
                state->status = state->entered[line->level].status;
        } else if (action == PJWT_STACK_OK || action == PJWT_STACK_DONE) {
                accept(state, answer, first);
                if (action == PJWT_STACK_DONE && state->impression > 0)
                        leave_level(chain, state, line->level);
        } else if (action == PJWT_STACK_BAD || action == PJWT_STACK_DIE) {
                reject(state, answer);
                if (action == PJWT_STACK_DIE)
                        leave_level(chain, state, line->level);
        } else if (action != PJWT_STACK_IGNORE) {
                if (frozen && action > 0 && !stack->rules.frozen_jumps)
                        accept(state, answer, first);
                jump(chain, state, line->level, action);
        }
        state->level_before = line->level;
        state->at++;
}

void pjwt_stack_step(const struct pjwt_stack_chain *chain, struct pjwt_stack_state *state, int answer)
{
        if (answer == PJWT_PAM_INCOMPLETE) {
                state->status = PJWT_PAM_INCOMPLETE;
                state->ended = true;
                return;
        }
        step(NULL, chain, state, answer, answer, false);
}

/* --- a run --- */

enum pjwt_stack_type pjwt_stack_type_of_call(enum pjwt_stack_call call)
{
        static const enum pjwt_stack_type types[PJWT_STACK_CALLS] = {
                [PJWT_STACK_AUTHENTICATE] = PJWT_STACK_AUTH,
                [PJWT_STACK_SETCRED] = PJWT_STACK_AUTH,
                [PJWT_STACK_ACCT_MGMT] = PJWT_STACK_ACCOUNT,
                [PJWT_STACK_OPEN_SESSION] = PJWT_STACK_SESSION,
                [PJWT_STACK_CLOSE_SESSION] = PJWT_STACK_SESSION,
                [PJWT_STACK_CHAUTHTOK] = PJWT_STACK_PASSWORD,
        };

        return types[call];
}

struct pjwt_stack_run *pjwt_stack_run_new(const struct pjwt_stack *stack)
{
        static const enum pjwt_stack_type pairs[] = {PJWT_STACK_AUTH, PJWT_STACK_SESSION};
        struct pjwt_stack_run *run = calloc(1, sizeof(*run));

        if (!run)
                return NULL;
        run->stack = stack;
        run->former = NO_CALL;
        for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
                const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, pairs[i]);
                int *first = calloc(chain->count + 1, sizeof(*first));

                if (!first) {
                        pjwt_stack_run_free(run);
                        return NULL;
                }
                for (size_t k = 0; k < chain->count; k++)
                        first[k] = NOT_CALLED;
                run->first[pairs[i]] = first;
        }
        return run;
}

void pjwt_stack_run_free(struct pjwt_stack_run *run)
{
        for (int i = 0; run && i < PJWT_STACK_TYPES; i++)
                free(run->first[i]);
        free(run);
}

const struct pjwt_stack_line *pjwt_stack_decided(const struct pjwt_stack_run *run)
{
        return run->decided;
}

/* What decides on the way after this answer; in the first call of a pair it is kept for the second. */
static int deciding(int *kept, bool second, int answer)
{
        if (!second && kept)
                *kept = answer;
        return second && *kept != NOT_CALLED ? *kept : answer;
}

static int dispatch(struct pjwt_stack_run *run, enum pjwt_stack_call call, enum pjwt_stack_function function,
                    pjwt_stack_answer ask, void *arg)
{
        enum pjwt_stack_type type = pjwt_stack_type_of_call(call);
        const struct pjwt_stack_chain *chain = pjwt_stack_chain(run->stack, type);
        bool second = call == PJWT_STACK_SETCRED || call == PJWT_STACK_CLOSE_SESSION;
        struct pjwt_stack_state state = pjwt_stack_begin();
        const struct pjwt_stack_line *line;

        run->decided = NULL;
        if (run->former != NO_CALL && run->former != (int)call)
                return PJWT_PAM_ABORT;
        if (run->former == (int)call)
                state = run->saved;
        run->former = NO_CALL;
        while ((line = pjwt_stack_next(chain, &state))) {
                int answer = line->kind == PJWT_STACK_FAILS ? MUST_FAIL : ask(arg, line, function);
                int *kept = run->first[type] ? &run->first[type][state.at] : NULL;
                int impression = state.impression;
                int status = state.status;

                if (answer == PJWT_PAM_INCOMPLETE) {
                        run->former = (int)call;
                        run->saved = state;
                        run->decided = line;
                        return answer;
                }
                step(run->stack, chain, &state, answer, deciding(kept, second, answer), second);
                if (state.impression != impression || state.status != status)
                        run->decided = line;
        }
        return pjwt_stack_result(&state);
}

/* Two passes; the second only if the first returned PAM_SUCCESS. */
static int change_password(struct pjwt_stack_run *run, pjwt_stack_answer answer, void *arg)
{
        int result = PJWT_PAM_SUCCESS;

        if (run->former == NO_CALL)
                run->update = false;
        if (!run->update)
                result = dispatch(run, PJWT_STACK_CHAUTHTOK, PJWT_STACK_FN_CHAUTHTOK_CHECK, answer, arg);
        if (result == PJWT_PAM_SUCCESS) {
                run->update = true;
                result = dispatch(run, PJWT_STACK_CHAUTHTOK, PJWT_STACK_FN_CHAUTHTOK_UPDATE, answer, arg);
        }
        if (result != PJWT_PAM_INCOMPLETE)
                run->update = false;
        return result;
}

int pjwt_stack_call(struct pjwt_stack_run *run, enum pjwt_stack_call call, pjwt_stack_answer answer,
                    void *arg)
{
        run->decided = NULL;
        if (run->stack->start != PJWT_STACK_STARTS)
                return PJWT_PAM_ABORT;
        if (call == PJWT_STACK_CHAUTHTOK)
                return change_password(run, answer, arg);
        return dispatch(run, call, (enum pjwt_stack_function)call, answer, arg);
}
