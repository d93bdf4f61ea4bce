#include "walks.h"

#include <security/_pam_types.h>
#include <stdlib.h>

enum { RUNS = 60, RESULTS = 3, ODD = 1 };

/* marks: whether PAM_SUCCESS has been answered an odd number of times. */
struct walks {
        const struct pjwt_stack *stack;
        enum pjwt_stack_call call;
        bool found[RESULTS][2];
        const char *wrong;
};

struct replay {
        const struct pjwt_stack_stop *way;
        size_t count;
        size_t at;
        unsigned marks;
        unsigned seed;
        bool other_line;
};

static int kind_of_result(int code)
{
        return code == PAM_SUCCESS ? 0 : code == PAM_NEW_AUTHTOK_REQD ? 1 : 2;
}

static size_t branch(void *arg, const struct pjwt_stack_line *line, unsigned marks,
                     struct pjwt_stack_branch ret[PJWT_STACK_BRANCHES])
{
        (void)arg;
        (void)line;
        ret[0] = (struct pjwt_stack_branch){PJWT_STACK_ANSWER(PAM_SUCCESS), marks ^ ODD};
        ret[1] = (struct pjwt_stack_branch){PJWT_STACK_ANY_ANSWER & ~PJWT_STACK_ANSWER(PAM_SUCCESS), marks};
        return 2;
}

static int answer_of_way(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        struct replay *r = arg;

        (void)function;
        while (r->at < r->count && r->way[r->at].line->kind == PJWT_STACK_FAILS)
                r->at++;
        if (r->at == r->count || r->way[r->at].line != line) {
                r->other_line = true;
                return PAM_ABORT;
        }
        if (r->way[r->at].answer == PAM_SUCCESS)
                r->marks ^= ODD;
        return r->way[r->at].answer == PJWT_STACK_NO_CODE ? 99 : r->way[r->at].answer;
}

static int answer_by_chance(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        struct replay *r = arg;
        int code;

        (void)line;
        (void)function;
        r->seed = r->seed * 1103515245U + 12345U;
        code = (r->seed >> 16) % 3 == 0 ? PAM_SUCCESS : (int)((r->seed >> 18) % 34) - 1;
        if (code == PAM_SUCCESS)
                r->marks ^= ODD;
        return code;
}

/* One call of a new run. */
static int run(const struct walks *w, pjwt_stack_answer answer, struct replay *r)
{
        struct pjwt_stack_run *one = pjwt_stack_run_new(w->stack);
        int code = one ? pjwt_stack_call(one, w->call, answer, r) : PAM_BUF_ERR;

        pjwt_stack_run_free(one);
        return code;
}

static int answer_next(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        struct replay *r = arg;
        int code = answer_of_way(arg, line, function);

        r->at++;
        return code;
}

static bool end(void *arg, int result, unsigned marks, const struct pjwt_stack_stop *way, size_t count)
{
        struct walks *w = arg;
        struct replay r = {.way = way, .count = count};
        int code = run(w, answer_next, &r);

        w->found[kind_of_result(result)][marks] = true;
        if (r.other_line)
                w->wrong = "a way asks other lines than the run";
        else if (kind_of_result(code) != kind_of_result(result))
                w->wrong = "a way has another result than the run";
        else if (r.marks != marks)
                w->wrong = "a way has other marks than the run";
        return !w->wrong;
}

const char *walks_check(const struct pjwt_stack *stack, unsigned seed)
{
        static const enum pjwt_stack_call calls[] = {PJWT_STACK_AUTHENTICATE, PJWT_STACK_ACCT_MGMT,
                                                     PJWT_STACK_OPEN_SESSION};

        for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
                struct walks w = {.stack = stack, .call = calls[i]};
                const struct pjwt_stack_walk how = {branch, end, &w};
                struct pjwt_error err = {0};
                bool whole = false;

                if (pjwt_stack_walk(pjwt_stack_chain(stack, pjwt_stack_type_of_call(calls[i])), &how, &whole,
                                    &err) != PJWT_OK)
                        return err.detail[0] ? "out of memory" : "failed";
                if (w.wrong)
                        return w.wrong;
                for (unsigned k = 0; whole && k < RUNS; k++) {
                        struct replay r = {.seed = seed + k};
                        int code = run(&w, answer_by_chance, &r);

                        if (!w.found[kind_of_result(code)][r.marks])
                                return "a run has a result that no way has";
                }
        }
        return NULL;
}
