/* Writing JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jsonwrite.h"

static void test_members_come_in_their_order(void **state)
{
        struct json_object *o = json_object_new_object();

        (void)state;
        assert_true(pjwt_json_add_string(o, "b", "x"));
        assert_true(pjwt_json_add(o, "a", json_object_new_int64(INT64_MAX)));
        assert_string_equal(pjwt_json_text(o), "{\"b\":\"x\",\"a\":9223372036854775807}");
        json_object_put(o);
}

static void test_a_slash_is_not_escaped(void **state)
{
        struct json_object *o = json_object_new_object();

        (void)state;
        assert_true(pjwt_json_add_string(o, "iss", "https://idp.example/\"\\\n"));
        assert_string_equal(pjwt_json_text(o), "{\"iss\":\"https://idp.example/\\\"\\\\\\n\"}");
        json_object_put(o);
}

static void test_an_absent_string_is_an_absent_member(void **state)
{
        struct json_object *o = json_object_new_object();

        (void)state;
        assert_true(pjwt_json_add_string(o, "etag", NULL));
        assert_string_equal(pjwt_json_text(o), "{}");
        json_object_put(o);
}

/* A value that could not be allocated is passed as NULL, and must not be written as `null`. */
static void test_what_could_not_be_allocated_is_a_failure(void **state)
{
        struct json_object *o = json_object_new_object();

        (void)state;
        assert_false(pjwt_json_add(o, "a", NULL));
        assert_false(pjwt_json_add(NULL, "a", json_object_new_int(1)));
        assert_false(pjwt_json_add_string(NULL, "a", "b"));
        assert_null(pjwt_json_text(NULL));
        assert_string_equal(pjwt_json_text(o), "{}");
        json_object_put(o);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_members_come_in_their_order),
                cmocka_unit_test(test_a_slash_is_not_escaped),
                cmocka_unit_test(test_an_absent_string_is_an_absent_member),
                cmocka_unit_test(test_what_could_not_be_allocated_is_a_failure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
