#include "stackread.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "stacktext.h"

#define PAM_D     "/etc/pam.d"
#define PAM_D_LIB "/usr/lib/pam.d"
#define PAM_CONF  "/etc/pam.conf"
#define OTHER     "other"

enum {
        ANY_TYPE = PJWT_STACK_TYPES,
        /*
         * Bounds of our own. A host of people has some dozen of each; libpam goes on until memory or
         * descriptors end.
         */
        DEPTH_MAX = 64,
        FILES_MAX = 2048,
        LINES_MAX = 16384,
        NOTES_MAX = 256,
        BYTES_MAX = 8 * 1024 * 1024
};

struct reader {
        const struct pjwt_stack_files *files;
        struct pjwt_stack *stack;
        size_t files_read;
        size_t bytes_read;
        size_t lines_read;
        bool out_of_memory;
        bool stopped; /* crash, hang, memory or a bound: nothing is read any more */
};

/* A file that is being read, and what its lines are read for. */
struct source {
        const char *file;
        const char *service; /* NULL: each line begins with one (/etc/pam.conf) */
        int type;            /* the type that is wanted, or ANY_TYPE */
        unsigned include_level;
        unsigned level;
        /* libpam keeps this array from line to line, and "@include" uses it without setting it. */
        int actions[PJWT_STACK_CODES];
        bool actions_set;
};

/* A line on its way into a chain. */
struct draft {
        unsigned number;
        char *rest;
        const char *service;
        int type;
        struct pjwt_stack_line line;
        bool include;
        bool substack;
        bool at_include;
};

static bool read_file(struct reader *r, const char *path, const struct source *how);

/* --- memory --- */

static void stop(struct reader *r)
{
        r->stopped = true;
}

static void no_memory(struct reader *r)
{
        r->out_of_memory = true;
        stop(r);
}

static const char *keep(struct reader *r, const char *s)
{
        char *copy = s ? pjwt_arena_dup(r->stack->arena, s, strlen(s)) : NULL;

        if (s && !copy)
                no_memory(r);
        return copy;
}

static void note(struct reader *r, enum pjwt_stack_note_kind kind, const char *file, unsigned line,
                 const char *what)
{
        struct pjwt_stack *s = r->stack;
        struct pjwt_stack_note *bigger;

        if (s->note_count >= NOTES_MAX)
                return;
        bigger = realloc(s->notes, (s->note_count + 1) * sizeof(*bigger));
        if (!bigger) {
                no_memory(r);
                return;
        }
        s->notes = bigger;
        s->notes[s->note_count] = (struct pjwt_stack_note){kind, keep(r, file), line, keep(r, what)};
        if (!r->out_of_memory)
                s->note_count++;
}

static void note_unknown(struct reader *r, enum pjwt_stack_note_kind kind, const char *file, unsigned line,
                         const char *what)
{
        note(r, kind, file, line, what);
        r->stack->unknown = true;
}

static void end_start(struct reader *r, enum pjwt_stack_start how)
{
        r->stack->start = how;
        stop(r);
}

/* --- chains --- */

/* What libpam calls the module in its log. It rejects the file if nothing is left of the name. */
static bool is_name(const char *module)
{
        const char *base = strrchr(module, '/');
        const char *dot;
        size_t len;

        base = base ? base + 1 : module;
        dot = strrchr(base, '.');
        len = dot ? (size_t)(dot - base) : strlen(base);
        return len > 0 && !(len == 1 && *base == '?');
}

static bool add(struct reader *r, const struct source *src, struct draft *d)
{
        struct pjwt_stack_chain *chain;
        struct pjwt_stack_line *bigger;

        if (d->type == ANY_TYPE) /* an "@include" that failed: there is no chain to put it into */
                return false;
        if (d->line.module && !is_name(d->line.module)) {
                note(r, PJWT_STACK_NOTE_MODULE_NAME, src->file, d->number, d->line.module);
                if (src->include_level >
                    0) /* a half-made line stays in the chain: its end is whatever memory holds */
                        note_unknown(r, PJWT_STACK_NOTE_UNDEFINED, src->file, d->number, "");
                return false;
        }
        chain = strcasecmp(d->service, OTHER) == 0 ? &r->stack->other[d->type] : &r->stack->own[d->type];
        bigger = realloc(chain->lines, (chain->count + 1) * sizeof(*bigger));
        if (!bigger) {
                no_memory(r);
                return false;
        }
        chain->lines = bigger;
        d->line.level = src->level;
        d->line.file = src->file;
        d->line.line = d->number;
        d->line.module = keep(r, d->line.module);
        if (!d->line.control)
                d->line.control = "";
        chain->lines[chain->count++] = d->line;
        return !r->out_of_memory;
}

/* --- one line --- */

