#include "sections.h"

#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "readmatch.h"
#include "readvalue.h"
#include "value.h"

static bool key_of_nothing(struct pjwt_reader *r)
{
        char names[256] = "";
        const struct pjwt_row *row;
        size_t len = 0;

        for (size_t i = 0; (row = pjwt_row_at(r->kind, i)) && len < sizeof(names); i++)
                len += (size_t)snprintf(names + len, sizeof(names) - len, " %s%s", row->name,
                                        row->type == PJWT_TYPE_MATCH ? "CLAIM" : "");
        return pjwt_wrong(r, "unknown key; use one of%s", names);
}

static const char *row_name_at(const void *kind, size_t i)
{
        const struct pjwt_row *row = pjwt_row_at(*(const enum pjwt_kind *)kind, i);

        return row ? row->name : NULL;
}

/* Only the word before the dot of match.CLAIM can be misspelt, and no other key has a dot. */
static const char *nearest_key(const struct pjwt_reader *r)
{
        char head[16] = "";
        size_t len = strcspn(r->key, ".") + 1;

        if (len >= sizeof(head) || len > strlen(r->key))
                return pjwt_nearest(r->key, row_name_at, &r->kind);
        memcpy(head, r->key, len);
        return pjwt_nearest(head, row_name_at, &r->kind);
}

static bool unknown_key(struct pjwt_reader *r)
{
        const char *near = nearest_key(r);
        size_t i;

        if (near)
                return pjwt_wrong(r, "unknown key; did you mean %s%s?", near,
                                  strcmp(near, "match.") == 0 ? "CLAIM" : "");
        for (enum pjwt_kind kind = PJWT_KIND_HOST; kind < PJWT_KIND_COUNT; kind++)
                if (pjwt_row_find(kind, r->key, &i))
                        return pjwt_wrong(r, "unknown key in this section; it belongs in [%s%s]",
                                          pjwt_kind_name(kind), kind == PJWT_KIND_HOST ? "" : "/NAME");
        return key_of_nothing(r);
}

static void read_key(struct pjwt_reader *r, const char *value)
{
        size_t i = 0;
        const struct pjwt_row *row = pjwt_row_find(r->kind, r->key, &i);
        unsigned *line;

        if (!row) {
                (void)unknown_key(r);
        } else if (row->type == PJWT_TYPE_MATCH) {
                (void)pjwt_read_match(r, value);
        } else {
                line = &r->lines[i];
                if (*line)
                        (void)pjwt_wrong(r, "duplicate key, already set on line %u", *line);
                else
                        (void)pjwt_read_value(r, row, r->section, value);
                if (!*line) /* set even if the value is invalid, to avoid a second error "missing" */
                        *line = r->origin.line;
        }
}

/*
 * Adds an element to an array of the policy. There is room for all sections in the texts (make_room()); if
 * the count were wrong, this would fail as out of memory, and never write past the end.
 */
static void *append(struct pjwt_reader *r, enum pjwt_kind kind, void *array, size_t *count, size_t size,
                    const void *start)
{
        if (*count >= r->room[kind]) {
                r->no_memory = true;
                return NULL;
        }
        return memcpy((char *)array + (*count)++ * size, start, size);
}

static void open_host(struct pjwt_reader *r)
{
        if (r->host_origin.file) {
                (void)pjwt_wrong(r, "the section [host] is already defined at %s:%u; merge the two",
                                 r->host_origin.file, r->host_origin.line);
                return;
        }
        r->host_origin = r->origin;
        r->section = r->conf;
        r->lines = r->host_lines;
        r->kind = PJWT_KIND_HOST;
}

static void open_issuer(struct pjwt_reader *r, const char *name)
{
        struct pjwt_conf *conf = r->conf;
        struct pjwt_issuer *issuer;

        if (!pjwt_value_issuer_name_ok(name)) {
                (void)pjwt_wrong(
                        r, "not a valid issuer name; use at most 64 of A-Z a-z 0-9 . _ -, without a leading "
                           "dot");
                return;
        }
        issuer = append(r, PJWT_KIND_ISSUER, conf->issuers, &conf->issuer_count, sizeof(*issuer),
                        &r->new_issuer);
        if (!issuer)
                return;
        issuer->name = pjwt_kept(name);
        issuer->origin = r->origin;
        r->section = issuer;
        r->lines = issuer->lines;
        r->kind = PJWT_KIND_ISSUER;
}

static void open_grant(struct pjwt_reader *r, const char *name)
{
        struct pjwt_conf *conf = r->conf;
        struct pjwt_grant *grant =
                append(r, PJWT_KIND_GRANT, conf->grants, &conf->grant_count, sizeof(*grant), &r->new_grant);

        if (!grant)
                return;
        grant->name = pjwt_kept(name);
        grant->origin = r->origin;
        r->section = grant;
        r->lines = grant->lines;
        r->kind = PJWT_KIND_GRANT;
}

static void open_service(struct pjwt_reader *r, const char *name)
{
        struct pjwt_conf *conf = r->conf;
        struct pjwt_service *service;

        if (!pjwt_value_service_ok(name)) {
                (void)pjwt_wrong(
                        r, "'%.80s': not a PAM service name; use lower case letters, digits and . _ @ -",
                        name);
                return;
        }
        service = append(r, PJWT_KIND_SERVICE, conf->services, &conf->service_count, sizeof(*service),
                         &r->new_service);
        if (!service)
                return;
        service->name = pjwt_kept(name);
        service->origin = r->origin;
        r->section = service;
        r->lines = service->lines;
        r->kind = PJWT_KIND_SERVICE;
}

static const char *kind_name_at(const void *table, size_t i)
{
        (void)table;
        return i < PJWT_KIND_COUNT ? pjwt_kind_name((enum pjwt_kind)i) : NULL;
}

static void unknown_section(struct pjwt_reader *r, const char *kind)
{
        const char *near = pjwt_nearest(kind, kind_name_at, NULL);

        if (near) {
                (void)pjwt_wrong(r, "unknown section [%.40s]; did you mean [%s%s]?", kind, near,
                                 strcmp(near, pjwt_kind_name(PJWT_KIND_HOST)) == 0 ? "" : "/NAME");
                return;
        }
        (void)pjwt_wrong(r,
                         "unknown section [%.40s]; use [host], [issuer/NAME], [grant/NAME] or [service/NAME]",
                         kind);
}

static void open_section(struct pjwt_reader *r, const char *kind, const char *name)
{
        r->kind = PJWT_KIND_NONE;
        if (strcmp(kind, "host") == 0 && !name)
                open_host(r);
        else if (strcmp(kind, "issuer") == 0 && name)
                open_issuer(r, name);
        else if (strcmp(kind, "grant") == 0 && name)
                open_grant(r, name);
        else if (strcmp(kind, "service") == 0 && name)
                open_service(r, name);
        else
                unknown_section(r, kind);
}

enum pjwt_reason pjwt_read_line(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        struct pjwt_reader *r = arg;

        (void)reterr;
        pjwt_reader_at(r, line->origin, line->key);
        if (!line->key)
                open_section(r, line->kind, line->name);
        else if (r->kind != PJWT_KIND_NONE)
                read_key(r, line->value);
        return r->no_memory ? PJWT_NO_MEMORY : PJWT_OK;
}

void pjwt_bad_line(void *arg, struct pjwt_origin origin, const char *key, const char *what)
{
        struct pjwt_reader *r = arg;

        pjwt_reader_at(r, origin, key);
        (void)pjwt_wrong(r, "%s", what);
}
