/* JSON that is written: members of json-c's objects, and the text of one. Pure. */
#ifndef PJWT_JSONWRITE_H
#define PJWT_JSONWRITE_H

#include <stdbool.h>

#include <json-c/json.h>

/*
 * Adds a member. The value is taken over, also on failure.
 * object, value: NULL: one that could not be allocated.
 * Returns false when memory ran out.
 */
bool pjwt_json_add(struct json_object *object, const char *name, struct json_object *value);

/* Adds a member that is a string; NULL is an absent one, which is true. */
bool pjwt_json_add_string(struct json_object *object, const char *name, const char *value);

/*
 * The text in one line without white space; a slash is not escaped. It belongs to the object, and holds until
 * the object changes.
 * Returns NULL when object is NULL or memory ran out.
 */
const char *pjwt_json_text(struct json_object *object);

#endif
