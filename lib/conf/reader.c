#include "reader.h"

#include <stdarg.h>
#include <stdio.h>

#include "arena.h"

bool pjwt_wrong(struct pjwt_reader *r, const char *fmt, ...)
{
        char text[400];
        const struct pjwt_conf_problem problem = {false, r->origin, r->key, text};
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        r->failed = true;
        (void)pjwt_fail(r->reterr, PJWT_CONFIG, r->key ? "%s:%u: %.80s: %s" : "%s:%u: %.0s%s", r->origin.file,
                        r->origin.line, r->key ? r->key : "", text);
        if (r->report)
                r->report(r->arg, &problem);
        return false;
}

void pjwt_reader_at(struct pjwt_reader *r, struct pjwt_origin origin, const char *key)
{
        r->origin = origin;
        r->key = key;
}

bool pjwt_reader_no_memory(struct pjwt_reader *r)
{
        r->no_memory = true;
        return false;
}

void *pjwt_reader_alloc(struct pjwt_reader *r, size_t size)
{
        void *p = pjwt_arena_alloc(r->conf->arena, size);

        if (!p)
                r->no_memory = true;
        return p;
}

char *pjwt_reader_dup(struct pjwt_reader *r, const char *s, size_t len)
{
        char *copy = pjwt_arena_dup(r->conf->arena, s, len);

        if (!copy)
                r->no_memory = true;
        return copy;
}

char *pjwt_kept(const char *s)
{
        return (char *)(uintptr_t)s;
}
