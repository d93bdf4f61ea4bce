/*
 * Patterns that match whole values: globs and regular expressions. Pure.
 *
 * regcomp(3) is not used, because its result depends on the locale of the process, and glibc's version can
 * use unlimited time and memory for a short input (back-references, nested counts) or abort the process.
 * PCRE2 is not used, because it backtracks and stops after a number of steps that is not related to time;
 * its other matching function, which does not, has no captures. Here, an expression is executed as a set of
 * parallel states (Thompson 1968, Pike's captures): at most one step for each character and instruction,
 * for any pattern and value.
 */
#ifndef PJWT_PATTERN_H
#define PJWT_PATTERN_H

#include "reason.h"

/*
 * ? matches one character, * any sequence of characters except /, ** any sequence; everything else is
 * literal.
 */
bool pjwt_glob_match(const char *glob, const char *text, size_t len);

#define PJWT_REGEX_GROUPS   9
#define PJWT_REGEX_TEXT_MAX 4096 /* a longer value never matches */

struct pjwt_regex;

/*
 * The text matched by a group: text[start] up to text[end]; start == end == SIZE_MAX if it did not
 * participate. [0] is the whole match.
 */
struct pjwt_group {
        size_t start, end;
};

/*
 * Compiles an expression that matches whole values: characters, `.` (any but a newline), [a-z] and [^a-z],
 * \d \w, a backslash before punctuation, (groups), (?:without a number), a
 * b, * + ? {m} {m,} {m,n}. Not supported: ^ and $ (the whole value is matched anyway), back-references,
 * non-greedy repetition. Case matters.
 * ret: on success for pjwt_regex_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_CONFIG with the error and its position; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_regex_compile(const char *pattern, struct pjwt_regex **ret, struct pjwt_error *reterr);

/* The number of numbered groups. */
unsigned pjwt_regex_groups(const struct pjwt_regex *regex);

/*
 * Whether the expression matches the whole of this UTF-8 text. spans (may be NULL) has room for
 * PJWT_REGEX_GROUPS + 1 and is filled on success. If out of memory, or if the text is too long or not
 * UTF-8, nothing matches.
 */
bool pjwt_regex_match(const struct pjwt_regex *regex, const char *text, size_t len, struct pjwt_group *spans);

/* Accepts NULL. */
void pjwt_regex_free(struct pjwt_regex *regex);

#endif
