/* INI at its strictest: one meaning a line, or an error with its number. Pure. */
#ifndef PJWT_INI_H
#define PJWT_INI_H

#include "reason.h"

#define PJWT_INI_BYTES_MAX (16 * 1024 * 1024)

/* Where something was written; for errors and for "the line that decided". */
struct pjwt_origin {
        const char *file; /* borrowed from the configuration */
        unsigned line;
};

/*
 * One line with a meaning. key and value are NULL at a section line. The strings are valid during the call
 * only.
 */
struct pjwt_ini_line {
        struct pjwt_origin origin;
        const char *kind; /* [kind/name]; name is NULL in a [kind] */
        const char *name;
        const char *key;
        const char *value;
};

/*
 * Called once a section line and once a `key = value`, in order. Anything but PJWT_OK ends the reading with
 * it.
 */
typedef enum pjwt_reason (*pjwt_ini_fn)(void *arg, const struct pjwt_ini_line *line,
                                        struct pjwt_error *reterr);

/*
 * Reads len bytes of the INI text of design section 3: UTF-8 without BOM, NUL or control bytes, LF,
 * `[kind/name]`, `key = value` behind a section, comments (# or ;) on lines of their own, no continuation, no
 * quoting; a value that holds " ;" or " #" is refused, since somebody meant a comment. Linear in len. Returns
 * PJWT_OK or PJWT_CONFIG ("FILE:LINE: ..."), or what fn returned.
 */
enum pjwt_reason pjwt_ini_read(const char *text, size_t len, const char *file, pjwt_ini_fn fn, void *arg,
                               struct pjwt_error *reterr);

/* Called for a line that cannot be read. key is NULL where none was recognised; `what` says what is wrong. */
typedef void (*pjwt_ini_bad_fn)(void *arg, struct pjwt_origin origin, const char *key, const char *what);

/*
 * The same, but a bad line does not end the reading: `bad` is told, and the lines behind it are read too. For
 * a check that shows every error in one run. The first bad line is still the error: returns PJWT_CONFIG when
 * there was one.
 */
enum pjwt_reason pjwt_ini_read_all(const char *text, size_t len, const char *file, pjwt_ini_fn fn,
                                   pjwt_ini_bad_fn bad, void *arg, struct pjwt_error *reterr);

/*
 * The same again, but the text is cut in place and not copied, so the strings of the lines live as long as it
 * does.
 * text: len bytes and room for one more.
 */
enum pjwt_reason pjwt_ini_cut(char *text, size_t len, const char *file, pjwt_ini_fn fn, pjwt_ini_bad_fn bad,
                              void *arg, struct pjwt_error *reterr);

/*
 * Is this UTF-8 that shows what it says: valid, no control character, nothing invisible or right-to-left?
 * Pure.
 */
bool pjwt_ini_text_ok(const char *text, size_t len);

#endif
