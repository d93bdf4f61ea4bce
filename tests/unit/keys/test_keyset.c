#include "keytext.h"

#include "evpkey.h"
#include "jwkwrite.h"

static enum pjwt_reason pick(const struct pjwt_keyset *set, const char *name, const char *kid,
                             size_t *retcount, const struct pjwt_key **retfirst)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES] = {NULL};
        enum pjwt_reason r;

        *retcount = 0;
        r = pjwt_keyset_pick(set, alg(name), kid, kid ? strlen(kid) : 0, picks, retcount, NULL);
        *retfirst = picks[0];
        return r;
}

static void keys_of_every_kind_are_read(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" RSA_2048 ",\"kid\":\"r\",\"alg\":\"PS256\",\"use\":\"sig\"},{" EC_256
                       ",\"kid\":\"e\",\"key_ops\":[\"verify\"]},{" OKP_ED ",\"kid\":\"o\"}]}");

        (void)state;
        assert_int_equal(set->count, 3);
        assert_int_equal(set->usable, 3);
        assert_string_equal(set->keys[0].kid, "r");
        assert_int_equal(set->keys[0].kty, PJWT_KTY_RSA);
        assert_int_equal(set->keys[0].bits, 2048);
        assert_ptr_equal(set->keys[0].alg, alg("PS256"));
        assert_null(set->keys[0].curve);
        assert_string_equal(set->keys[1].curve->name, "P-256");
        assert_null(set->keys[1].alg);
        assert_string_equal(set->keys[2].curve->name, "Ed25519");
        assert_int_equal(pjwt_keyset_check_all(set, NULL), PJWT_OK);
        pjwt_keyset_free(set);
        pjwt_keyset_free(NULL);
}

/* KEY-20 */
static void what_is_no_key_set_is_refused(void **state)
{
        (void)state;
        assert_set_refused("", 0, PJWT_BAD_KEYSET);
        assert_set_refused("hello", 0, PJWT_BAD_KEYSET);
        assert_set_refused("[]", 0, PJWT_BAD_KEYSET);
        assert_set_refused("[{" EC_256 "}]", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":{}}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":null}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[null,1,\"a\",[]]}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("{\"keys\":[{" EC_256 "}]", 0, PJWT_BAD_JSON);
        assert_set_refused("{\"keys\":[{" EC_256 "}],\"keys\":[]}", 0, PJWT_BAD_JSON);
        assert_set_refused("{\"keys\":[{" EC_256 "}]," EC_256 "}", 0, PJWT_BAD_KEYSET);
        assert_set_refused("<html>", 0, PJWT_BAD_KEYSET);
        assert_int_equal(pjwt_keyset_parse("", PJWT_KEYSET_BYTES_MAX + 1, 0, NULL, NULL), PJWT_BAD_KEYSET);
}

static void there_are_not_too_many_keys(void **state)
{
        size_t n = PJWT_KEYSET_KEYS_MAX + 1;
        char *text = malloc(3 * n + 64), *p = text;

        (void)state;
        assert_non_null(text);
        p += sprintf(p, "{\"keys\":[");
        for (size_t i = 0; i < n; i++)
                p += sprintf(p, i ? ",{}" : "{}");
        strcpy(p, "]}");
        assert_set_refused(text, 0, PJWT_BAD_KEYSET);
        free(text);
}

/* KEY-14, PAM-18 */
static void private_members_are_dropped(void **state)
{
        struct pjwt_keyset *set = keyset(
                "{" EC_256 ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\",\"p\":1,\"oth\":[]}");
        struct json_object *jwk = pjwt_key_jwk(&set->keys[0]);

        (void)state;
        assert_false(pjwt_json_find(set->keys[0].source, "d", NULL));
        assert_false(pjwt_json_find(set->keys[0].source, "p", NULL));
        assert_string_equal(set->keys[0].note, "contains private members, which are not used");
        assert_string_equal(json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN),
                            "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}");
        json_object_put(jwk);
        pjwt_keyset_free(set);
}

