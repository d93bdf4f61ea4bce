/*
 * Patterns over whole values: globs and regular expressions. Pure.
 *
 * Why not regcomp(3): what it matches depends on the locale that the host process has set, and glibc's takes
 * time and memory that no bound on the input limits (back-references, nested counts), or ends the process by
 * an assertion. Why not PCRE2: it goes back and tries again, and gives up after a number of steps that says
 * little about time; its other matcher, which does not, has no captures. The expressions here run as a set of
 * states side by side (Thompson 1968, Pike's captures): at most one step for each character and each
 * instruction, whatever the pattern and whatever the value.
 */
#ifndef PJWT_PATTERN_H
#define PJWT_PATTERN_H

#include "reason.h"

/* ? is one character, * any run of characters without /, ** any run; everything else is itself. */
bool pjwt_glob_match(const char *glob, const char *text, size_t len);

#define PJWT_REGEX_GROUPS   9
#define PJWT_REGEX_TEXT_MAX 4096 /* a longer value never matches */

struct pjwt_regex;

/*
 * What a group took: text[start] up to text[end]; start == end == SIZE_MAX when it took no part. [0] is the
 * whole.
 */
struct pjwt_group {
        size_t start, end;
};

/*
 * Compiles an expression over whole values: characters, `.` (any but a newline), [a-z] and [^a-z], \d \w, a
 * backslash before punctuation, (groups), (?:without a number), a|b, * + ? {m} {m,} {m,n}. No ^ and $ (the
 * whole value is matched anyway), no back-references, nothing lazy. Upper and lower case differ.
 * ret: on success for pjwt_regex_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_CONFIG that says what is wrong and where; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_regex_compile(const char *pattern, struct pjwt_regex **ret, struct pjwt_error *reterr);

/* How many groups have a number. */
unsigned pjwt_regex_groups(const struct pjwt_regex *regex);

/*
 * Does the expression match the whole of this UTF-8 text? spans (may be NULL) has room for PJWT_REGEX_GROUPS
 * + 1 and is filled on success. When memory runs out, or the text is too long or not UTF-8, nothing matches.
 */
bool pjwt_regex_match(const struct pjwt_regex *regex, const char *text, size_t len, struct pjwt_group *spans);

/* Accepts NULL. */
void pjwt_regex_free(struct pjwt_regex *regex);

#endif
