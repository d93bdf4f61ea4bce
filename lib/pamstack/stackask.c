#include "stackask.h"

#include <stdlib.h>
#include <string.h>

#define SUCCESS PJWT_STACK_ANSWER(PJWT_PAM_SUCCESS)
#define IGNORED PJWT_STACK_ANSWER(PJWT_PAM_IGNORE)
#define EXPIRED PJWT_STACK_ANSWER(PJWT_PAM_NEW_AUTHTOK_REQD)
#define UNKNOWN PJWT_STACK_ANSWER(PJWT_PAM_MODULE_UNKNOWN)

/* What a module that is there answers when it refuses. */
#define REFUSED (PJWT_STACK_ANY_ANSWER & ~(SUCCESS | IGNORED | EXPIRED | UNKNOWN))

const pjwt_stack_answers PJWT_STACK_TOKEN_REFUSALS =
        PJWT_STACK_ANSWER(PJWT_PAM_AUTH_ERR) | PJWT_STACK_ANSWER(PJWT_PAM_AUTHINFO_UNAVAIL) |
        PJWT_STACK_ANSWER(PJWT_PAM_CRED_UNAVAIL) | PJWT_STACK_ANSWER(PJWT_PAM_PERM_DENIED) |
        PJWT_STACK_ANSWER(PJWT_PAM_SERVICE_ERR) | PJWT_STACK_ANSWER(PJWT_PAM_SYSTEM_ERR) |
        PJWT_STACK_ANSWER(PJWT_PAM_MODULE_UNKNOWN);

enum {
        GATES_MAX = 6, /* further ones answer as they like; each doubles the walks */
        PASSED = 1,    /* mark: the way has passed the line that is looked for */
};

/* One walk: what each kind answers, and what is looked for. */
struct search {
        const struct pjwt_stack_asked *asked;
        pjwt_stack_answers by_kind[PJWT_MODULE_MISSING + 1];
        /* Gates that answer one thing throughout: bit N of `refusing` is the gate N. */
        const struct pjwt_stack_line *const *gates;
        size_t gate_count;
        unsigned refusing;
        bool careful; /* PASSWORD and FACTOR also answer PAM_IGNORE where an argument allows that */
        /*
         * Ways that pass this line (by its address, or by the argument of one of ours) get the mark PASSED.
         */
        const struct pjwt_stack_line *line;
        const char *argument;
        /* What has been found: a login without the mark. */
        bool found;
        struct pjwt_stack_finding *ret; /* gets the way; may be NULL */
        bool expired_too;               /* PAM_NEW_AUTHTOK_REQD lets a login in as well */
        bool no_memory;
};

void pjwt_stack_finding_free(struct pjwt_stack_finding *finding)
{
        free(finding->way);
        *finding = (struct pjwt_stack_finding){.verdict = PJWT_STACK_UNDECIDED};
}

static enum pjwt_module_kind kind_of(const struct pjwt_stack_asked *asked, const struct pjwt_stack_line *line)
{
        return asked->kind ? asked->kind(asked->arg, line) : pjwt_module_kind(line);
}

static bool has_arg(const struct pjwt_stack_line *line, const char *arg)
{
        for (size_t i = 0; i < line->arg_count; i++)
                if (strcmp(line->args[i], arg) == 0)
                        return true;
        return false;
}

/* Arguments by which modules let a user pass that they do not know. */
static bool may_pass_by(const struct pjwt_stack_line *line)
{
        static const char *const beginnings[] = {"ignore", "minimum_uid", "nullok", "nouserok"};

        for (size_t i = 0; i < line->arg_count; i++)
                for (size_t k = 0; k < sizeof(beginnings) / sizeof(beginnings[0]); k++)
                        if (strncmp(line->args[i], beginnings[k], strlen(beginnings[k])) == 0 &&
                            strcmp(pjwt_stack_module(line), "pam_unix.so") != 0)
                                return true;
        return false;
}

static struct search search_of(const struct pjwt_stack_asked *asked, pjwt_stack_answers token)
{
        struct search s = {.asked = asked};