static int type_of(const char *word)
{
        for (int i = 0; i < PJWT_STACK_TYPES; i++)
                if (strcasecmp(word, pjwt_stack_type_name((enum pjwt_stack_type)i)) == 0)
                        return i;
        return -1;
}

/*
 * The first word. A line that has none, or another, fails as a line of the type that is wanted, or as auth.
 */
static void read_type(struct reader *r, const struct source *src, struct draft *d)
{
        const char *word = pjwt_stack_word(&d->rest);
        int fallback = src->type == ANY_TYPE ? PJWT_STACK_AUTH : src->type;

        d->line.kind = PJWT_STACK_MODULE;
        if (!word) {
                note(r, PJWT_STACK_NOTE_NO_TYPE, src->file, d->number, "");
                d->line.kind = PJWT_STACK_FAILS;
                d->type = fallback;
                return;
        }
        if (*word == '-') {
                d->line.silent = true;
                word++;
        }
        d->type = type_of(word);
        if (d->type < 0 && r->stack->rules.at_include && strcasecmp(word, "@include") == 0) {
                d->at_include = d->include = true;
                d->type = src->type;
        } else if (d->type < 0) {
                note(r, PJWT_STACK_NOTE_TYPE, src->file, d->number, word);
                d->line.kind = PJWT_STACK_FAILS;
                d->type = fallback;
        }
}

static void set_all(int actions[PJWT_STACK_CODES], int only, int action)
{
        for (int i = 0; i < PJWT_STACK_CODES; i++)
                if (actions[i] == only || only == action)
                        actions[i] = action;
}

static void read_control(struct reader *r, struct source *src, struct draft *d)
{
        const char *word = pjwt_stack_word(&d->rest);

        set_all(src->actions, PJWT_STACK_UNSET, PJWT_STACK_UNSET);
        src->actions_set = true;
        d->line.control = keep(r, word);
        if (!word) {
                note(r, PJWT_STACK_NOTE_NO_CONTROL, src->file, d->number, "");
                set_all(src->actions, PJWT_STACK_UNSET, PJWT_STACK_BAD);
                d->line.kind = PJWT_STACK_FAILS;
        } else if (strcasecmp(word, "include") == 0) {
                d->include = true;
        } else if (strcasecmp(word, "substack") == 0) {
                d->include = d->substack = true;
        } else if (!pjwt_stack_control(&r->stack->rules, word, src->actions)) {
                note(r, PJWT_STACK_NOTE_CONTROL, src->file, d->number, word);
        }
}

static void read_args(struct reader *r, struct draft *d)
{
        size_t most = d->rest ? strlen(d->rest) / 2 + 1 : 0;
        const char **args = most > 0 ? pjwt_arena_alloc(r->stack->arena, most * sizeof(*args)) : NULL;
        const char *word;

        if (most > 0 && !args) {
                no_memory(r);
                return;
        }
        while (d->line.arg_count < most && (word = pjwt_stack_word(&d->rest)))
                args[d->line.arg_count++] = keep(r, word);
        d->line.args = args;
}

/* --- includes --- */

static enum pjwt_stack_file look(struct reader *r, const char *path, char **ret, size_t *retlen)
{
        return r->files->look(r->files->arg, path, ret, retlen);
}

static bool is_directory(struct reader *r, const char *path)
{
        return look(r, path, NULL, NULL) == PJWT_STACK_FILE_DIRECTORY;
}

/*
 * The path that libpam would open for a name: absolute as it is, else the first that exists. NULL if there is
 * none. ret has room for PATH_MAX bytes.
 */
static const char *find_file(struct reader *r, const char *name, char *ret, size_t size)
{
        const char *const dirs[] = {PAM_D, PAM_D_LIB, r->stack->rules.vendor_dir};

        if (*name == '/') {
                snprintf(ret, size, "%s", name);
                return look(r, ret, NULL, NULL) == PJWT_STACK_FILE_ABSENT ? NULL : ret;
        }
        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
                if (!*dirs[i])
                        continue;
                snprintf(ret, size, "%s/%s", dirs[i], name);
                if (look(r, ret, NULL, NULL) != PJWT_STACK_FILE_ABSENT)
                        return ret;
        }
        return NULL;
}

/* The limit of libpam, then ours. */
static bool is_too_deep(struct reader *r, const struct source *src, const struct source *inner)
{
        unsigned counted = r->stack->rules.include_limit ? inner->include_level : inner->level;

        if (counted >= PJWT_STACK_LEVELS) {
                note(r, PJWT_STACK_NOTE_LEVELS, src->file, 0, "");
                return true;
        }
        if (inner->include_level < DEPTH_MAX)
                return false;
        note_unknown(r, PJWT_STACK_NOTE_LIMIT, src->file, 0, "");
        stop(r);
        return true;
}

