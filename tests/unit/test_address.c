/* Which addresses are public, and which URLs name one that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "url.h"

static bool is_public(const char *text)
{
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        bool by_text = false, by_address;

        if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
                by_address = fetch_address_is_public((const struct sockaddr *)&v4);
        } else {
                assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
                by_address = fetch_address_is_public((const struct sockaddr *)&v6);
        }
        assert_true(fetch_address_parse(text, &by_text));
        assert_int_equal(by_text, by_address);
        return by_address;
}

static void addresses_of_the_internet_are_public(void **state)
{
        static const char *const rows[] = {
                "1.1.1.1",         "8.8.8.8",         "9.255.255.255",    "11.0.0.0",
                "100.63.255.255",  "100.128.0.0",     "126.255.255.255",  "128.0.0.1",
                "169.253.255.255", "169.255.0.0",     "172.15.255.255",   "172.32.0.0",
                "192.0.1.0",       "192.167.255.255", "192.169.0.0",      "198.17.255.255",
                "198.20.0.0",      "223.255.255.255", "2606:4700::1111",  "2a00::1",
                "fbff::1",         "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:0808:0808::1",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_true(is_public(rows[i]));
}

static void addresses_of_hosts_links_and_private_networks_are_not(void **state)
{
        static const char *const rows[] = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.0",
                "10.255.255.255",
                "100.64.0.0",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.255",
                "169.254.169.254",
                "172.16.0.0",
                "172.31.255.255",
                "192.0.0.8",
                "192.168.0.0",
                "192.168.255.255",
                "198.18.0.0",
                "198.19.255.255",
                "224.0.0.1",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::127.0.0.1",
                "::ffff:127.0.0.1",
                "::ffff:10.1.2.3",
                "64:ff9b::a00:1",
                "64:ff9b:1::1",
                "2002:0a00:0001::",
                "fc00::1",
                "fd12:3456::1",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1",
        };
        const struct sockaddr other = {.sa_family = AF_UNIX};

        (void)state; /* RVW-36 */
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_false(is_public(rows[i]));
        assert_false(fetch_address_is_public(&other));
}

static void what_is_not_an_address_is_not_judged(void **state)
{
        static const char *const rows[] = {"", "example.com", "1.2.3", "[::1", "[]", "::g", "1.2.3.4.5", "%"};
        bool untouched = true;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                bool known = fetch_address_parse(rows[i], &untouched);

                assert_true(!known || strcmp(rows[i], "[::1") == 0);
        }
        assert_true(fetch_address_parse("[fe80::1%eth0]", &untouched));
        assert_false(untouched);
}

static void a_url_may_name_a_local_host_in_many_ways(void **state)
{
        static const char *const local[] = {
                "https://localhost/x",    "https://LOCALHOST:444/", "https://a.localhost/",
                "https://localhost./",    "https://127.0.0.1/",     "https://127.1/",
                "https://2130706433/",    "https://0x7f.0.0.1/",    "https://[::1]/",
                "https://10.0.0.1:8443/", "https://[fe80::1]/",     "https://169.254.169.254/",
        };
        static const char *const others[] = {"https://example.com/", "https://notlocalhost/",
                                             "https://8.8.8.8/", "https://[2606:4700::1]/",
                                             "https://10.0.0.1.example.com/"};

        (void)state; /* RVW-36 */
        for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
                if (!fetch_url_is_local(local[i]))
                        fail_msg("%s", local[i]);
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (fetch_url_is_local(others[i]))
                        fail_msg("%s", others[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(addresses_of_the_internet_are_public),
                cmocka_unit_test(addresses_of_hosts_links_and_private_networks_are_not),
                cmocka_unit_test(what_is_not_an_address_is_not_judged),
                cmocka_unit_test(a_url_may_name_a_local_host_in_many_ways),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