        s.by_kind[PJWT_MODULE_UNKNOWN] = PJWT_STACK_ANY_ANSWER;
        s.by_kind[PJWT_MODULE_TOKEN] = token;
        s.by_kind[PJWT_MODULE_PASSWORD] = PJWT_STACK_ANY_ANSWER & ~UNKNOWN;
        s.by_kind[PJWT_MODULE_FACTOR] = PJWT_STACK_ANY_ANSWER & ~UNKNOWN;
        s.by_kind[PJWT_MODULE_GATE] = PJWT_STACK_ANY_ANSWER & ~UNKNOWN;
        s.by_kind[PJWT_MODULE_HELPER] = PJWT_STACK_ANY_ANSWER & ~UNKNOWN;
        s.by_kind[PJWT_MODULE_PERMIT] = SUCCESS;
        s.by_kind[PJWT_MODULE_DENY] = PJWT_STACK_ANSWER(PJWT_PAM_AUTH_ERR);
        s.by_kind[PJWT_MODULE_ROOT] = REFUSED;
        s.by_kind[PJWT_MODULE_MISSING] = UNKNOWN;
        return s;
}

/* --- a walk --- */

static pjwt_stack_answers answers_of(const struct search *s, const struct pjwt_stack_line *line)
{
        enum pjwt_module_kind kind = kind_of(s->asked, line);
        pjwt_stack_answers answers = s->by_kind[kind];

        for (size_t i = 0; i < s->gate_count; i++)
                if (s->gates[i] == line)
                        return s->refusing & (1U << i) ? REFUSED : SUCCESS | IGNORED;
        if (s->careful && (kind == PJWT_MODULE_PASSWORD || kind == PJWT_MODULE_FACTOR) && may_pass_by(line))
                answers |= IGNORED;
        return answers;
}

static bool is_looked_for(const struct search *s, const struct pjwt_stack_line *line)
{
        if (s->argument)
                return kind_of(s->asked, line) == PJWT_MODULE_TOKEN && has_arg(line, s->argument);
        return line == s->line;
}

static size_t give_branches(void *arg, const struct pjwt_stack_line *line, unsigned marks,
                            struct pjwt_stack_branch ret[PJWT_STACK_BRANCHES])
{
        const struct search *s = arg;
        pjwt_stack_answers answers = answers_of(s, line);
        pjwt_stack_answers passing = s->argument ? SUCCESS : SUCCESS | IGNORED | EXPIRED;

        if (!is_looked_for(s, line)) {
                ret[0] = (struct pjwt_stack_branch){answers, marks};
                return 1;
        }
        ret[0] = (struct pjwt_stack_branch){answers & passing, marks | PASSED};
        ret[1] = (struct pjwt_stack_branch){answers & ~passing, marks};
        return 2;
}

static bool keep_way(struct search *s, const struct pjwt_stack_stop *way, size_t count)
{
        struct pjwt_stack_stop *copy = calloc(count + 1, sizeof(*copy));

        if (!copy) {
                s->no_memory = true;
                return false;
        }
        for (size_t i = 0; i < count; i++)
                copy[i] = way[i];
        pjwt_stack_finding_free(s->ret);
        s->ret->way = copy;
        s->ret->count = count;
        return true;
}

static bool look_at_end(void *arg, int result, unsigned marks, const struct pjwt_stack_stop *way,
                        size_t count)
{
        struct search *s = arg;

        if (marks & PASSED ||
            !(result == PJWT_PAM_SUCCESS || (s->expired_too && result == PJWT_PAM_NEW_AUTHTOK_REQD)))
                return true;
        s->found = true;
        if (s->ret)
                keep_way(s, way, count);
        return false;
}

/* Is there a login that does not pass the line which is looked for? YES with the way, NO or UNDECIDED. */
static enum pjwt_reason walk(struct search *s, enum pjwt_stack_type type, enum pjwt_stack_verdict *ret,
                             struct pjwt_error *reterr)
{
        const struct pjwt_stack_walk how = {give_branches, look_at_end, s};
        const struct pjwt_stack *stack = s->asked->stack;
        bool whole = false;
        enum pjwt_reason r;

