#include "stackwalk.h"

#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 50000, NO_PARENT = -1, RESULTS = 3 };

/*
 * A state that has been reached, small: there may be many. Only what still matters is kept, so that equal is
 * equal.
 */
struct node {
        uint32_t at;
        int8_t impression;
        uint8_t status;
        uint8_t level_before;
        uint8_t marks;
        uint8_t ended;
        int8_t entered_impression[PJWT_STACK_LEVELS];
        uint8_t entered_status[PJWT_STACK_LEVELS];
        /* not compared: */
        uint8_t answer; /* of the parent's line, which led here */
        int32_t parent;
};

struct walker {
        const struct pjwt_stack_chain *chain;
        const struct pjwt_stack_walk *walk;
        bool resets; /* a control has the action "reset": then it matters how a substack was entered */
        struct node *nodes;
        size_t count;
        size_t room;
        int32_t *table; /* of indexes, by hash; -1 is free */
        size_t table_size;
        bool full;
        bool no_memory;
        bool told[RESULTS][PJWT_STACK_MARKS];
};

/* --- states as nodes --- */

/*
 * What the result tells apart. PAM_SUCCESS with an impression that is not positive becomes PAM_PERM_DENIED in
 * the end; PAM_NEW_AUTHTOK_REQD that an action "bad" has made negative is returned, and applications let the
 * user in after it.
 */
static uint8_t coarse(int impression, int status)
{
        if ((impression > 0 && status == PJWT_PAM_SUCCESS) || status == PJWT_PAM_NEW_AUTHTOK_REQD)
                return (uint8_t)status;
        return PJWT_PAM_PERM_DENIED;
}

static struct node pack(const struct walker *w, const struct pjwt_stack_state *state, unsigned marks)
{
        unsigned level = state->at < w->chain->count ? w->chain->lines[state->at].level : 0;
        struct node node;

        memset(&node, 0, sizeof(node)); /* with its padding: nodes are compared as bytes */
        node.at = (uint32_t)state->at;
        node.impression = (int8_t)state->impression;
        node.status = coarse(state->impression, state->status);
        node.level_before = (uint8_t)(state->level_before < level ? state->level_before : level);
        node.marks = (uint8_t)marks;
        node.ended = state->ended;
        for (unsigned i = 0; w->resets && i <= level; i++) {
                node.entered_impression[i] = (int8_t)state->entered[i].impression;
                node.entered_status[i] = coarse(state->entered[i].impression, state->entered[i].status);
        }
        return node;
}

static struct pjwt_stack_state unpack(const struct node *node)
{
        struct pjwt_stack_state state = pjwt_stack_begin();

        state.at = node->at;
        state.impression = (int)node->impression;
        state.status = node->status;
        state.level_before = node->level_before;
        state.ended = node->ended;
        for (int i = 0; i < PJWT_STACK_LEVELS; i++) {
                state.entered[i].impression = (int)node->entered_impression[i];
                state.entered[i].status = node->entered_status[i];
        }
        return state;
}

/* --- the set of nodes --- */

static size_t hash_of(const struct node *node)
{
        const unsigned char *p = (const unsigned char *)node;
        uint64_t hash = 14695981039346656037U;

        for (size_t i = 0; i < offsetof(struct node, answer); i++)
                hash = (hash ^ p[i]) * 1099511628211U;
        return (size_t)(hash ^ (hash >> 32));
}

static int32_t *slot_of(const struct walker *w, const struct node *node)
{
        for (size_t i = hash_of(node);; i++) {
                int32_t *slot = &w->table[i % w->table_size];

                if (*slot < 0 || memcmp(&w->nodes[*slot], node, offsetof(struct node, answer)) == 0)
                        return slot;
        }
}

static bool grow(struct walker *w)
{
        size_t room = w->room > 0 ? w->room * 2 : 256;
        struct node *nodes = realloc(w->nodes, room * sizeof(*nodes));
        int32_t *table;

        if (!nodes)
                return false;
        w->nodes = nodes;
        table = malloc(room * 2 * sizeof(*table));
        if (!table)
                return false;
        free(w->table);
        w->table = table;
        w->table_size = room * 2;
        w->room = room;
        memset(table, 0xff, w->table_size * sizeof(*table));
        for (size_t i = 0; i < w->count; i++)
                *slot_of(w, &w->nodes[i]) = (int32_t)i;
        return true;
}

static void reach(struct walker *w, struct pjwt_stack_state state, unsigned marks, int32_t parent, int answer)
{
        struct node node;
        int32_t *slot;

        if (w->count == w->room && !grow(w)) {
                w->no_memory = true;
                return;
        }
        pjwt_stack_next(w->chain, &state); /* to the next line that is asked */
        node = pack(w, &state, marks);
        slot = slot_of(w, &node);
        if (*slot >= 0)
                return;
        if (w->count == STATES_MAX) {
                w->full = true;
                return;
        }
        node.parent = parent;
        node.answer = (uint8_t)answer;
        *slot = (int32_t)w->count;
        w->nodes[w->count++] = node;
}

