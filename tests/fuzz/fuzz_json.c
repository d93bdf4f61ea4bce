/* The strict JSON parser: what it accepts, json-c's own parser must accept with the same result. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "strictjson.h"

/*
 * json-c 0.16 takes a character such as U+1D800 (\ud836 and any low surrogate), whose lower 16 bits look like
 * a surrogate's, for a lone one and replaces it. This finds the 32 high surrogates that begin such a
 * character.
 */
static bool has_pair_that_json_c_replaces(const char *text, size_t size)
{
        for (size_t i = 0; i + 6 <= size; i++) {
                char hex[5] = "";

                if (text[i] != '\\' || text[i + 1] != 'u')
                        continue;
                memcpy(hex, text + i + 2, 4);
                if ((strtoul(hex, NULL, 16) & 0xfc3e) == 0xd836)
                        return true;
        }
        return false;
}

static void check_against_json_c(struct json_object *ours, const char *text, size_t size)
{
        struct json_tokener *tok = json_tokener_new_ex(PJWT_JSON_DEPTH + 1);
        struct json_object *theirs;

        if (tok == NULL || size > 1024 * 1024)
                return;
        json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        theirs = json_tokener_parse_ex(tok, text, (int)size);
        FUZZ_CHECK(theirs != NULL || json_tokener_get_error(tok) == json_tokener_continue);
        FUZZ_CHECK(theirs == NULL || json_object_equal(ours, theirs) ||
                   has_pair_that_json_c_replaces(text, size));
        json_object_put(theirs);
        json_tokener_free(tok);
}

/* Serialised values must parse to the same values. */
static void check_round(struct json_object *o)
{
        const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
        struct json_object *again = NULL;
        struct pjwt_error err = {0};

        if (text == NULL || strlen(text) > 1024 * 1024)
                return;
        FUZZ_CHECK(pjwt_json_parse_object(text, strlen(text), "again", &again, &err) == PJWT_OK);
        FUZZ_CHECK(json_object_equal(o, again));
        json_object_put(again);
}

static void check_members(struct json_object *o)
{
        json_object_object_foreach(o, name, value)
        {
                int64_t seconds = -1;
                bool fraction = false;
                size_t len = 0;
                const char *s = pjwt_json_string(value, &len);

                FUZZ_CHECK(pjwt_json_member(o, name) == value);
                FUZZ_CHECK(s == NULL || strlen(s) == len);
                if (pjwt_json_numericdate(value, &seconds, &fraction))
                        FUZZ_CHECK(seconds >= 0 && seconds <= PJWT_TIME_MAX);
                else
                        FUZZ_CHECK(seconds == -1);
        }
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct json_object *o = NULL;
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_json_parse_object((const char *)data, size, "json", &o, &err);

        FUZZ_CHECK((r == PJWT_OK) == (o != NULL));
        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        if (o != NULL && !fuzz_faulty()) {
                check_against_json_c(o, (const char *)data, size);
                check_round(o);
                check_members(o);
        }
        json_object_put(o);
        return r == PJWT_OK;
}
