#include "readmatch.h"

#include <string.h>

#include "match.h"
#include "value.h"

static bool read_regex(struct pjwt_reader *r, struct pjwt_match *match)
{
        struct pjwt_error err = {0};

        switch (pjwt_regex_compile(match->pattern, &match->regex, &err)) {
        case PJWT_OK:
                return true;
        case PJWT_NO_MEMORY:
                return pjwt_reader_no_memory(r);
        default:
                return pjwt_wrong(r, "%s", err.detail);
        }
}

static bool read_pattern(struct pjwt_reader *r, struct pjwt_match *match)
{
        pjwt_match_set(match);
        if (match->pattern[0] == '\0')
                return pjwt_wrong(r, "the pattern is empty; write glob:PATTERN or regex:PATTERN");
        return match->kind != PJWT_MATCH_REGEX || read_regex(r, match);
}

/* The array grows by doubling inside the arena: a section has few matches. */
static struct pjwt_match *add_match(struct pjwt_reader *r, struct pjwt_match **matches, size_t *count)
{
        if ((*count & (*count - 1)) == 0) {
                size_t room = *count ? *count * 2 : 1;
                struct pjwt_match *more = pjwt_reader_alloc(r, room * sizeof(*more));

                if (!more)
                        return NULL;
                if (*count)
                        memcpy(more, *matches, *count * sizeof(*more));
                *matches = more;
        }
        return *matches + (*count)++;
}

static bool claim_ok(struct pjwt_reader *r, const char *claim)
{
        if (claim[0] == '\0')
                return pjwt_wrong(r, "the name of the claim is missing; write match.CLAIM = VALUE");
        if (claim[0] == '/' && !pjwt_value_pointer_ok(claim))
                return pjwt_wrong(r, "not a JSON Pointer; write ~0 for a ~, ~1 for a / inside a name");
        return true;
}

bool pjwt_read_match(struct pjwt_reader *r, const char *value)
{
        bool grant = r->kind == PJWT_KIND_GRANT;
        struct pjwt_match **matches = grant ? &((struct pjwt_grant *)r->section)->matches
                                            : &((struct pjwt_service *)r->section)->matches;
        size_t *count = grant ? &((struct pjwt_grant *)r->section)->match_count
                              : &((struct pjwt_service *)r->section)->match_count;
        const char *claim = r->key + strlen("match.");
        struct pjwt_match *match;

        if (!claim_ok(r, claim))
                return false;
        for (size_t i = 0; i < *count; i++)
                if (strcmp((*matches)[i].claim, claim) == 0)
                        return pjwt_wrong(r, "duplicate key, already set on line %u",
                                          (*matches)[i].origin.line);
        if (*count >= PJWT_MATCHES_MAX)
                return pjwt_wrong(r, "more than %d match lines in one section; remove some",
                                  PJWT_MATCHES_MAX);
        match = add_match(r, matches, count);
        if (!match)
                return false;
        match->origin = r->origin;
        match->claim = pjwt_kept(claim);
        match->value = pjwt_kept(value);
        return read_pattern(r, match);
}
