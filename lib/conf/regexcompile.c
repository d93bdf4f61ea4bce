/* Compiles regular expressions: from text to a tree, from the tree to a program. */
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "regexprogram.h"

#define NODE_MAX  500
#define RANGE_MAX 500
#define COUNT_MAX 200
#define DEPTH_MAX 32
#define VISIT_MAX 50000

enum node_kind { NODE_EMPTY, NODE_CHAR, NODE_ANY, NODE_CLASS, NODE_CAT, NODE_ALT, NODE_GROUP, NODE_REPEAT };

/* A node of an expression tree; children are indices, so that nothing has to be freed. */
struct node {
        enum node_kind kind;
        unsigned left, right; /* children; CHAR: code point; CLASS: ranges; GROUP: left and its number */
        unsigned min, max;    /* REPEAT; max 0: unlimited */
        bool negated;
};

struct parser {
        const char *start, *p;
        const char *problem; /* the first */
        unsigned depth;
        unsigned groups;
        unsigned inst_count;
        unsigned range_count;
        unsigned node_count;
        unsigned visits; /* of the nodes, while the program is generated */
        struct pjwt_inst inst[PJWT_INST_MAX];
        struct pjwt_range ranges[RANGE_MAX];
        struct node nodes[NODE_MAX];
};

static unsigned problem(struct parser *s, const char *what)
{
        if (!s->problem)
                s->problem = what;
        return 0;
}

static unsigned new_node(struct parser *s, struct node node)
{
        if (s->node_count >= NODE_MAX)
                return problem(s, "the expression is too large");
        s->nodes[s->node_count] = node;
        return s->node_count++;
}

static unsigned pattern_char(struct parser *s)
{
        unsigned c = pjwt_next_char(&s->p, s->p + strlen(s->p));

        return c ? c : problem(s, "invalid UTF-8");
}

static void add_range(struct parser *s, unsigned from, unsigned to)
{
        if (s->range_count >= RANGE_MAX)
                (void)problem(s, "the expression is too large");
        else if (to < from)
                (void)problem(s, "a range in reverse order");
        else
                s->ranges[s->range_count++] = (struct pjwt_range){from, to};
}

/* \d and \w: ASCII, independent of the locale. */
static bool add_named_class(struct parser *s, char name)
{
        if (name != 'd' && name != 'w')
                return false;
        add_range(s, '0', '9');
        if (name == 'w') {
                add_range(s, 'A', 'Z');
                add_range(s, 'a', 'z');
                add_range(s, '_', '_');
        }
        return true;
}

static bool is_punctuation(char c)
{
        return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
               !(c >= 'a' && c <= 'z');
}

static unsigned escaped_char(struct parser *s)
{
        if (!is_punctuation(*s->p))
                return problem(s, "only punctuation, d or w may follow a backslash");
        return (unsigned char)*s->p++;
}

static void parse_class_item(struct parser *s)
{
        unsigned from, to;

        if (s->p[0] == '\\' && add_named_class(s, s->p[1])) {
                s->p += 2;
                return;
        }
        if (s->p[0] == '[' && (s->p[1] == ':' || s->p[1] == '.' || s->p[1] == '=')) {
                (void)problem(s, "[:name:] is not supported; list the characters");
                return;
        }
        from = *s->p == '\\' ? (s->p++, escaped_char(s)) : pattern_char(s);
        to = from;
        if (s->p[0] == '-' && s->p[1] != ']' && s->p[1] != '\0') {
                s->p++;
                to = *s->p == '\\' ? (s->p++, escaped_char(s)) : pattern_char(s);
        }
        add_range(s, from, to);
}

static unsigned parse_class(struct parser *s)
{
        struct node node = {.kind = NODE_CLASS, .left = s->range_count};

        if (*s->p == '^') {
                node.negated = true;
                s->p++;
        }
        if (*s->p == ']')
                return problem(s, "an empty [...]; write \\] for a literal bracket");
        while (*s->p && *s->p != ']' && !s->problem)
                parse_class_item(s);
        if (*s->p != ']')
                return problem(s, "an unterminated [");
        s->p++;
        node.right = s->range_count - node.left;
        return new_node(s, node);
}

static unsigned parse_alternatives(struct parser *s);

static unsigned parse_group(struct parser *s)
{
        unsigned number = 0, inner;

        if (s->p[0] == '?' && s->p[1] == ':')
                s->p += 2;
        else if (s->p[0] == '?')
                return problem(s, "only : may follow (?");
        else if (s->groups >= PJWT_REGEX_GROUPS)
                return problem(s, "more than 9 groups; use (?: ) for groups without a number");
        else
                number = ++s->groups;
        inner = parse_alternatives(s);
        if (*s->p != ')')
                return problem(s, "an unterminated (");
        s->p++;
        return number ? new_node(s, (struct node){.kind = NODE_GROUP, .left = inner, .right = number})
                      : inner;
}

