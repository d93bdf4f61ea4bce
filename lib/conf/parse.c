#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "readvalue.h"
#include "sections.h"
#include "whole.h"

static void set_default(struct pjwt_reader *r, const struct pjwt_row *row, void *start)
{
        char *def = pjwt_reader_dup(r, row->def, strlen(row->def));

        pjwt_reader_at(r, (struct pjwt_origin){"defaults", 0}, row->name);
        if (def)
                (void)pjwt_read_value(r, row, start, def);
}

/* The initial values of a section: the defaults of the rows, read by the same code as the file. */
static bool set_defaults(struct pjwt_reader *r)
{
        void *starts[PJWT_KIND_COUNT] = {r->conf, &r->new_issuer, &r->new_grant, &r->new_service};
        const struct pjwt_row *row;

        r->new_issuer.algorithms = pjwt_alg_default();
        for (enum pjwt_kind kind = PJWT_KIND_HOST; kind < PJWT_KIND_COUNT; kind++)
                for (size_t i = 0; (row = pjwt_row_at(kind, i)) && !r->no_memory; i++)
                        if (row->def)
                                set_default(r, row, starts[kind]);
        return !r->failed && !r->no_memory;
}

static enum pjwt_reason read_sources(struct pjwt_reader *r, const struct pjwt_sources *sources)
{
        for (size_t i = 0; i < sources->count; i++) {
                const struct pjwt_source *source = &sources->at[i];
                char *file = pjwt_reader_dup(r, source->file, strlen(source->file));
                enum pjwt_reason reason;

                if (!file)
                        return PJWT_NO_MEMORY;
                r->kind = PJWT_KIND_NONE;
                reason = pjwt_ini_cut(source->text, source->len, file, pjwt_read_line, pjwt_bad_line, r,
                                      r->reterr);
                if (reason != PJWT_OK && reason != PJWT_CONFIG)
                        return reason;
                r->failed = r->failed || reason != PJWT_OK;
        }
        pjwt_whole_check(r);
        return r->no_memory ? PJWT_NO_MEMORY : r->failed ? PJWT_CONFIG : PJWT_OK;
}

/* Transfers the texts to the policy, also on failure. */
static bool adopt(struct pjwt_conf *conf, struct pjwt_sources *sources)
{
        conf->texts = calloc(sources->count + 1, sizeof(*conf->texts));
        for (size_t i = 0; conf->texts && i < sources->count; i++) {
                conf->texts[conf->text_count++] = sources->at[i].text;
                sources->at[i].text = NULL;
        }
        return conf->texts;
}

/* The maximum number of sections of each kind: lines that begin like one. */
static void count_sections(const struct pjwt_source *source, size_t counts[PJWT_KIND_COUNT])
{
        const char *end = source->text + source->len, *p = source->text;

        for (; p < end && (p = memchr(p, '[', (size_t)(end - p))); p++)
                for (enum pjwt_kind kind = PJWT_KIND_HOST;
                     (p == source->text || p[-1] == '\n') && kind < PJWT_KIND_COUNT; kind++)
                        counts[kind] += p + 1 < end && p[1] == pjwt_kind_name(kind)[0];
}

/*
 * Allocates the arena and the arrays in it: their size is known before the first line is read, so they
 * never move.
 */
static bool make_room(struct pjwt_reader *r, const struct pjwt_sources *sources)
{
        struct pjwt_conf *conf = r->conf;
        size_t expected = 0; /* lists take about as much memory as their text */

        for (size_t i = 0; i < sources->count; i++) {
                count_sections(&sources->at[i], r->room);
                expected += sources->at[i].len;
        }
        expected += r->room[PJWT_KIND_GRANT] * sizeof(*conf->grants);
        conf->arena = pjwt_arena_new(expected);
        if (!conf->arena)
                return false;
        conf->issuers = pjwt_arena_alloc(conf->arena, r->room[PJWT_KIND_ISSUER] * sizeof(*conf->issuers));
        conf->grants = pjwt_arena_alloc(conf->arena, r->room[PJWT_KIND_GRANT] * sizeof(*conf->grants));
        conf->services = pjwt_arena_alloc(conf->arena, r->room[PJWT_KIND_SERVICE] * sizeof(*conf->services));
        return conf->issuers && conf->grants && conf->services;
}

static enum pjwt_reason build(struct pjwt_reader *r, struct pjwt_sources *sources)
{
        struct pjwt_sources borrowed = *sources;
        enum pjwt_reason reason = PJWT_NO_MEMORY;

        borrowed.at = calloc(sources->count + 1, sizeof(*borrowed.at));
        r->conf = calloc(1, sizeof(*r->conf));
        if (borrowed.at && r->conf) {
                if (sources->count)
                        memcpy(borrowed.at, sources->at, sources->count * sizeof(*borrowed.at));
                if (make_room(r, sources) && adopt(r->conf, sources) && set_defaults(r))
                        reason = read_sources(r, &borrowed);
        }
        free(borrowed.at);
        return reason;
}

void pjwt_sources_free(struct pjwt_sources *sources)
{
        for (size_t i = 0; i < sources->count; i++) {
                free(sources->at[i].file);
                free(sources->at[i].text);
        }
        free(sources->at);
}

enum pjwt_reason pjwt_sources_add(struct pjwt_sources *sources, const char *file, char *text, size_t len,
                                  struct pjwt_error *reterr)
{
        struct pjwt_source *more = text ? realloc(sources->at, (sources->count + 1) * sizeof(*more)) : NULL;
        char *name = more ? strdup(file) : NULL;

        if (more)
                sources->at = more;
        if (!name) {
                free(text);
                return pjwt_fail_memory(reterr);
        }
        sources->at[sources->count++] = (struct pjwt_source){name, text, len};
        return PJWT_OK;
}

enum pjwt_reason pjwt_sources_check(struct pjwt_sources *sources, const char *hostname,
                                    pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                    struct pjwt_error *reterr)
{
        struct pjwt_reader r = {
                .hostname = hostname, .report = report, .arg = arg, .reterr = reterr, .kind = PJWT_KIND_NONE};
        enum pjwt_reason reason = build(&r, sources);

        if (reason != PJWT_OK) {
                pjwt_conf_free(r.conf);
                return reason == PJWT_NO_MEMORY ? pjwt_fail_memory(reterr) : reason;
        }
        if (report)
                pjwt_conf_warn(r.conf, report, arg);
        *ret = r.conf;
        return PJWT_OK;
}

enum pjwt_reason pjwt_conf_check(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                 struct pjwt_error *reterr)
{
        struct pjwt_sources sources = {0};
        enum pjwt_reason reason = PJWT_OK;

        for (size_t i = 0; reason == PJWT_OK && i < count; i++) {
                char *copy = texts[i].len < PJWT_INI_BYTES_MAX * 2 ? malloc(texts[i].len + 1) : NULL;

                if (copy && texts[i].len > 0)
                        memcpy(copy, texts[i].text, texts[i].len);
                reason = pjwt_sources_add(&sources, texts[i].file, copy, texts[i].len, reterr);
        }
        if (reason == PJWT_OK)
                reason = pjwt_sources_check(&sources, hostname, report, arg, ret, reterr);
        pjwt_sources_free(&sources);
        return reason;
}

enum pjwt_reason pjwt_conf_parse(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 struct pjwt_conf **ret, struct pjwt_error *reterr)
{
        return pjwt_conf_check(texts, count, hostname, NULL, NULL, ret, reterr);
}