/* Returns whether the included file has been read without an error. */
static bool read_included(struct reader *r, const struct source *src, const struct draft *d, const char *name)
{
        struct source inner = {.service = d->service,
                               .type = d->type,
                               .include_level = src->include_level + 1,
                               .level = src->level + d->substack};
        char path[4200];
        char given[4200];

        /* Debian puts the directory before a relative name itself, and so ends the search in others. */
        if (r->stack->rules.at_include && *name != '/' && !is_directory(r, PAM_D))
                return false;
        if (is_too_deep(r, src, &inner))
                return false;
        snprintf(given, sizeof(given), "%s%s", r->stack->rules.at_include && *name != '/' ? PAM_D "/" : "",
                 name);
        if (!find_file(r, given, path, sizeof(path))) {
                note(r, PJWT_STACK_NOTE_INCLUDE, src->file, d->number, name);
                return false;
        }
        return read_file(r, path, &inner);
}

/* Returns false if the file that is being read is rejected. */
static bool include(struct reader *r, struct source *src, struct draft *d, const char *name)
{
        if (d->substack) {
                struct draft marker = *d;

                marker.line.kind = PJWT_STACK_SUBSTACK;
                marker.line.module = name;
                memcpy(marker.line.actions, src->actions, sizeof(src->actions));
                if (!add(r, src, &marker))
                        return false;
        }
        if (!name) {
                note(r, PJWT_STACK_NOTE_NO_FILE, src->file, d->number, "");
                if (r->stack->rules.at_include) { /* Debian's patch looks at the first letter of the name */
                        note(r, PJWT_STACK_NOTE_CRASH, src->file, d->number, "");
                        end_start(r, PJWT_STACK_CRASHES);
                        return false;
                }
        } else if (read_included(r, src, d, name)) {
                return true;
        }
        if (r->stopped)
                return false;
        if (d->type != ANY_TYPE && !src->actions_set)
                note_unknown(r, PJWT_STACK_NOTE_UNDEFINED, src->file, d->number, name ? name : "");
        src->actions_set = true;
        set_all(src->actions, PJWT_STACK_UNSET, PJWT_STACK_BAD);
        d->line.kind = PJWT_STACK_FAILS;
        d->line.module = NULL;
        memcpy(d->line.actions, src->actions, sizeof(src->actions));
        return add(r, src, d);
}

/* Returns false if the file that is being read is rejected. */
static bool read_line(struct reader *r, struct source *src, char *text, unsigned number)
{
        struct draft d = {.number = number, .rest = text, .service = src->service};
        const char *name;

        if (!d.service)
                d.service = pjwt_stack_word(&d.rest);
        if (!d.service ||
            (strcasecmp(d.service, r->stack->service) != 0 && strcasecmp(d.service, OTHER) != 0))
                return true;
        read_type(r, src, &d);
        if (!d.at_include) {
                if (src->type != ANY_TYPE && d.type != src->type)
                        return true;
                read_control(r, src, &d);
        }
        name = pjwt_stack_word(&d.rest);
        if (d.include)
                return include(r, src, &d, name);
        if (!name) {
                note(r, PJWT_STACK_NOTE_NO_MODULE, src->file, number, "");
                d.line.kind = PJWT_STACK_FAILS;
        }
        d.line.module = name;
        memcpy(d.line.actions, src->actions, sizeof(src->actions));
        read_args(r, &d);
        return !r->stopped && add(r, src, &d);
}

/* --- one file --- */

static void note_text(struct reader *r, const char *file, const struct pjwt_stack_text_note *n)
{
        char number[16];

        if (n->swallowed) {
                snprintf(number, sizeof(number), "%u", n->swallowed);
                note(r, PJWT_STACK_NOTE_SWALLOWED, file, n->first, number);
        }
        if (n->split)
                note(r, PJWT_STACK_NOTE_SPLIT, file, n->split, "");
}

static bool read_text(struct reader *r, struct source *src, struct pjwt_stack_text *text)
{
        struct pjwt_stack_text_note n;
        enum pjwt_stack_text_end end;
        char *line;

        while ((end = pjwt_stack_text_next(text, &line, &n)) == PJWT_STACK_TEXT_LINE) {
                note_text(r, src->file, &n);
                if (++r->lines_read > LINES_MAX) {
                        note_unknown(r, PJWT_STACK_NOTE_LIMIT, src->file, n.first, "");
                        stop(r);
                }
                if (r->stopped || !read_line(r, src, line, n.first) || r->stopped)
                        return false;
        }
        note_text(r, src->file, &n);
        if (end == PJWT_STACK_TEXT_BROKEN)
                note(r, PJWT_STACK_NOTE_BROKEN, src->file, n.first, "");
        if (end == PJWT_STACK_TEXT_ENDLESS) {
                note(r, PJWT_STACK_NOTE_ENDLESS, src->file, n.first, "");
                end_start(r, PJWT_STACK_HANGS);
        }
        return end == PJWT_STACK_TEXT_EOF;
}