static unsigned parse_escape(struct parser *s)
{
        struct node node = {.kind = NODE_CLASS, .left = s->range_count};

        if (*s->p >= '1' && *s->p <= '9')
                return problem(s, "back-references are not supported");
        if (add_named_class(s, *s->p)) {
                s->p++;
                node.right = s->range_count - node.left;
                return new_node(s, node);
        }
        return new_node(s, (struct node){.kind = NODE_CHAR, .left = escaped_char(s)});
}

static unsigned parse_atom(struct parser *s)
{
        unsigned c;

        switch (*s->p) {
        case '(':
                s->p++;
                return parse_group(s);
        case '[':
                s->p++;
                return parse_class(s);
        case '\\':
                s->p++;
                return parse_escape(s);
        case '.':
                s->p++;
                return new_node(s, (struct node){.kind = NODE_ANY});
        case '^':
        case '$':
                return problem(s, "the whole value is matched; remove ^ and $, or write \\^ and \\$");
        case '*':
        case '+':
        case '?':
        case '{':
                return problem(s, "nothing to repeat; write a backslash before a literal * + ? or {");
        case '}':
        case ']':
                return problem(s, "an unmatched bracket; write a backslash before a literal one");
        default:
                c = pattern_char(s);
                return new_node(s, (struct node){.kind = NODE_CHAR, .left = c});
        }
}

static unsigned parse_number(struct parser *s)
{
        unsigned n = 0;

        if (*s->p < '0' || *s->p > '9')
                return problem(s, "a count must be written {m}, {m,} or {m,n}");
        for (; *s->p >= '0' && *s->p <= '9'; s->p++)
                n = n > COUNT_MAX ? n : n * 10 + (unsigned)(*s->p - '0');
        return n > COUNT_MAX ? problem(s, "a count must be at most 200") : n;
}

static struct node parse_count(struct parser *s)
{
        struct node node = {.kind = NODE_REPEAT};

        node.min = node.max = parse_number(s);
        if (*s->p == ',') {
                s->p++;
                node.max = *s->p == '}' ? 0 : parse_number(s);
                if (node.max != 0 && node.max < node.min)
                        (void)problem(s, "a count in reverse order");
        } else if (node.max == 0) {
                (void)problem(s, "a count of zero");
        }
        if (*s->p == '}')
                s->p++;
        else
                (void)problem(s, "a count must be written {m}, {m,} or {m,n}");
        return node;
}

static unsigned parse_repeated(struct parser *s)
{
        unsigned atom = parse_atom(s);
        struct node node = {.kind = NODE_REPEAT, .left = atom};
        char c = *s->p;

        if (s->problem || c == '\0' || !strchr("*+?{", c))
                return atom;
        s->p++;
        if (c == '{') {
                node = parse_count(s);
                node.left = atom;
        } else {
                node.min = c == '+';
                node.max = c == '?';
        }
        if (!s->problem && *s->p && strchr("*+?{", *s->p))
                return problem(s, "a repeated repetition; use (?: )");
        return new_node(s, node);
}

static unsigned parse_sequence(struct parser *s)
{
        unsigned left;

        if (*s->p == '\0' || *s->p == '|' || *s->p == ')')
                return new_node(s, (struct node){.kind = NODE_EMPTY});
        left = parse_repeated(s);
        while (!s->problem && *s->p && *s->p != '|' && *s->p != ')')
                left = new_node(s, (struct node){.kind = NODE_CAT, .left = left, .right = parse_repeated(s)});
        return left;
}

static unsigned parse_alternatives(struct parser *s)
{
        unsigned left;

        if (++s->depth > DEPTH_MAX)
                return problem(s, "groups are nested too deeply");
        left = parse_sequence(s);
        while (!s->problem && *s->p == '|') {
                s->p++;
                left = new_node(s, (struct node){.kind = NODE_ALT, .left = left, .right = parse_sequence(s)});
        }
        s->depth--;
        return left;
}

/* ---- from the tree to the program ---- */

static unsigned emit(struct parser *s, struct pjwt_inst inst)
{
        if (s->inst_count >= PJWT_INST_MAX)
                return problem(s, "the expression is too large");
        s->inst[s->inst_count] = inst;
        return s->inst_count++;
}

static void emit_node(struct parser *s, unsigned i);

/* x? is a SPLIT over x; the preferred alternative comes first, so that repetitions are greedy. */
static void emit_optional(struct parser *s, unsigned i)
{
        unsigned split = emit(s, (struct pjwt_inst){.op = PJWT_OP_SPLIT});

        emit_node(s, i);
        s->inst[split].a = split + 1;
        s->inst[split].b = s->inst_count;
}