        s->found = false;
        if (stack->start != PJWT_STACK_STARTS) {
                *ret = stack->unknown ? PJWT_STACK_UNDECIDED : PJWT_STACK_NO;
                return PJWT_OK;
        }
        r = pjwt_stack_walk(pjwt_stack_chain(stack, type), &how, &whole, reterr);
        if (r == PJWT_OK && s->no_memory)
                r = pjwt_fail_memory(reterr);
        if (r == PJWT_OK)
                *ret = s->found                   ? PJWT_STACK_YES
                       : whole && !stack->unknown ? PJWT_STACK_NO
                                                  : PJWT_STACK_UNDECIDED;
        return r;
}

/* --- open, possible, alone, required --- */

/* YES with the way, NO, UNDECIDED. */
static enum pjwt_reason find_way(struct search *s, enum pjwt_stack_type type, struct pjwt_stack_finding *ret,
                                 struct pjwt_error *reterr)
{
        enum pjwt_stack_verdict verdict = PJWT_STACK_UNDECIDED;
        enum pjwt_reason r;

        *ret = (struct pjwt_stack_finding){.verdict = PJWT_STACK_UNDECIDED};
        s->ret = ret;
        r = walk(s, type, &verdict, reterr);
        if (r == PJWT_OK)
                ret->verdict = verdict;
        else
                pjwt_stack_finding_free(ret);
        return r;
}

enum pjwt_reason pjwt_stack_ask_open(const struct pjwt_stack_asked *asked, pjwt_stack_answers token,
                                     struct pjwt_stack_finding *ret, struct pjwt_error *reterr)
{
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct search s = search_of(asked, token);
        enum pjwt_reason r;

        s.careful = true;
        s.by_kind[PJWT_MODULE_PASSWORD] = s.by_kind[PJWT_MODULE_FACTOR] = s.by_kind[PJWT_MODULE_UNKNOWN] =
                REFUSED;
        r = find_way(&s, PJWT_STACK_AUTH, &finding, reterr);
        if (r == PJWT_OK && finding.verdict == PJWT_STACK_NO) {
                pjwt_stack_finding_free(&finding);
                s.by_kind[PJWT_MODULE_UNKNOWN] = PJWT_STACK_ANY_ANSWER;
                r = find_way(&s, PJWT_STACK_AUTH, &finding, reterr);
                if (r == PJWT_OK && finding.verdict == PJWT_STACK_YES)
                        finding.verdict = PJWT_STACK_PERHAPS;
        }
        if (r == PJWT_OK)
                *ret = finding;
        return r;
}

enum pjwt_reason pjwt_stack_ask_possible(const struct pjwt_stack_asked *asked, enum pjwt_stack_type type,
                                         pjwt_stack_answers token, struct pjwt_stack_finding *ret,
                                         struct pjwt_error *reterr)
{
        struct search s = search_of(asked, token);

        return find_way(&s, type, ret, reterr);
}

enum pjwt_reason pjwt_stack_ask_alone(const struct pjwt_stack_asked *asked, struct pjwt_stack_finding *ret,
                                      struct pjwt_error *reterr)
{
        struct search s = search_of(asked, SUCCESS);

        s.by_kind[PJWT_MODULE_PASSWORD] = REFUSED;
        return find_way(&s, PJWT_STACK_AUTH, ret, reterr);
}

enum pjwt_reason pjwt_stack_ask_required(const struct pjwt_stack_asked *asked, const char *argument,
                                         pjwt_stack_answers token, struct pjwt_stack_finding *ret,
                                         struct pjwt_error *reterr)
{
        struct search s = search_of(asked, token);
        enum pjwt_reason r;

        s.argument = argument;
        s.expired_too = true;
        s.by_kind[PJWT_MODULE_ROOT] = PJWT_STACK_ANY_ANSWER;
        r = find_way(&s, PJWT_STACK_ACCOUNT, ret, reterr);
        if (r == PJWT_OK && ret->verdict != PJWT_STACK_UNDECIDED) /* what was searched for is a way past it */
                ret->verdict = ret->verdict == PJWT_STACK_YES ? PJWT_STACK_NO : PJWT_STACK_YES;
        return r;
}

/* --- skipped --- */

/* What is compared: for one set of the gates' answers. */
struct comparison {
        const struct pjwt_stack_asked *asked;
        const struct pjwt_stack_chain *chain;
        const struct pjwt_stack_line *gates[GATES_MAX];
        size_t gate_count;
        unsigned refusing;
        bool undecided;
        struct pjwt_stack_finding finding;
        struct pjwt_error *err;
};

