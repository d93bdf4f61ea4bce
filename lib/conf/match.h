/* Compares a claim with a `match` line. Pure. */
#ifndef PJWT_MATCH_H
#define PJWT_MATCH_H

#include "conf.h"
#include "pattern.h"
#include "strictjson.h"

/*
 * A claim by its literal name, or by a JSON Pointer (RFC 6901) if the name begins with /. Borrowed; NULL:
 * absent.
 */
struct json_object *pjwt_claim_find(struct json_object *claims, const char *name);

/* Iterates over the texts of a claim that can match. */
struct pjwt_texts {
        struct json_object *claim; /* NULL: none */
        bool by_word;              /* scope (RFC 8693 4.2) and scp: words between spaces */
        size_t next;               /* index of the array element, or offset in a string of words */
};

/*
 * The texts are: a string itself; a number, true and false as JSON text; the elements of an array; the
 * words of scope and scp. null, objects and nested arrays have none.
 */
struct pjwt_texts pjwt_texts_of(struct json_object *claims, const char *name);
/* The next text, borrowed from the claim; false after the last. */
bool pjwt_texts_next(struct pjwt_texts *texts, const char **ret, size_t *retlen);

/* Sets kind and pattern from match->value: glob:PATTERN, regex:PATTERN or an exact value. */
void pjwt_match_set(struct pjwt_match *match);

/* Whether the whole text matches the line. spans as in pjwt_regex_match(), filled only for a regex. */
bool pjwt_match_text(const struct pjwt_match *match, const char *text, size_t len, struct pjwt_group *spans);

/* Whether any text of the claim matches. An absent claim never does. */
bool pjwt_match_claims(const struct pjwt_match *match, struct json_object *claims);

#endif
