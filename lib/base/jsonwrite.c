#include "jsonwrite.h"

bool pjwt_json_add(struct json_object *object, const char *name, struct json_object *value)
{
        if (object && value && json_object_object_add(object, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

bool pjwt_json_add_string(struct json_object *object, const char *name, const char *value)
{
        return !value || pjwt_json_add(object, name, json_object_new_string(value));
}

const char *pjwt_json_text(struct json_object *object)
{
        if (!object)
                return NULL; /* json-c would write null */
        return json_object_to_json_string_ext(object,
                                              JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