static struct search side_of(const struct comparison *c, pjwt_stack_answers token)
{
        struct search s = search_of(c->asked, token);

        s.gates = c->gates;
        s.gate_count = c->gate_count;
        s.refusing = c->refusing;
        return s;
}

/* Outputs `ret` only on success. */
static enum pjwt_reason is_reached(struct comparison *c, struct search *s, bool *ret)
{
        enum pjwt_stack_verdict verdict = PJWT_STACK_UNDECIDED;
        enum pjwt_reason r = walk(s, PJWT_STACK_AUTH, &verdict, c->err);

        c->undecided |= r == PJWT_OK && verdict == PJWT_STACK_UNDECIDED;
        if (r == PJWT_OK)
                *ret = verdict == PJWT_STACK_YES;
        return r;
}

static enum pjwt_reason add_skipped(struct comparison *c, const struct pjwt_stack_line *line)
{
        struct pjwt_stack_stop *bigger;

        for (size_t i = 0; i < c->finding.count; i++)
                if (c->finding.way[i].line == line)
                        return PJWT_OK;
        bigger = realloc(c->finding.way, (c->finding.count + 1) * sizeof(*bigger));
        if (!bigger)
                return pjwt_fail_memory(c->err);
        c->finding.way = bigger;
        c->finding.way[c->finding.count++] = (struct pjwt_stack_stop){line, PJWT_PAM_SUCCESS};
        if (kind_of(c->asked, line) != PJWT_MODULE_UNKNOWN)
                c->finding.verdict = PJWT_STACK_YES;
        else if (c->finding.verdict != PJWT_STACK_YES)
                c->finding.verdict = PJWT_STACK_PERHAPS;
        return PJWT_OK;
}

/* Is there a way of a password, and none past this line; and is there a way of a token past it? */
static enum pjwt_reason compare_line(struct comparison *c, const struct pjwt_stack_line *line)
{
        struct search password = side_of(c, PJWT_STACK_ANSWER(PJWT_PAM_CRED_UNAVAIL));
        struct search token = side_of(c, SUCCESS); /* and the person gives no password */
        bool possible = false;
        bool past = true;
        bool skipped = false;
        enum pjwt_reason r = is_reached(c, &password, &possible);

        password.line = token.line = line;
        token.by_kind[PJWT_MODULE_PASSWORD] = REFUSED;
        if (r == PJWT_OK && possible)
                r = is_reached(c, &password, &past);
        if (r == PJWT_OK && possible && !past)
                r = is_reached(c, &token, &skipped);
        return r == PJWT_OK && skipped ? add_skipped(c, line) : r;
}

/* Other proofs of which a password needs one, whichever: is none needed with a token? */
static enum pjwt_reason compare_factors(struct comparison *c)
{
        struct pjwt_stack_finding way = {.verdict = PJWT_STACK_UNDECIDED};
        struct search both = side_of(c, PJWT_STACK_ANSWER(PJWT_PAM_CRED_UNAVAIL));
        struct search password = both;
        struct search token = side_of(c, SUCCESS);
        bool with = false;
        bool without = true;
        bool skipped = false;
        enum pjwt_reason r;

        both.ret = &way;
        password.by_kind[PJWT_MODULE_FACTOR] = password.by_kind[PJWT_MODULE_UNKNOWN] = REFUSED;
        token.by_kind[PJWT_MODULE_FACTOR] = token.by_kind[PJWT_MODULE_UNKNOWN] = REFUSED;
        token.by_kind[PJWT_MODULE_PASSWORD] = REFUSED;
        r = is_reached(c, &both, &with);
        if (r == PJWT_OK && with)
                r = is_reached(c, &password, &without);
        if (r == PJWT_OK && with && !without)
                r = is_reached(c, &token, &skipped);
        for (size_t i = 0; r == PJWT_OK && skipped && i < way.count; i++) {
                enum pjwt_module_kind kind = way.way[i].line->kind == PJWT_STACK_MODULE
                                                     ? kind_of(c->asked, way.way[i].line)
                                                     : PJWT_MODULE_DENY;

                if (way.way[i].answer == PJWT_PAM_SUCCESS &&
                    (kind == PJWT_MODULE_FACTOR || kind == PJWT_MODULE_UNKNOWN))
                        r = add_skipped(c, way.way[i].line);
        }
        pjwt_stack_finding_free(&way);
        return r;
}

