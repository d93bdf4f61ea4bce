#include "conftext.h"

static void the_host_name_stands_for_h(void **state) /* REV-15 */
{
        static const char text[] = "[issuer/a]\nissuer = https://a\naudience = ssh://%h x%%y\n";
        static const char named[] =
                "[issuer/a]\nissuer = https://a\naudience = ssh://%h\n[host]\nhost_name = db1.acme.example\n";
        struct pjwt_conf *conf = accepts_on(text, "Web-1.Acme.Example");

        (void)state;
        assert_string_equal(conf->issuers[0].audience[0], "ssh://web-1.acme.example");
        assert_string_equal(conf->issuers[0].audience[1], "x%y");
        pjwt_conf_free(conf);
        conf = accepts_on(named, "localhost");
        assert_string_equal(conf->issuers[0].audience[0], "ssh://db1.acme.example");
        pjwt_conf_free(conf);
        refuses_on(text, "localhost", "f:3: audience: %h cannot use this host's name 'localhost'");
        refuses_on(text, "localhost.localdomain", "f:3: audience: %h cannot use");
        refuses_on(text, "10.0.0.1",
                   "f:3: audience: %h cannot use this host's name '10.0.0.1' (it is an IP address)");
        refuses_on(text, "fe80::1", "f:3: audience: %h cannot use");
        refuses_on(text, "(none)", "f:3: audience: %h cannot use");
        refuses_on(text, "", "f:3: audience: %h needs the name of this host, which is not set");
        refuses_on(text, NULL, "f:3: audience: %h needs the name of this host");
        refuses_on("[host]\nhost_name = LocalHost\n", "x.example", /* RVW-01: in every spelling */
                   "f:2: host_name: 'LocalHost' cannot be used as this host's name");
        refuses_on("[host]\nhost_name = LOCALHOST.localdomain\n", "x.example",
                   "f:2: host_name: 'LOCALHOST.localdomain' cannot be used as this host's name");
        refuses_on("[host]\nhost_name = localhost\n", "x.example",
                   "f:2: host_name: 'localhost' cannot be used as this host's name");
        refuses_on("[host]\nhost_name = 10.1.2.3\n", "x.example", "f:2: host_name: '10.1.2.3' cannot");
        refuses_on("[host]\nmachine_id = 0123456789ABCDEF0123456789ABCDEF\n", "x.example",
                   "f:2: machine_id: '0123456789ABCDEF0123456789ABCDEF' is not a machine id");
        refuses_on("[host]\nmachine_id = 00000000000000000000000000000000\n", "x.example",
                   "f:2: machine_id: '00000000000000000000000000000000' is not a machine id");
        refuses_on(ISSUER GRANT "hosts = x\n", NULL, "f:6: hosts: hosts needs the name of this host");
}

static void a_host_without_a_name_does_without_h(void **state)
{
        struct pjwt_conf *conf = accepts_on(ISSUER, "localhost");

        (void)state;
        assert_null(conf->host_name);
        pjwt_conf_free(conf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_host_name_stands_for_h),
                cmocka_unit_test(a_host_without_a_name_does_without_h),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
