#include "pamstack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "input.h"

#define PAM_DIR   "/etc/pam.d/"
#define DEPTH_MAX 16 /* includes in includes, as in Linux-PAM */

struct reader {
        const char *root;
        struct cli_pam_stack *stack;
        unsigned substack; /* being read; 0: none */
        unsigned substacks;
};

static const char *const type_names[] = {"auth", "account", "session", "password"};

static void *grown(void *array, size_t count, size_t size)
{
        void *bigger = realloc(array, (count + 1) * size);

        if (!bigger)
                abort(); /* a command that reads a few kilobytes cannot continue */
        return bigger;
}

static void fault(struct reader *r, const char *file, unsigned line, const char *text)
{
        struct cli_pam_stack *s = r->stack;

        s->faults = grown(s->faults, s->fault_count, sizeof(*s->faults));
        s->faults[s->fault_count++] = (struct cli_pam_fault){strdup(file), line, strdup(text)};
}

/* The next word at *p: up to white space, or a whole [...]. NULL after the last. Modifies the text. */
static char *next_word(char **p)
{
        char *start = *p + strspn(*p, " \t");
        char *end;

        if (!*start)
                return NULL;
        end = *start == '[' ? strchr(start, ']') : NULL;
        end = end ? end + 1 : start + strcspn(start, " \t");
        *p = *end ? end + 1 : end;
        *end = '\0';
        return start;
}

static int type_of(const char *word)
{
        if (*word == '-')
                word++;
        for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
                if (strcasecmp(word, type_names[i]) == 0)
                        return (int)i;
        return -1;
}

static void read_file(struct reader *r, const char *name, int only, int depth, const char *from,
                      unsigned from_line);

static void read_substack(struct reader *r, const char *name, int only, int depth, const char *from,
                          unsigned from_line)
{
        unsigned outer = r->substack;

        r->substack = ++r->substacks;
        read_file(r, name, only, depth, from, from_line);
        r->substack = outer;
}

static void add_line(struct reader *r, enum cli_pam_type type, const char *control, const char *module,
                     char *rest, const char *file, unsigned number)
{
        struct cli_pam_stack *s = r->stack;
        const char *base = strrchr(module, '/');
        struct cli_pam_line line = {.type = type,
                                    .control = strdup(control),
                                    .module = strdup(base ? base + 1 : module),
                                    .file = strdup(file),
                                    .line = number,
                                    .substack = r->substack};
        char *word;

        while (line.arg_count < CLI_PAM_ARGS_MAX && (word = next_word(&rest))) {
                if (*word == '[' &&
                    word[strlen(word) - 1] == ']') { /* an argument that contains white space */
                        word[strlen(word) - 1] = '\0';
                        word++;
                }
                line.args[line.arg_count++] = strdup(word);
        }
        s->lines = grown(s->lines, s->count, sizeof(*s->lines));
        s->lines[s->count++] = line;
}

static void read_line(struct reader *r, char *text, const char *file, unsigned number, int only, int depth)
{
        char *rest = text;
        char *word = next_word(&rest);
        const char *control;
        const char *module;
        int type;

        if (!word)
                return;
        if (strcmp(word, "@include") == 0) {
                word = next_word(&rest);
                if (word)
                        read_file(r, word, only, depth + 1, file, number);
                return;
        }
        type = type_of(word);
        control = next_word(&rest);
        module = control ? next_word(&rest) : NULL;
        if (type < 0 || !module)
                fault(r, file, number, "PAM cannot parse this line");
        else if (only >= 0 && type != only)
                return;
        else if (strcmp(control, "include") == 0)
                read_file(r, module, type, depth + 1, file, number);
        else if (strcmp(control, "substack") == 0)
                read_substack(r, module, type, depth + 1, file, number);
        else
                add_line(r, (enum cli_pam_type)type, control, module, rest, file, number);
}

