/* JSON as RFC 8259 has it and no more: a scanner in front of json-c. Pure. */
#ifndef PJWT_STRICTJSON_H
#define PJWT_STRICTJSON_H

#include <json-c/json.h>

#include "reason.h"

#define PJWT_JSON_DEPTH 16
/* The largest number that a claim may hold: the last second of the year 9999. */
#define PJWT_TIME_MAX INT64_C(253402300799)

/*
 * Parses exactly len bytes as one JSON object.
 * Refused, before json-c sees it: duplicate names at any level (also in escaped spellings), NUL in names and values
 * (raw or \u0000), raw control bytes, invalid or overlong UTF-8, lone surrogates, a BOM, NaN and Infinity, numbers
 * outside RFC 8259's grammar, integers outside int64, numbers whose double is not finite, nesting over
 * PJWT_JSON_DEPTH, anything after the end.
 * ret: on success a new reference for the caller to json_object_put(); untouched on failure.
 * what: names the text in the error ("header", "claims", a file name).
 * Returns PJWT_OK, PJWT_BAD_JSON with the byte offset in the detail, or PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_json_parse_object(const char *text, size_t len, const char *what, struct json_object **ret,
                                        struct pjwt_error *reterr);

/*
 * Member `name` of an object, with its type checked before its value. A borrowed pointer, NULL when absent.
 * A member that is JSON null counts as present and has type null.
 */
struct json_object *pjwt_json_member(struct json_object *object, const char *name);

/* String value with its length; NULL when o is no string. The bytes hold no NUL (the parser refused it). */
const char *pjwt_json_string(struct json_object *o, size_t *retlen);

/*
 * A NumericDate (RFC 7519 section 2): integer or with a fraction, from 0 to PJWT_TIME_MAX. *retseconds gets the
 * integer part, rounded down. *retfraction (may be NULL): there was one. False for another type or out of range.
 */
bool pjwt_json_numericdate(struct json_object *o, int64_t *retseconds, bool *retfraction);

#endif
