/* One claim against one `match` line. Pure. */
#ifndef PJWT_MATCH_H
#define PJWT_MATCH_H

#include "conf.h"
#include "pattern.h"
#include "strictjson.h"

/*
 * A claim by its literal name, or by a JSON Pointer (RFC 6901) when the name begins with /. Borrowed; NULL:
 * absent.
 */
struct json_object *pjwt_claim_find(struct json_object *claims, const char *name);

/* The texts that a claim offers for a match, one after the other. */
struct pjwt_texts {
        struct json_object *claim; /* NULL: none */
        bool by_word;              /* scope (RFC 8693 4.2) and scp: words between spaces */
        size_t next;               /* element of an array, or byte of a string that is taken by word */
};

/*
 * A string offers itself, a number, true and false their JSON text, an array its elements; scope and scp
 * their words. null, objects and arrays inside arrays offer nothing.
 */
struct pjwt_texts pjwt_texts_of(struct json_object *claims, const char *name);
/* The next text, borrowed from the claim; false behind the last. */
bool pjwt_texts_next(struct pjwt_texts *texts, const char **ret, size_t *retlen);

/* Takes the kind and the pattern out of match->value: glob:PATTERN, regex:PATTERN or an exact value. */
void pjwt_match_set(struct pjwt_match *match);

/* Does one text fulfil the line, the whole of it? spans as in pjwt_regex_match(), filled for a regex only. */
bool pjwt_match_text(const struct pjwt_match *match, const char *text, size_t len, struct pjwt_group *spans);

/* Does any text of the claim? An absent claim never does. */
bool pjwt_match_claims(const struct pjwt_match *match, struct json_object *claims);

#endif
