/* Globs, and the execution of regular expressions compiled by regexcompile.c. */
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

#include "regexprogram.h"

/* The length of the character at s, at most len; an invalid byte counts as one. */
static size_t char_len(const char *s, size_t len)
{
        size_t n = 1;

        while (n < len && ((unsigned char)s[n] & 0xc0) == 0x80)
                n++;
        return n;
}

/*
 * One pass that backtracks to the last star and, if that must not match a slash, to the last double star:
 * at most pattern times text steps for each kind.
 */
bool pjwt_glob_match(const char *glob, const char *text, size_t len)
{
        const char *star = NULL, *stars = NULL; /* after the last * and ** */
        size_t i = 0, star_at = 0, stars_at = 0;

        for (;;) {
                if (glob[0] == '*' && glob[1] == '*') {
                        while (*glob == '*')
                                glob++;
                        stars = glob;
                        stars_at = i;
                        star = NULL;
                } else if (*glob == '*') {
                        star = ++glob;
                        star_at = i;
                } else if (*glob == '\0' && i == len) {
                        return true;
                } else if (i < len && *glob == '?') {
                        i += char_len(text + i, len - i);
                        glob++;
                } else if (i < len && *glob == text[i] && *glob != '\0') {
                        i++;
                        glob++;
                } else if (star && star_at < len && text[star_at] != '/') {
                        i = ++star_at;
                        glob = star;
                } else if (stars && stars_at < len) {
                        i = ++stars_at;
                        glob = stars;
                        star = NULL;
                } else {
                        return false;
                }
        }
}

/* ---- regular expressions ---- */

unsigned pjwt_next_char(const char **p, const char *end)
{
        const unsigned char *s = (const unsigned char *)*p;
        size_t len = char_len(*p, (size_t)(end - *p));
        unsigned c;

        if (len > 4 || (len == 1 && s[0] >= 0x80))
                return 0;
        c = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));
        for (size_t i = 1; i < len; i++)
                c = c << 6 | (s[i] & 0x3f);
        *p += len;
        return c;
}

unsigned pjwt_regex_groups(const struct pjwt_regex *regex)
{
        return regex->groups;
}

void pjwt_regex_free(struct pjwt_regex *regex)
{
        free(regex);
}

#define SLOTS (2 * (PJWT_REGEX_GROUPS + 1))
#define UNSET UINT32_MAX

struct state {
        unsigned pc;
        uint32_t slots[SLOTS];
};

/*
 * The states at one position of the text, best first; `seen` is the position at which an instruction was
 * last added.
 */
struct states {
        unsigned count;
        struct state at[PJWT_INST_MAX];
};

struct machine {
        const struct pjwt_regex *regex;
        struct states *now, *next;
        uint32_t seen[PJWT_INST_MAX];
};

/*
 * Follows instructions that consume no character. Each instruction is entered once for each position, which
 * limits the work, also for empty loops.
 */
static void add_state(struct machine *m, struct states *states, unsigned pc, uint32_t slots[SLOTS],
                      uint32_t place)
{
        const struct pjwt_inst *inst = &m->regex->inst[pc];
        uint32_t old;

        if (m->seen[pc] == place + 1)
                return;
        m->seen[pc] = place + 1;
        switch (inst->op) {
        case PJWT_OP_JUMP:
                add_state(m, states, inst->a, slots, place);
                break;
        case PJWT_OP_SPLIT:
                add_state(m, states, inst->a, slots, place);
                add_state(m, states, inst->b, slots, place);
                break;
        case PJWT_OP_SAVE:
                old = slots[inst->a];
                slots[inst->a] = place;
                add_state(m, states, pc + 1, slots, place);
                slots[inst->a] = old;
                break;
        case PJWT_OP_CHAR:
        case PJWT_OP_ANY:
        case PJWT_OP_CLASS:
        case PJWT_OP_MATCH:
                states->at[states->count].pc = pc;
                memcpy(states->at[states->count].slots, slots, SLOTS * sizeof(slots[0]));
                states->count++;
                break;
        }
}

static bool in_class(const struct pjwt_regex *regex, const struct pjwt_inst *inst, unsigned c)
{
        for (unsigned i = inst->a; i < inst->a + inst->b; i++)
                if (c >= regex->ranges[i].from && c <= regex->ranges[i].to)
                        return !inst->negated;
        return inst->negated && c != '\n';
}

static bool takes(const struct pjwt_regex *regex, const struct pjwt_inst *inst, unsigned c)
{
        return inst->op == PJWT_OP_CHAR    ? inst->a == c
               : inst->op == PJWT_OP_ANY   ? c != '\n'
               : inst->op == PJWT_OP_CLASS ? in_class(regex, inst, c)
                                           : false;
}

static void step(struct machine *m, unsigned c, uint32_t place)
{
        struct states *swap = m->now;

        m->next->count = 0;
        for (unsigned i = 0; i < m->now->count; i++)
                if (takes(m->regex, &m->regex->inst[m->now->at[i].pc], c))
                        add_state(m, m->next, m->now->at[i].pc + 1, m->now->at[i].slots, place);
        m->now = m->next;
        m->next = swap;
}

static void fill_spans(const struct state *state, size_t len, struct pjwt_group *spans)
{
        spans[0] = (struct pjwt_group){0, len};
        for (unsigned g = 1; g <= PJWT_REGEX_GROUPS; g++) {
                uint32_t start = state->slots[2 * g], end = state->slots[2 * g + 1];
                bool took = start != UNSET && end != UNSET;

                spans[g] = (struct pjwt_group){took ? start : SIZE_MAX, took ? end : SIZE_MAX};
        }
}

static bool run(struct machine *m, const char *text, size_t len, struct pjwt_group *spans)
{
        uint32_t slots[SLOTS];
        const char *p = text, *end = text + len;

        memset(slots, 0xff, sizeof(slots));
        add_state(m, m->now, 0, slots, 0);
        while (p < end && m->now->count > 0) {
                unsigned c = pjwt_next_char(&p, end);

                if (c == 0)
                        return false;
                step(m, c, (uint32_t)(p - text));
        }
        for (unsigned i = 0; i < m->now->count; i++)
                if (m->regex->inst[m->now->at[i].pc].op == PJWT_OP_MATCH) {
                        if (spans)
                                fill_spans(&m->now->at[i], len, spans);
                        return true;
                }
        return false;
}

bool pjwt_regex_match(const struct pjwt_regex *regex, const char *text, size_t len, struct pjwt_group *spans)
{
        struct machine m = {.regex = regex};
        bool matched = false;

        if (len > PJWT_REGEX_TEXT_MAX)
                return false;
        m.now = malloc(sizeof(*m.now));
        m.next = malloc(sizeof(*m.next));
        if (m.now && m.next) {
                m.now->count = m.next->count = 0;
                matched = run(&m, text, len, spans);
        }
        free(m.now);
        free(m.next);
        return matched;
}