/* Lines end with LF; a backslash before it continues the line; # begins a comment. */
static void read_text(struct reader *r, char *text, const char *file, int only, int depth)
{
        unsigned number = 0;

        while (*text) {
                char *start = text;
                char *end = strchr(text, '\n');
                unsigned joined = 1;

                while (end && end > start && end[-1] == '\\') {
                        end[-1] = ' ';
                        *end = ' ';
                        joined++;
                        end = strchr(end, '\n');
                }
                text = end ? end + 1 : start + strlen(start);
                if (end)
                        *end = '\0';
                start[strcspn(start, "#")] = '\0';
                read_line(r, start, file, number + 1, only, depth);
                number += joined;
        }
}

/* only: the type to read, -1 for all. */
static void read_file(struct reader *r, const char *name, int only, int depth, const char *from,
                      unsigned from_line)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        char path[512];
        char text[600];

        snprintf(path, sizeof(path), "%s%s%s", r->root, *name == '/' ? "" : PAM_DIR, name);
        if (depth > DEPTH_MAX) {
                fault(r, from, from_line, "the file includes itself");
                return;
        }
        if (cli_input_file(path, &input, &err) != PJWT_OK) {
                snprintf(text, sizeof(text), "it includes %.400s, which cannot be read", name);
                fault(r, from, from_line, text);
                return;
        }
        snprintf(text, sizeof(text), "%s", path + strlen(r->root));
        read_text(r, input.bytes, text, only, depth);
        cli_input_clear(&input);
}

bool cli_pam_read(const char *root, const char *service, struct cli_pam_stack *ret)
{
        struct reader r = {.root = root, .stack = ret};

        *ret = (struct cli_pam_stack){0};
        read_file(&r, service, -1, 0, "", 0);
        if (ret->fault_count == 1 && !*ret->faults[0].file) {
                cli_pam_free(ret);
                return false;
        }
        return true;
}

void cli_pam_free(struct cli_pam_stack *stack)
{
        for (size_t i = 0; i < stack->count; i++) {
                free(stack->lines[i].control);
                free(stack->lines[i].module);
                free(stack->lines[i].file);
                for (size_t k = 0; k < stack->lines[i].arg_count; k++)
                        free(stack->lines[i].args[k]);
        }
        for (size_t i = 0; i < stack->fault_count; i++) {
                free(stack->faults[i].file);
                free(stack->faults[i].text);
        }
        free(stack->lines);
        free(stack->faults);
        *stack = (struct cli_pam_stack){0};
}

/* What the four keywords mean (pam.conf(5)). */
static const struct {
        const char *word;
        const char *means;
} words[] = {
        {"required", "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]"},
        {"requisite", "[success=ok new_authtok_reqd=ok ignore=ignore default=die]"},
        {"sufficient", "[success=done new_authtok_reqd=done default=ignore]"},
        {"optional", "[success=ok new_authtok_reqd=ok default=ignore]"},
};

/* The action after `name=` in [...], of len characters; NULL if there is none. */
static const char *find_action(const char *control, const char *name, size_t *retlen)
{
        size_t len = strlen(name);

        for (const char *p = control; (p = strstr(p, name)); p += len) {
                const char *before = p - 1;

                if (p == control || !strchr("[ \t", *before) || p[len] != '=')
                        continue;
                *retlen = strcspn(p + len + 1, " \t]");
                return p + len + 1;
        }
        return NULL;
}

const char *cli_pam_action(const char *control, const char *code, char ret[16])
{
        const char *action;
        size_t len = 0;

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (strcasecmp(control, words[i].word) == 0)
                        control = words[i].means;
        action = find_action(control, code, &len);
        if (!action)
                action = find_action(control, "default", &len);
        if (!action) { /* pam.conf(5): without default, a code that is not listed is bad */
                action = "bad";
                len = 3;
        }
        snprintf(ret, 16, "%.*s", (int)(len < 15 ? len : 15), action);
        return ret;
}
