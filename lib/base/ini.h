/* Strict INI files: each line has exactly one meaning, or is an error with its line number. Pure. */
#ifndef PJWT_INI_H
#define PJWT_INI_H

#include "reason.h"

#define PJWT_INI_BYTES_MAX (16 * 1024 * 1024)

/* The place of a setting in a file, for errors and for the line that decided. */
struct pjwt_origin {
        const char *file; /* borrowed from the configuration */
        unsigned line;
};

/*
 * One section line or `key = value` line. key and value are NULL for a section line. The strings are valid
 * only during the call.
 */
struct pjwt_ini_line {
        struct pjwt_origin origin;
        const char *kind; /* [kind/name]; name is NULL for [kind] */
        const char *name;
        const char *key;
        const char *value;
};

/*
 * Called for each section line and each `key = value`, in order. Any result other than PJWT_OK stops the
 * reading and becomes its result.
 */
typedef enum pjwt_reason (*pjwt_ini_fn)(void *arg, const struct pjwt_ini_line *line,
                                        struct pjwt_error *reterr);

/*
 * Reads len bytes of INI text as described in design section 3: UTF-8 without BOM, NUL or control bytes,
 * LF, `[kind/name]`, `key = value` in a section, comments (# or ;) on lines of their own, no continuation
 * lines, no quoting; a value that contains " ;" or " #" is refused, since it was probably meant as a
 * comment. Linear in len. Returns PJWT_OK, PJWT_CONFIG ("FILE:LINE: ..."), or the result of fn.
 */
enum pjwt_reason pjwt_ini_read(const char *text, size_t len, const char *file, pjwt_ini_fn fn, void *arg,
                               struct pjwt_error *reterr);

/* Called for an invalid line. key is NULL if none was recognised; `what` describes the error. */
typedef void (*pjwt_ini_bad_fn)(void *arg, struct pjwt_origin origin, const char *key, const char *what);

/*
 * The same, but reading continues after an invalid line, which is passed to `bad`, so that a check can
 * report all errors in one run. The first invalid line is still the result: returns PJWT_CONFIG if there
 * was one.
 */
enum pjwt_reason pjwt_ini_read_all(const char *text, size_t len, const char *file, pjwt_ini_fn fn,
                                   pjwt_ini_bad_fn bad, void *arg, struct pjwt_error *reterr);

/*
 * The same, but the text is modified in place and not copied, so the strings are valid as long as the text.
 * text: len bytes, with room for one more.
 */
enum pjwt_reason pjwt_ini_cut(char *text, size_t len, const char *file, pjwt_ini_fn fn, pjwt_ini_bad_fn bad,
                              void *arg, struct pjwt_error *reterr);

/* Whether the text is valid UTF-8 without control, invisible or right-to-left characters. Pure. */
bool pjwt_ini_text_ok(const char *text, size_t len);

#endif
