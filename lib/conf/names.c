#include "names.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
        const struct pjwt_named *x = a, *y = b;
        int order = strcmp(x->name, y->name);

        return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void refuse_repeated(struct pjwt_reader *r, struct pjwt_named *names, size_t count, const char *key,
                            const char *what)
{
        qsort(names, count, sizeof(*names), by_name);
        for (size_t i = 1; i < count; i++)
                if (strcmp(names[i - 1].name, names[i].name) == 0) {
                        pjwt_reader_at(r, names[i].origin, key);
                        (void)pjwt_wrong(r, "%s%.120s is already defined at %s:%u; remove one of the two",
                                         what, names[i].name, names[i - 1].origin.file,
                                         names[i - 1].origin.line);
                }
}

static struct pjwt_named *new_names(struct pjwt_reader *r, size_t count)
{
        struct pjwt_named *names = calloc(count + 1, sizeof(*names));

        if (!names)
                r->no_memory = true;
        return names;
}

static void check_issuer_names(struct pjwt_reader *r)
{
        const struct pjwt_conf *conf = r->conf;
        struct pjwt_named *names = new_names(r, conf->issuer_count);
        size_t count = 0;

        for (size_t i = 0; names && i < conf->issuer_count; i++)
                names[i] = (struct pjwt_named){conf->issuers[i].name, conf->issuers[i].origin, i};
        if (names)
                refuse_repeated(r, names, conf->issuer_count, NULL, "the section issuer/");
        /* Two sections with the same iss would be ambiguous. */
        for (size_t i = 0; names && i < conf->issuer_count; i++)
                if (conf->issuers[i].issuer)
                        names[count++] = (struct pjwt_named){
                                conf->issuers[i].issuer, pjwt_issuer_origin(&conf->issuers[i], "issuer"), i};
        if (names)
                refuse_repeated(r, names, count, "issuer", "the issuer ");
        free(names);
}

static size_t hash(const char *name)
{
        uint32_t h = 2166136261u; /* FNV-1a; the names are chosen by root, so collisions are not attacks */

        for (; *name; name++)
                h = (h ^ (unsigned char)*name) * 16777619u;
        return h;
}

/*
 * There can be thousands of grants: a hash table of their numbers, since sorting would access several times
 * the memory.
 */
static void check_grant_names(struct pjwt_reader *r)
{
        const struct pjwt_conf *conf = r->conf;
        size_t room = 16;
        uint32_t *table; /* number of the grant, starting at 1 */

        while (room < conf->grant_count * 2)
                room *= 2;
        table = calloc(room, sizeof(*table));
        if (!table) {
                r->no_memory = true;
                return;
        }
        for (size_t i = 0; i < conf->grant_count; i++) {
                size_t at_slot = hash(conf->grants[i].name) & (room - 1);

                while (table[at_slot] &&
                       strcmp(conf->grants[table[at_slot] - 1].name, conf->grants[i].name) != 0)
                        at_slot = (at_slot + 1) & (room - 1);
                if (table[at_slot]) {
                        const struct pjwt_origin *first = &conf->grants[table[at_slot] - 1].origin;

                        pjwt_reader_at(r, conf->grants[i].origin, NULL);
                        (void)pjwt_wrong(
                                r,
                                "the section grant/%.120s is already defined at %s:%u; remove one of the two",
                                conf->grants[i].name, first->file, first->line);
                } else {
                        table[at_slot] = (uint32_t)i + 1;
                }
        }
        free(table);
}

static size_t list_len(char *const *list)
{
        size_t n = 0;

        while (list && list[n])
                n++;
        return n;
}

/* The requirements of a service come from one section: its name or `also` must be unique. */
static void check_service_names(struct pjwt_reader *r)
{
        const struct pjwt_conf *conf = r->conf;
        size_t count = conf->service_count, n = 0;
        struct pjwt_named *names;

        for (size_t i = 0; i < conf->service_count; i++)
                count += list_len(conf->services[i].also);
        names = new_names(r, count);
        for (size_t i = 0; names && i < conf->service_count; i++) {
                const struct pjwt_service *s = &conf->services[i];

                names[n] = (struct pjwt_named){s->name, s->origin, n};
                n++;
                for (size_t j = 0; j < list_len(s->also); j++, n++)
                        names[n] = (struct pjwt_named){s->also[j], pjwt_service_origin(s, "also"), n};
        }
        if (names)
                refuse_repeated(r, names, n, NULL, "the service ");
        free(names);
}

void pjwt_names_check(struct pjwt_reader *r)
{
        check_issuer_names(r);
        check_grant_names(r);
        check_service_names(r);
}

struct pjwt_named *pjwt_names_of_issuers(struct pjwt_reader *r)
{
        const struct pjwt_conf *conf = r->conf;
        struct pjwt_named *names = new_names(r, conf->issuer_count);

        for (size_t i = 0; names && i < conf->issuer_count; i++)
                names[i] = (struct pjwt_named){conf->issuers[i].name, conf->issuers[i].origin, i};
        if (names)
                qsort(names, conf->issuer_count, sizeof(*names), by_name);
        return names;
}

static int by_first_name(const void *key, const void *element)
{
        return strcmp(key, ((const struct pjwt_named *)element)->name);
}

const struct pjwt_named *pjwt_names_find(const struct pjwt_named *names, size_t count, const char *name)
{
        return bsearch(name, names, count, sizeof(*names), by_first_name);
}
