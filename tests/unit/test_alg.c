#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "alg.h"

static const struct pjwt_alg *find(const char *name)
{
        return pjwt_alg_find(name, strlen(name));
}

/* HDR-01, HDR-02, HDR-03 */
static void none_does_not_exist(void **state)
{
        static const char *const spellings[] = {"none", "None", "NONE", "nOnE", "none ", " none", ""};

        (void)state;
        for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
                assert_null(find(spellings[i]));
        assert_null(pjwt_alg_find("none\0", 5));
        assert_null(pjwt_alg_find(NULL, 0));
}

static void names_are_compared_whole_and_exactly(void **state)
{
        (void)state;
        assert_non_null(find("RS256"));
        assert_null(find("rs256"));
        assert_null(find("RS25"));
        assert_null(find("RS2567"));
        assert_null(pjwt_alg_find("RS256\0", 6));
        assert_null(find("ES224"));
        assert_null(find("A256GCM"));
}

static void every_row_is_found_and_has_its_own_bit(void **state)
{
        pjwt_algset seen = 0;
        size_t i = 0;

        (void)state;
        for (const struct pjwt_alg *alg; (alg = pjwt_alg_at(i)); i++) {
                assert_ptr_equal(find(alg->name), alg);
                assert_int_not_equal(alg->bit, 0);
                assert_int_equal(alg->bit & (alg->bit - 1), 0);
                assert_int_equal(seen & alg->bit, 0);
                assert_int_not_equal(alg->kty, PJWT_KTY_NONE);
                seen |= alg->bit;
        }
        assert_int_equal(i, 19);
}

/* SIG-27 */
static void hmac_and_es256k_only_when_named(void **state)
{
        static const char *const named[] = {"HS256", "HS384", "HS512", "ES256K"};
        static const char *const others[] = {"RS256", "RS512", "PS384", "ES256",
                                             "ES512", "EdDSA", "Ed448", "ML-DSA-65"};
        pjwt_algset set = pjwt_alg_default();

        (void)state;
        for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
                assert_false(set & find(named[i])->bit);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                assert_true(set & find(others[i])->bit);
}

static void key_types_have_their_names(void **state)
{
        (void)state;
        for (int i = PJWT_KTY_RSA; i <= PJWT_KTY_AKP; i++) {
                const char *name = pjwt_kty_name((enum pjwt_kty)i);

                assert_int_equal(pjwt_kty_find(name, strlen(name)), i);
        }
        assert_int_equal(pjwt_kty_find("none", 4), PJWT_KTY_NONE);
        assert_int_equal(pjwt_kty_find("rsa", 3), PJWT_KTY_NONE);
        assert_int_equal(pjwt_kty_find("OCT", 3), PJWT_KTY_NONE);
        assert_int_equal(pjwt_kty_find(NULL, 0), PJWT_KTY_NONE);
        assert_string_equal(pjwt_kty_name((enum pjwt_kty)99), "none");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(none_does_not_exist),
                cmocka_unit_test(names_are_compared_whole_and_exactly),
                cmocka_unit_test(every_row_is_found_and_has_its_own_bit),
                cmocka_unit_test(hmac_and_es256k_only_when_named),
                cmocka_unit_test(key_types_have_their_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