/* --- the walk --- */

/* Returns whether the walk goes on. */
static bool tell(struct walker *w, int32_t last)
{
        struct pjwt_stack_state state = unpack(&w->nodes[last]);
        unsigned marks = w->nodes[last].marks;
        int result = state.ended ? PJWT_PAM_PERM_DENIED : pjwt_stack_result(&state);
        bool *told = &w->told[result == PJWT_PAM_SUCCESS            ? 0
                              : result == PJWT_PAM_NEW_AUTHTOK_REQD ? 1
                                                                    : 2][marks];
        struct pjwt_stack_stop *way;
        size_t count = 0;
        bool more;

        if (*told)
                return true;
        *told = true;
        for (int32_t i = last; w->nodes[i].parent != NO_PARENT; i = w->nodes[i].parent)
                count++;
        way = calloc(count + 1, sizeof(*way));
        if (!way) {
                w->no_memory = true;
                return false;
        }
        for (int32_t i = last, k = (int32_t)count; k > 0; i = w->nodes[i].parent)
                way[--k] = (struct pjwt_stack_stop){&w->chain->lines[w->nodes[w->nodes[i].parent].at],
                                                    w->nodes[i].answer};
        more = w->walk->end(w->walk->arg, result, marks, way, count);
        free(way);
        return more;
}

/* Answers that lead to the same state are one: the action, and what coarse() tells apart. */
struct effect {
        int action;
        int kind;
};

static struct effect effect_of(const struct pjwt_stack_line *line, int answer)
{
        struct effect effect = {PJWT_STACK_BAD, PJWT_PAM_PERM_DENIED};

        if (answer < PJWT_STACK_CODES)
                effect.action = line->actions[answer];
        if (answer == PJWT_PAM_SUCCESS || answer == PJWT_PAM_NEW_AUTHTOK_REQD ||
            answer == PJWT_PAM_INCOMPLETE)
                effect.kind = answer;
        return effect;
}

static void take_answers(struct walker *w, int32_t from, pjwt_stack_answers answers, unsigned marks)
{
        struct effect seen[PJWT_STACK_CODES + 1];
        const struct pjwt_stack_state before = unpack(&w->nodes[from]);
        const struct pjwt_stack_line *line = &w->chain->lines[before.at];
        size_t count = 0;

        for (int answer = 0; answer <= PJWT_STACK_NO_CODE && !w->no_memory; answer++) {
                struct effect effect = effect_of(line, answer);
                struct pjwt_stack_state state = before;
                size_t i = 0;

                while (i < count && (seen[i].action != effect.action || seen[i].kind != effect.kind))
                        i++;
                if (i < count || !(answers & PJWT_STACK_ANSWER(answer)))
                        continue;
                seen[count++] = effect;
                pjwt_stack_step(w->chain, &state, answer);
                reach(w, state, marks, from, answer);
        }
}

/* Returns whether the walk goes on. */
static bool visit(struct walker *w, int32_t index)
{
        struct pjwt_stack_state state = unpack(&w->nodes[index]);
        const struct pjwt_stack_line *line = pjwt_stack_next(w->chain, &state);
        struct pjwt_stack_branch branches[PJWT_STACK_BRANCHES];
        unsigned marks = w->nodes[index].marks;
        size_t count = 1;

        if (!line)
                return tell(w, index);
        if (line->kind == PJWT_STACK_FAILS)
                branches[0] = (struct pjwt_stack_branch){PJWT_STACK_ANSWER(PJWT_PAM_PERM_DENIED), marks};
        else
                count = w->walk->branches(w->walk->arg, line, marks, branches);
        for (size_t i = 0; i < count; i++)
                take_answers(w, index, branches[i].answers, branches[i].marks);
        return true;
}

static bool has_reset(const struct pjwt_stack_chain *chain)
{
        for (size_t i = 0; i < chain->count; i++)
                for (int k = 0; k < PJWT_STACK_CODES; k++)
                        if (chain->lines[i].actions[k] == PJWT_STACK_RESET)
                                return true;
        return false;
}

enum pjwt_reason pjwt_stack_walk(const struct pjwt_stack_chain *chain, const struct pjwt_stack_walk *walk,
                                 bool *retwhole, struct pjwt_error *reterr)
{
        struct walker *w = calloc(1, sizeof(*w));
        enum pjwt_reason reason = PJWT_OK;

        if (!w)
                return pjwt_fail_memory(reterr);
        w->chain = chain;
        w->walk = walk;
        w->resets = has_reset(chain);
        reach(w, pjwt_stack_begin(), 0, NO_PARENT, 0);
        for (size_t i = 0; i < w->count && !w->no_memory; i++)
                if (!visit(w, (int32_t)i))
                        break;
        if (w->no_memory)
                reason = pjwt_fail_memory(reterr);
        else
                *retwhole = !w->full;
        free(w->nodes);
        free(w->table);
        free(w);
        return reason;
}