/* KEY-11 */
static void two_keys_of_one_name_are_both_unusable(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" EC_256 ",\"kid\":\"a\"},{" RSA_2048 ",\"kid\":\"b\"},{" EC_256
                       ",\"kid\":\"b\"},{" EC_256 ",\"kid\":\"a\"},{" EC_256 "},{" EC_256 "},{" EC_256
                       ",\"kid\":\"aa\"}]}");
        const struct pjwt_key *first;
        size_t n;

        (void)state;
        assert_int_equal(set->usable, 5);
        assert_string_equal(set->keys[0].note, "another EC key has the same kid");
        assert_int_equal(set->keys[3].unusable, PJWT_BAD_KEY);
        assert_int_equal(pick(set, "ES256", "a", &n, &first), PJWT_BAD_KEY);
        assert_int_equal(pick(set, "ES256", "b", &n, &first), PJWT_OK);
        assert_ptr_equal(first, &set->keys[2]);
        assert_int_equal(pick(set, "RS256", "b", &n, &first), PJWT_OK);
        assert_ptr_equal(first, &set->keys[1]);
        assert_int_equal(pick(set, "ES256", "aa", &n, &first), PJWT_OK);
        pjwt_keyset_free(set);
        assert_set_refused("{\"keys\":[{" EC_256 ",\"kid\":\"a\"},{" EC_256 ",\"kid\":\"a\"}]}", 0,
                           PJWT_BAD_KEYSET);
        set = keyset("{\"keys\":[{" EC_256 ",\"kid\":\"a\",\"use\":\"enc\"},{" EC_256
                     ",\"kid\":\"a\"},{" OKP_ED "}]}");
        assert_int_equal(set->usable, 1);
        pjwt_keyset_free(set);
}

/* KEY-06, KEY-07, KEY-09, KEY-12 */
static void a_kid_picks_its_key_and_nothing_else(void **state)
{
        static const char *const others[] = {
                "K1", "k", "k11", " k1", "../../dev/null", "' OR 1=1 --", "caf\xc3\xa9", "cafe\xcc\x81"};
        struct pjwt_keyset *set = keyset("{\"keys\":[{" RSA_2048 ",\"kid\":\"k1\",\"alg\":\"RS256\"},{" EC_256
                                         "},{" OKP_ED ",\"kid\":\"k2\"}]}");
        const struct pjwt_key *first;
        size_t n;

        (void)state;
        assert_int_equal(pick(set, "RS256", "k1", &n, &first), PJWT_OK);
        assert_int_equal(n, 1);
        assert_ptr_equal(first, &set->keys[0]);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                assert_int_equal(pick(set, "ES256", others[i], &n, &first), PJWT_UNKNOWN_KID);
        assert_int_equal(pick(set, "RS512", "k1", &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "HS256", "k1", &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "ES256", "k1", &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "Ed448", "k2", &n, &first), PJWT_NO_FITTING_KEY);
        pjwt_keyset_free(set);
}

/* KEY-10 */
static void without_a_kid_the_fitting_keys_are_tried_at_most_16(void **state)
{
        struct pjwt_keyset *set;
        const struct pjwt_key *first;
        char text[8192], *p = text;
        size_t n;

        (void)state;
        p += sprintf(p, "{\"keys\":[{" RSA_2048 "}");
        for (int i = 0; i < 20; i++)
                p += sprintf(p, ",{" EC_256 ",\"kid\":\"%d\"}", i);
        strcpy(p, "]}");
        set = keyset(text);
        assert_int_equal(pick(set, "ES256", NULL, &n, &first), PJWT_OK);
        assert_int_equal(n, PJWT_KEYSET_TRIES);
        assert_ptr_equal(first, &set->keys[1]);
        assert_int_equal(pick(set, "PS512", NULL, &n, &first), PJWT_OK);
        assert_int_equal(n, 1);
        assert_int_equal(pick(set, "ES384", NULL, &n, &first), PJWT_NO_FITTING_KEY);
        assert_int_equal(pick(set, "HS256", NULL, &n, &first), PJWT_NO_FITTING_KEY);
        pjwt_keyset_free(set);
}

/* In a file named by the administrator, a single key without kid matches any kid; in a JWKS it does not. */
static void a_kid_is_not_looked_at_in_a_nameless_set(void **state)
{
        struct pjwt_keyset *set = keyset("{" EC_256 "}");
        const struct pjwt_key *first;
        size_t n;

        (void)state;
        assert_int_equal(pick(set, "ES256", "any", &n, &first), PJWT_OK);
        assert_int_equal(pick(set, "RS256", "any", &n, &first), PJWT_NO_FITTING_KEY);
        pjwt_keyset_free(set);
        set = keyset("{" EC_256 ",\"kid\":\"k\"}");
        assert_int_equal(pick(set, "ES256", "any", &n, &first), PJWT_UNKNOWN_KID);
        pjwt_keyset_free(set);
        set = keyset("{\"keys\":[{" EC_256 "}]}");
        assert_int_equal(pick(set, "ES256", "any", &n, &first), PJWT_UNKNOWN_KID);
        pjwt_keyset_free(set);
}

