/* A strict JSON parser (RFC 8259) that creates json-c values; json-c's own parser is not used. Pure. */
#ifndef PJWT_STRICTJSON_H
#define PJWT_STRICTJSON_H

#include <json-c/json.h>

#include "reason.h"

#define PJWT_JSON_DEPTH     16
#define PJWT_JSON_BYTES_MAX ((size_t)4 * 1024 * 1024)
/* The largest time that a claim may contain: the last second of the year 9999. */
#define PJWT_TIME_MAX INT64_C(253402300799)

/*
 * Parses exactly len bytes as one JSON object. Refused: duplicate names at any level (also if escaped), NUL
 * in names and values (raw or \u0000), raw control bytes, invalid or overlong UTF-8, unpaired surrogates, a
 * BOM, NaN and Infinity, numbers outside the grammar of RFC 8259, integers that do not fit in int64,
 * numbers whose double is not finite, nesting deeper than PJWT_JSON_DEPTH, anything after the end, more
 * than PJWT_JSON_BYTES_MAX.
 * ret: on success a new reference for json_object_put(); untouched on failure.
 * what: the name of the text for errors ("header", "claims", a file name).
 * Returns PJWT_OK, PJWT_BAD_JSON with the byte offset in the detail, or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_json_parse_object(const char *text, size_t len, const char *what,
                                        struct json_object **ret, struct pjwt_error *reterr);

/*
 * Whether the object has a member `name`. *ret (may be NULL) is set to its value, borrowed; JSON null is a
 * member with the value NULL, as in json-c. Also false if object is not an object.
 */
bool pjwt_json_find(struct json_object *object, const char *name, struct json_object **ret);

/* The value of member `name`, borrowed; NULL if it is absent or JSON null. */
struct json_object *pjwt_json_member(struct json_object *object, const char *name);

/*
 * The string and its length (retlen may be NULL); NULL if o is not a string. The string contains no NUL,
 * since the parser refuses it.
 */
const char *pjwt_json_string(struct json_object *o, size_t *retlen);

/* Whether o is a list that contains exactly this string. False if o is not a list, including NULL. */
bool pjwt_json_list_has(struct json_object *o, const char *string);

/*
 * A NumericDate (RFC 7519 section 2): an integer or a number with a fraction, from 0 to PJWT_TIME_MAX.
 * *retseconds is the integer part, rounded down. *retfraction (may be NULL): whether there was a fraction.
 * False if it has another type or is out of range.
 */
bool pjwt_json_numericdate(struct json_object *o, int64_t *retseconds, bool *retfraction);

#endif
