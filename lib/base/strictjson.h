/*
 * JSON as RFC 8259 has it and no more: a strict parser that makes json-c's values; json-c's own is not used.
 * Pure.
 */
#ifndef PJWT_STRICTJSON_H
#define PJWT_STRICTJSON_H

#include <json-c/json.h>

#include "reason.h"

#define PJWT_JSON_DEPTH     16
#define PJWT_JSON_BYTES_MAX ((size_t)4 * 1024 * 1024)
/* The largest number that a claim may hold: the last second of the year 9999. */
#define PJWT_TIME_MAX INT64_C(253402300799)

/*
 * Parses exactly len bytes as one JSON object. Refused: duplicate names at any level (also in escaped
 * spellings), NUL in names and values (raw or \u0000), raw control bytes, invalid or overlong UTF-8, lone
 * surrogates, a BOM, NaN and Infinity, numbers outside RFC 8259's grammar, integers outside int64, numbers
 * whose double is not finite, nesting over PJWT_JSON_DEPTH, anything after the end, more than
 * PJWT_JSON_BYTES_MAX.
 * ret: on success a new reference for the caller to json_object_put(); untouched on failure.
 * what: names the text in the error ("header", "claims", a file name).
 * Returns PJWT_OK, PJWT_BAD_JSON with the byte offset in the detail, or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_json_parse_object(const char *text, size_t len, const char *what,
                                        struct json_object **ret, struct pjwt_error *reterr);

/*
 * Has the object a member `name`? *ret (may be NULL when only that is asked) gets its value, borrowed; JSON
 * null is a member whose value is NULL, which is json-c's way to say it. False too when object is no object.
 */
bool pjwt_json_find(struct json_object *object, const char *name, struct json_object **ret);

/* The value of member `name`, borrowed; NULL when it is absent, or JSON null. */
struct json_object *pjwt_json_member(struct json_object *object, const char *name);

/*
 * String value with its length (retlen may be NULL); NULL when o is no string. The bytes hold no NUL (the
 * parser refused it).
 */
const char *pjwt_json_string(struct json_object *o, size_t *retlen);

/* Is o a list in which this very string stands? Whatever is no list (NULL, too) holds nothing. */
bool pjwt_json_list_has(struct json_object *o, const char *string);

/*
 * A NumericDate (RFC 7519 section 2): integer or with a fraction, from 0 to PJWT_TIME_MAX. *retseconds gets
 * the integer part, rounded down. *retfraction (may be NULL): there was one. False for another type or out of
 * range.
 */
bool pjwt_json_numericdate(struct json_object *o, int64_t *retseconds, bool *retfraction);

#endif