/* RFC 7638 section 3.1, RFC 8037 A.3 */
static void thumbprints_are_those_of_the_rfcs(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" RSA_2048 ",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"},{" OKP_ED
                       "},{\"kty\":\"x\"}]}");
        char print[44];

        (void)state;
        assert_int_equal(pjwt_key_thumbprint(&set->keys[0], print, NULL), PJWT_OK);
        assert_string_equal(print, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_int_equal(pjwt_key_thumbprint(&set->keys[1], print, NULL), PJWT_OK);
        assert_string_equal(print, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_int_equal(pjwt_key_thumbprint(&set->keys[2], print, NULL), PJWT_BAD_KEY);
        pjwt_keyset_free(set);
        set = keyset("{" OCT_32 "}");
        assert_int_equal(pjwt_key_thumbprint(&set->keys[0], print, NULL), PJWT_OK);
        pjwt_keyset_free(set);
}

static void the_public_jwks_holds_what_is_needed(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"keys\":[{" EC_256
                       ",\"kid\":\"k\",\"alg\":\"ES256\",\"use\":\"sig\",\"x5c\":[\"a\"]},{\"kty\":\"x\"}]}");
        struct json_object *jwks = pjwt_keyset_public_jwks(set), *jwk;

        (void)state;
        assert_string_equal(json_object_to_json_string_ext(jwks, JSON_C_TO_STRING_PLAIN),
                            "{\"keys\":[{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
                            "\",\"kid\":\"k\",\"alg\":\"ES256\"}]}");
        json_object_put(jwks);
        assert_null(pjwt_key_jwk(&set->keys[1]));
        pjwt_keyset_free(set);
        set = keyset("{" OCT_32 "}");
        jwks = pjwt_keyset_public_jwks(set);
        assert_string_equal(json_object_to_json_string_ext(jwks, JSON_C_TO_STRING_PLAIN), "{\"keys\":[]}");
        json_object_put(jwks);
        jwk = pjwt_key_jwk(&set->keys[0]);
        assert_string_equal(json_object_to_json_string_ext(jwk, JSON_C_TO_STRING_PLAIN),
                            "{\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\",\"kty\":\"oct\"}");
        json_object_put(jwk);
        pjwt_keyset_free(set);
}

static void white_space_may_stand_in_front(void **state)
{
        struct pjwt_keyset *set = keyset(" \t\r\n{" EC_256 "}\n");

        (void)state;
        assert_int_equal(set->usable, 1);
        pjwt_keyset_free(set);
}

static void a_set_of_which_nothing_is_left_is_refused(void **state)
{
        struct pjwt_keyset *set =
                keyset("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"}");
        struct pjwt_error err = {0};
        EVP_PKEY *pkey = NULL;

        (void)state;
        assert_int_equal(pjwt_key_public(&set->keys[0], &pkey, NULL), PJWT_BAD_KEY);
        assert_int_equal(pjwt_keyset_check_all(set, &err), PJWT_BAD_KEYSET);
        assert_non_null(strstr(err.detail, "not on the curve"));
        assert_int_equal(pjwt_key_public(&set->keys[0], &pkey, NULL), PJWT_BAD_KEY);
        assert_null(pkey);
        pjwt_keyset_free(set);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keys_of_every_kind_are_read),
                cmocka_unit_test(what_is_no_key_set_is_refused),
                cmocka_unit_test(there_are_not_too_many_keys),
                cmocka_unit_test(private_members_are_dropped),
                cmocka_unit_test(two_keys_of_one_name_are_both_unusable),
                cmocka_unit_test(a_kid_picks_its_key_and_nothing_else),
                cmocka_unit_test(without_a_kid_the_fitting_keys_are_tried_at_most_16),
                cmocka_unit_test(a_kid_is_not_looked_at_in_a_nameless_set),
                cmocka_unit_test(thumbprints_are_those_of_the_rfcs),
                cmocka_unit_test(the_public_jwks_holds_what_is_needed),
                cmocka_unit_test(white_space_may_stand_in_front),
                cmocka_unit_test(a_set_of_which_nothing_is_left_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