static void emit_star(struct parser *s, unsigned i)
{
        unsigned split = emit(s, (struct pjwt_inst){.op = PJWT_OP_SPLIT});

        emit_node(s, i);
        (void)emit(s, (struct pjwt_inst){.op = PJWT_OP_JUMP, .a = split});
        s->inst[split].a = split + 1;
        s->inst[split].b = s->inst_count;
}

static void emit_repeat(struct parser *s, const struct node *node)
{
        for (unsigned n = 0; n < node->min && !s->problem; n++)
                emit_node(s, node->left);
        if (node->max == 0)
                emit_star(s, node->left);
        for (unsigned n = node->min; n < node->max && !s->problem; n++)
                emit_optional(s, node->left);
}

static void emit_alternatives(struct parser *s, const struct node *node)
{
        unsigned split = emit(s, (struct pjwt_inst){.op = PJWT_OP_SPLIT}), jump;

        emit_node(s, node->left);
        jump = emit(s, (struct pjwt_inst){.op = PJWT_OP_JUMP});
        s->inst[split].a = split + 1;
        s->inst[split].b = s->inst_count;
        emit_node(s, node->right);
        s->inst[jump].a = s->inst_count;
}

static void emit_node(struct parser *s, unsigned i)
{
        const struct node *node = &s->nodes[i];

        /*
         * Empty expressions generate no code, so the limit of the program size does not stop nested counts
         * of them.
         */
        if (!s->problem && ++s->visits > VISIT_MAX)
                (void)problem(s, "too many nested counts; write a simpler expression");
        if (s->problem)
                return;
        switch (node->kind) {
        case NODE_EMPTY:
                break;
        case NODE_CHAR:
                (void)emit(s, (struct pjwt_inst){.op = PJWT_OP_CHAR, .a = node->left});
                break;
        case NODE_ANY:
                (void)emit(s, (struct pjwt_inst){.op = PJWT_OP_ANY});
                break;
        case NODE_CLASS:
                (void)emit(s, (struct pjwt_inst){PJWT_OP_CLASS, node->left, node->right, node->negated});
                break;
        case NODE_CAT:
                emit_node(s, node->left);
                emit_node(s, node->right);
                break;
        case NODE_ALT:
                emit_alternatives(s, node);
                break;
        case NODE_GROUP:
                (void)emit(s, (struct pjwt_inst){.op = PJWT_OP_SAVE, .a = 2 * node->right});
                emit_node(s, node->left);
                (void)emit(s, (struct pjwt_inst){.op = PJWT_OP_SAVE, .a = 2 * node->right + 1});
                break;
        case NODE_REPEAT:
                emit_repeat(s, node);
                break;
        }
}

static void compile(struct parser *s)
{
        unsigned root = parse_alternatives(s);

        if (!s->problem && *s->p)
                (void)problem(s, "an unmatched )");
        emit_node(s, root);
        (void)emit(s, (struct pjwt_inst){.op = PJWT_OP_MATCH});
}

/* One block of the exact size: a policy may contain thousands. */
static struct pjwt_regex *pack(const struct parser *s)
{
        size_t inst_size = s->inst_count * sizeof(struct pjwt_inst),
               range_size = s->range_count * sizeof(struct pjwt_range);
        struct pjwt_regex *regex = malloc(sizeof(*regex) + inst_size + range_size);

        if (!regex)
                return NULL;
        regex->groups = s->groups;
        regex->len = s->inst_count;
        regex->ranges = (struct pjwt_range *)(void *)(regex->inst + s->inst_count);
        memcpy(regex->inst, s->inst, inst_size);
        memcpy(regex->ranges, s->ranges, range_size);
        return regex;
}

enum pjwt_reason pjwt_regex_compile(const char *pattern, struct pjwt_regex **ret, struct pjwt_error *reterr)
{
        struct parser *s = malloc(sizeof(*s));
        struct pjwt_regex *regex = NULL;
        enum pjwt_reason reason;

        if (!s)
                return pjwt_fail_memory(reterr);
        s->start = s->p = pattern;
        s->problem = NULL;
        s->depth = s->groups = s->inst_count = s->range_count = s->node_count = s->visits = 0;
        compile(s);
        if (s->problem)
                reason = pjwt_fail(reterr, PJWT_CONFIG, "regex: character %u: %s",
                                   (unsigned)(s->p - s->start) + 1, s->problem);
        else
                reason = (regex = pack(s)) ? PJWT_OK : pjwt_fail_memory(reterr);
        if (reason == PJWT_OK)
                *ret = regex;
        free(s);
        return reason;
}
