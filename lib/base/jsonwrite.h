/* Writing JSON: adding members to json-c objects, and formatting an object. Pure. */
#ifndef PJWT_JSONWRITE_H
#define PJWT_JSONWRITE_H

#include <stdbool.h>

#include <json-c/json.h>

/*
 * Adds a member. Takes ownership of value, also on failure.
 * object, value: NULL if its allocation failed.
 * Returns false if out of memory.
 */
bool pjwt_json_add(struct json_object *object, const char *name, struct json_object *value);

/* Adds a string member; NULL adds nothing and returns true. */
bool pjwt_json_add_string(struct json_object *object, const char *name, const char *value);

/*
 * Formats the object on one line without white space; slashes are not escaped. The text belongs to the
 * object and is valid until the object changes.
 * Returns NULL if object is NULL or out of memory.
 */
const char *pjwt_json_text(struct json_object *object);

#endif
