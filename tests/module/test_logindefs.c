/* Which uids are system accounts: login.defs, read strictly (design section 3). */
#include "cm.h"
#include "logindefs.h"

static uid_t max_of(const char *text)
{
        return pjwt_system_uid_max(text, strlen(text));
}

static void sys_uid_max_counts(void **state)
{
        (void)state;
        assert_int_equal(max_of("UID_MIN 1000\nSYS_UID_MAX\t\t  499\n"), 499);
        assert_int_equal(max_of("SYS_UID_MAX 499"), 499);
        assert_int_equal(max_of(" SYS_UID_MAX 499 \t\n"), 499);
        assert_int_equal(max_of("SYS_UID_MAX 499\nSYS_UID_MAX 299\n"), 299);
}

static void else_one_below_uid_min(void **state)
{
        (void)state;
        assert_int_equal(max_of("#SYS_UID_MAX 499\nUID_MIN\t\t\t 1000\nSYS_UID_MIN 100\n"), 999);
        assert_int_equal(max_of("UID_MIN 500\n"), 499);
}

static void else_999(void **state)
{
        static const char *const texts[] = {
                "",
                "\n\n",
                "SYS_UID_MAX\n",
                "SYS_UID_MAX  \n",
                "SYS_UID_MAX ten\n",
                "SYS_UID_MAX -1\n",
                "SYS_UID_MAX 0x10\n",
                "SYS_UID_MAX 70000\n",
                "SYS_UID_MAX 99999999999999999999\n",
                "UID_MIN 0\n",
                "SYS_UID_MAXX 5\n",
                "XSYS_UID_MAX 5\n",
                "SYS_UID_MAX 5 6\n",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_int_equal(max_of(texts[i]), 999);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sys_uid_max_counts),
                cmocka_unit_test(else_one_below_uid_min),
                cmocka_unit_test(else_999),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