/* Would this gate, which refuses here, have kept a password out, and not a token? */
static enum pjwt_reason compare_gate(struct comparison *c, size_t gate)
{
        struct search refused = side_of(c, PJWT_STACK_ANSWER(PJWT_PAM_CRED_UNAVAIL));
        struct search let_through = refused;
        struct search token = side_of(c, SUCCESS);
        bool in = true;
        bool in_otherwise = false;
        bool skipped = false;
        enum pjwt_reason r;

        let_through.refusing &= ~(1U << gate);
        token.by_kind[PJWT_MODULE_PASSWORD] = REFUSED;
        r = is_reached(c, &refused, &in);
        if (r == PJWT_OK && !in)
                r = is_reached(c, &let_through, &in_otherwise);
        if (r == PJWT_OK && in_otherwise)
                r = is_reached(c, &token, &skipped);
        return r == PJWT_OK && skipped ? add_skipped(c, c->gates[gate]) : r;
}

static bool is_listed(const struct comparison *c, const struct pjwt_stack_line *line)
{
        for (size_t i = 0; i < c->gate_count; i++)
                if (c->gates[i] == line)
                        return true;
        return false;
}

static enum pjwt_reason compare(struct comparison *c)
{
        enum pjwt_reason r = compare_factors(c);

        for (size_t i = 0; r == PJWT_OK && i < c->gate_count; i++)
                if (c->refusing & (1U << i))
                        r = compare_gate(c, i);
        for (size_t i = 0; r == PJWT_OK && !c->undecided && i < c->chain->count; i++) {
                const struct pjwt_stack_line *line = &c->chain->lines[i];
                enum pjwt_module_kind kind =
                        line->kind == PJWT_STACK_MODULE ? kind_of(c->asked, line) : PJWT_MODULE_DENY;

                if (kind == PJWT_MODULE_FACTOR || kind == PJWT_MODULE_UNKNOWN ||
                    (kind == PJWT_MODULE_GATE && !is_listed(c, line)))
                        r = compare_line(c, line);
        }
        return r;
}

enum pjwt_reason pjwt_stack_ask_skipped(const struct pjwt_stack_asked *asked, struct pjwt_stack_finding *ret,
                                        struct pjwt_error *reterr)
{
        struct comparison c = {.asked = asked,
                               .chain = pjwt_stack_chain(asked->stack, PJWT_STACK_AUTH),
                               .finding = {.verdict = PJWT_STACK_NO},
                               .err = reterr};
        enum pjwt_reason r = PJWT_OK;

        for (size_t i = 0; i < c.chain->count && c.gate_count < GATES_MAX; i++)
                if (c.chain->lines[i].kind == PJWT_STACK_MODULE &&
                    kind_of(asked, &c.chain->lines[i]) == PJWT_MODULE_GATE)
                        c.gates[c.gate_count++] = &c.chain->lines[i];
        for (c.refusing = 0; r == PJWT_OK && !c.undecided && c.refusing < 1U << c.gate_count; c.refusing++)
                r = compare(&c);
        if (r != PJWT_OK) {
                pjwt_stack_finding_free(&c.finding);
                return r;
        }
        if (c.undecided && c.finding.verdict == PJWT_STACK_NO)
                c.finding.verdict = PJWT_STACK_UNDECIDED;
        *ret = c.finding;
        return PJWT_OK;
}

/* --- account --- */

enum pjwt_reason pjwt_stack_ask_account(const struct pjwt_stack *stack, pjwt_stack_answer answer, void *arg,
                                        int *retcode, const struct pjwt_stack_line **retline,
                                        struct pjwt_error *reterr)
{
        struct pjwt_stack_run *run = pjwt_stack_run_new(stack);

        if (!run)
                return pjwt_fail_memory(reterr);
        *retcode = pjwt_stack_call(run, PJWT_STACK_ACCT_MGMT, answer, arg);
        *retline = pjwt_stack_decided(run);
        pjwt_stack_run_free(run);
        return PJWT_OK;
}