static bool is_over_bounds(struct reader *r, const char *path, size_t len)
{
        r->files_read++;
        r->bytes_read += len;
        if (r->files_read <= FILES_MAX && r->bytes_read <= BYTES_MAX)
                return false;
        note_unknown(r, PJWT_STACK_NOTE_LIMIT, path, 0, "");
        stop(r);
        return true;
}

/* Returns whether libpam would read it without an error. */
static bool read_file(struct reader *r, const char *path, const struct source *how)
{
        struct source src = *how;
        struct pjwt_stack_text text = {.rules = NULL};
        char *bytes = NULL;
        size_t len = 0;
        enum pjwt_stack_file kind = look(r, path, &bytes, &len);
        bool good = false;

        src.file = keep(r, path);
        if (kind == PJWT_STACK_FILE_DIRECTORY)
                return !is_over_bounds(r, path, 0);
        if (kind == PJWT_STACK_FILE_UNREADABLE)
                note_unknown(r, PJWT_STACK_NOTE_UNREADABLE, path, 0, "");
        if (kind == PJWT_STACK_FILE_TEXT && !is_over_bounds(r, path, len) && !r->stopped) {
                if (pjwt_stack_text_open(&text, &r->stack->rules, bytes, len))
                        good = read_text(r, &src, &text);
                else
                        no_memory(r);
                pjwt_stack_text_free(&text);
        }
        free(bytes);
        return good;
}

/* --- a service --- */

static bool read_directories(struct reader *r)
{
        struct source src = {.service = r->stack->service, .type = ANY_TYPE};
        bool read_something = false;
        char path[4200];

        if (find_file(r, src.service, path, sizeof(path))) {
                if (!read_file(r, path, &src))
                        return false;
                read_something = true;
        }
        src.service = OTHER;
        if (find_file(r, OTHER, path, sizeof(path))) {
                if (!read_file(r, path, &src))
                        return false; /* a broken "other" ends every service */
                read_something = true;
        }
        if (!read_something)
                note(r, PJWT_STACK_NOTE_NO_SERVICE, "", 0, r->stack->service);
        return read_something;
}

static bool read_service(struct reader *r)
{
        const struct source conf = {.service = NULL, .type = ANY_TYPE};
        const char *vendor = r->stack->rules.vendor_dir;

        if (is_directory(r, PAM_D) || is_directory(r, PAM_D_LIB) || (*vendor && is_directory(r, vendor)))
                return read_directories(r);
        if (look(r, PAM_CONF, NULL, NULL) != PJWT_STACK_FILE_ABSENT)
                return read_file(r, PAM_CONF, &conf);
        note(r, PJWT_STACK_NOTE_NO_SERVICE, "", 0, r->stack->service);
        return false;
}

/* Without directories, in lower case. */
static const char *service_name(struct pjwt_stack *stack, const char *service)
{
        const char *base = strrchr(service, '/');
        char *name;

        base = base ? base + 1 : service;
        name = pjwt_arena_dup(stack->arena, base, strlen(base));
        for (char *p = name; p && *p; p++)
                *p = (char)tolower((unsigned char)*p);
        return name;
}

enum pjwt_reason pjwt_stack_read(const struct pjwt_stack_rules *rules, const struct pjwt_stack_files *files,
                                 const char *service, struct pjwt_stack **ret, struct pjwt_error *reterr)
{
        struct pjwt_stack *stack = calloc(1, sizeof(*stack));
        struct reader r = {.files = files, .stack = stack};
        bool good;

        if (!stack)
                return pjwt_fail_memory(reterr);
        stack->rules = *rules;
        stack->arena = pjwt_arena_new(4096);
        stack->service = stack->arena ? service_name(stack, service) : NULL;
        if (!stack->service) {
                pjwt_stack_free(stack);
                return pjwt_fail_memory(reterr);
        }
        good = read_service(&r);
        if (r.out_of_memory) {
                pjwt_stack_free(stack);
                return pjwt_fail_memory(reterr);
        }
        if (good && !r.stopped)
                stack->start = PJWT_STACK_STARTS;
        *ret = stack;
        return PJWT_OK;
}

void pjwt_stack_free(struct pjwt_stack *stack)
{
        if (!stack)
                return;
        for (int i = 0; i < PJWT_STACK_TYPES; i++) {
                free(stack->own[i].lines);
                free(stack->other[i].lines);
        }
        free(stack->notes);
        pjwt_arena_free(stack->arena);
        free(stack);
}
