#include "conftext.h"

static void defaults_hold_where_nothing_is_written(void **state)
{
        struct pjwt_conf *conf = accepts(ISSUER GRANT "[service/sudo]\n");
        const struct pjwt_issuer *i = &conf->issuers[0];

        (void)state;
        assert_string_equal(i->name, "acme");
        assert_string_equal(i->issuer, "https://idp.example");
        assert_string_equal(i->audience[0], "ssh://host.example");
        assert_null(i->audience[1]);
        assert_null(i->jwks);
        assert_int_equal(i->algorithms, pjwt_alg_default());
        assert_int_equal(i->leeway, 30);
        assert_int_equal(i->max_lifetime, 86400);
        assert_int_equal(i->timeout, 5);
        assert_int_equal(i->max_stale, 7 * 86400);
        assert_int_equal(i->refresh, 3600);
        assert_int_equal(i->min_refresh, 60);
        assert_false(i->email_trusted);
        assert_null(i->typ);
        assert_null(i->require);
        assert_null(i->clients);
        assert_ptr_equal(conf->grants[0].issuer, i);
        assert_string_equal(conf->grants[0].user[0], "%{sub}");
        assert_string_equal(conf->grants[0].services[0], "sshd");
        assert_null(conf->grants[0].services[1]);
        assert_false(conf->services[0].one_use);
        assert_int_equal(conf->services[0].max_age, 0);
        pjwt_conf_free(conf);
}

static void every_option_of_an_issuer_is_read(void **state)
{
        struct pjwt_conf *conf =
                accepts("[issuer/a]\nissuer = urn:foo\naudience = a b\njwks = https://k.example/jwks\n"
                        "algorithms = ES256 RS256\nleeway = 10\nmax_lifetime = 2w\ntyp = at+jwt JWT\n"
                        "require = jti azp\nazp = cli\nemail_trusted = yes\nca_file = /etc/ca.pem\n"
                        "bearer_file = /etc/bearer\nproxy = http://proxy:3128\ntimeout = 3s\n"
                        "max_stale = 2d\nrefresh = 15m\nmin_refresh = 5s\n");
        const struct pjwt_issuer *i = &conf->issuers[0];

        (void)state;
        assert_string_equal(i->audience[1], "b");
        assert_string_equal(i->jwks, "https://k.example/jwks");
        assert_int_equal(i->algorithms, pjwt_alg_find("ES256", 5)->bit | pjwt_alg_find("RS256", 5)->bit);
        assert_int_equal(i->leeway, 10);
        assert_int_equal(i->max_lifetime, 1209600);
        assert_string_equal(i->typ[0], "at+jwt");
        assert_string_equal(i->require[1], "azp");
        assert_string_equal(i->clients[0], "cli");
        assert_true(i->email_trusted);
        assert_string_equal(i->ca_file, "/etc/ca.pem");
        assert_string_equal(i->bearer_file, "/etc/bearer");
        assert_string_equal(i->proxy, "http://proxy:3128");
        assert_int_equal(i->timeout, 3);
        assert_int_equal(i->max_stale, 172800);
        assert_int_equal(i->refresh, 900);
        assert_int_equal(i->min_refresh, 5);
        assert_int_equal(pjwt_issuer_origin(i, "leeway").line, 6);
        assert_int_equal(pjwt_issuer_origin(i, NULL).line, 1);
        pjwt_conf_free(conf);
}

static void every_option_of_a_grant_and_a_service_is_read(void **state)
{
        struct pjwt_conf *conf = accepts(
                ISSUER GRANT "user = %{preferred_username} deploy\nstrip_suffix = @acme.example\n"
                             "services = sshd sudo\nhosts = db* web1.example\nmatch.groups = linux users\n"
                             "match./realm_access/roles = glob:dep*\nmatch.https://a/b.c = regex:x+\n"
                             "[service/sudo]\nalso = sudo-i\nmatch.acr = mfa\nmax_age = 5m\n"
                             "max_token_age = 1h\naudience = sudo://%h\none_use = yes\n"
                             "session_until_exp = yes\n[service/su]\nreuse_login = yes\n");
        const struct pjwt_grant *g = &conf->grants[0];
        const struct pjwt_service *s = &conf->services[0];

        (void)state;
        assert_string_equal(g->user[1], "deploy");
        assert_string_equal(g->strip_suffix, "@acme.example");
        assert_string_equal(g->services[1], "sudo");
        assert_string_equal(g->hosts[0], "db*");
        assert_int_equal(g->match_count, 3);
        assert_string_equal(g->matches[0].claim, "groups");
        assert_string_equal(g->matches[0].value, "linux users");
        assert_string_equal(g->matches[1].claim, "/realm_access/roles");
        assert_int_equal(g->matches[1].kind, PJWT_MATCH_GLOB);
        assert_string_equal(g->matches[1].pattern, "dep*");
        assert_string_equal(g->matches[2].claim, "https://a/b.c");
        assert_int_equal(g->matches[2].kind, PJWT_MATCH_REGEX);
        assert_string_equal(s->also[0], "sudo-i");
        assert_string_equal(s->matches[0].value, "mfa");
        assert_int_equal(s->max_age, 300);
        assert_int_equal(s->max_token_age, 3600);
        assert_string_equal(s->audience[0], "sudo://host.example");
        assert_true(s->one_use);
        assert_true(s->session_until_exp);
        assert_true(conf->services[1].reuse_login);
        pjwt_conf_free(conf);
}

static void what_is_not_understood_is_refused(void **state) /* PAM-11 */
{
        (void)state;
        refuses_issuer("audeince = x", "f:4: audeince: unknown key; did you mean audience?");
        refuses_issuer("Leeway = 5s", "f:4: Leeway: unknown key; did you mean leeway?");
        refuses_issuer("one_use = yes",
                       "f:4: one_use: unknown key in this section; it belongs in [service/NAME]");
        refuses_issuer("frobnicate = x", "f:4: frobnicate: unknown key; use one of issuer audience jwks");
        refuses_grant(
                "groups = x",
                "f:6: groups: unknown key; use one of issuer user strip_suffix match.CLAIM services hosts");
        refuses_grant("mach.groups = x", "f:6: mach.groups: unknown key; did you mean match.CLAIM?");
        refuses_grant("match. = x", "f:6: match.: the name of the claim is missing");
        refuses("[isuser/a]\n", "f:1: unknown section [isuser]; did you mean [issuer/NAME]?");
        refuses("[Issuer/a]\n", "f:1: unknown section [Issuer]; did you mean [issuer/NAME]?");
        refuses("[zzzzzzz]\n", "f:1: unknown section [zzzzzzz]; use");
        refuses("[issuer]\n", "f:1: unknown section [issuer]; did you mean [issuer/NAME]?");
        refuses("[host/a]\n", "f:1: unknown section [host]; did you mean [host]?");
        refuses("[issuer/.a]\n", "f:1: not a valid issuer name");
        refuses("[issuer/a/b]\n", "f:1: not a valid issuer name");
        refuses("[service/SSHD]\n", "f:1: 'SSHD': not a PAM service");
}

static void what_is_repeated_is_refused(void **state) /* USR-15 */
{
        (void)state;
        refuses_issuer("audience = x", "f:4: audience: duplicate key, already set on line 3");
        refuses_grant("match.a = x\nmatch.a = y", "f:7: match.a: duplicate key, already set on line 6");
        refuses(ISSUER ISSUER, "f:4: the section issuer/acme is already defined at f:1");
        refuses(ISSUER GRANT GRANT, "f:6: the section grant/staff is already defined at f:4");
        refuses("[service/sudo]\n[service/sudo]\n", "f:2: the service sudo is already defined at f:1");
        refuses("[service/sudo]\n[service/a]\nalso = sudo\n",
                "f:3: the service sudo is already defined at f:1");
        refuses("[host]\n[host]\n", "f:2: the section [host] is already defined at f:1");
        refuses(ISSUER "[issuer/b]\nissuer = https://idp.example\naudience = x\n",
                "f:5: issuer: the issuer https://idp.example is already defined at f:2");
        refuses_issuer("require = jti jti", "f:4: require: 'jti' is listed twice");
}

static void the_same_section_in_two_files_names_both(void **state)
{
        const struct pjwt_conf_text texts[] = {{"one", ISSUER, strlen(ISSUER)},
                                               {"two", ISSUER, strlen(ISSUER)}};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_conf_parse(texts, 2, "h.example", &conf, &err), PJWT_CONFIG);
        assert_string_equal(
                err.detail,
                "two:1: the section issuer/acme is already defined at one:1; remove one of the two");
}

static void sections_of_several_files_make_one_policy(void **state)
{
        const struct pjwt_conf_text texts[] = {{"one", GRANT, strlen(GRANT)},
                                               {"two", ISSUER, strlen(ISSUER)}};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_conf_parse(texts, 2, "h.example", &conf, &err), PJWT_OK);
        assert_ptr_equal(conf->grants[0].issuer, &conf->issuers[0]);
        assert_string_equal(conf->grants[0].origin.file, "one");
        assert_string_equal(conf->issuers[0].origin.file, "two");
        pjwt_conf_free(conf);
}

static void arguments_are_a_configuration_of_one_issuer_and_one_grant(void **state)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(pjwt_conf_from_arguments("https://a.example", "ssh://%h", NULL, "sudo", "h.example",
                                                  &conf, &err),
                         PJWT_OK);
        assert_string_equal(conf->issuers[0].issuer, "https://a.example");
        assert_string_equal(conf->issuers[0].audience[0], "ssh://h.example");
        assert_null(conf->issuers[0].jwks);
        assert_string_equal(conf->grants[0].user[0], "%{sub}");
        assert_string_equal(conf->grants[0].services[0], "sudo");
        assert_null(conf->grants[0].services[1]);
        pjwt_conf_free(conf);
        conf = NULL;
        assert_int_equal(pjwt_conf_from_arguments("urn:foo", "x", "file:///k", "sshd", NULL, &conf, &err),
                         PJWT_OK);
        assert_string_equal(conf->issuers[0].jwks, "file:///k");
        pjwt_conf_free(conf);
}

static void arguments_cannot_bring_in_lines(void **state)
{
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0}, err2 = {0}, err3 = {0};

        (void)state;
        assert_int_equal(pjwt_conf_from_arguments("https://a\nemail_trusted = yes", "x", NULL, "sshd", NULL,
                                                  &conf, &err),
                         PJWT_CONFIG);
        assert_int_equal(pjwt_conf_from_arguments("https://a", NULL, NULL, "sshd", NULL, &conf, &err2),
                         PJWT_CONFIG);
        assert_int_equal(pjwt_conf_from_arguments("http://a", "x", NULL, "sshd", NULL, &conf, &err3),
                         PJWT_CONFIG);
        assert_null(conf);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(path, mode), 0);
}

static void files_and_conf_d_are_read_in_order(void **state)
{
        char dir[] = "/tmp/pjwt-conf-XXXXXX", path[64], directory[80], one[128], two[128], other[128];
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        (void)state;
        assert_non_null(mkdtemp(dir));
        (void)snprintf(path, sizeof(path), "%s/pam_jwt.conf", dir);
        (void)snprintf(directory, sizeof(directory), "%s.d", path);
        (void)snprintf(one, sizeof(one), "%s/10-a.conf", directory);
        (void)snprintf(two, sizeof(two), "%s/20-b.conf", directory);
        (void)snprintf(other, sizeof(other), "%s/30-c.conf.bak", directory);
        assert_int_equal(pjwt_conf_load(path, "h.example", &conf, &err), PJWT_FILE_OPEN); /* PAM-12 */
        write_file(path, "# nothing\n", 0644);
        assert_int_equal(mkdir(directory, 0755), 0);
        write_file(two, "[grant/b]\nissuer = acme\n", 0644);
        write_file(one, ISSUER GRANT, 0644);
        write_file(other, "rubbish", 0644);
        err = (struct pjwt_error){0};
        assert_int_equal(pjwt_conf_load(path, "h.example", &conf, &err), PJWT_OK);
        assert_int_equal(conf->grant_count, 2);
        assert_string_equal(conf->grants[0].origin.file, one);
        assert_string_equal(conf->grants[1].origin.file, two);
        pjwt_conf_free(conf);
        assert_int_equal(chmod(two, 0666), 0); /* KEY-29 */
        assert_int_equal(pjwt_conf_load(path, "h.example", &conf, &err), PJWT_FILE_MODE);
        (void)unlink(one);
        (void)unlink(two);
        (void)unlink(other);
        (void)rmdir(directory);
        (void)unlink(path);
        (void)rmdir(dir);
}

static void every_option_has_a_row_with_help_and_an_example(void **state)
{
        struct pjwt_conf_option option;
        size_t count = 0, host = 0, issuer = 0, grant = 0, service = 0;

        (void)state;
        for (; pjwt_conf_option_at(count, &option); count++) {
                host += strcmp(option.kind, "host") == 0;
                issuer += strcmp(option.kind, "issuer") == 0;
                grant += strcmp(option.kind, "grant") == 0;
                service += strcmp(option.kind, "service") == 0;
                assert_non_null(option.kind);
                assert_non_null(option.type);
                assert_non_null(option.example);
                assert_true(strlen(option.help) > 10);
        }
        assert_int_equal(count, host + issuer + grant + service);
}

static void the_written_default_of_algorithms_is_the_default(void **state)
{
        struct pjwt_conf_option option = {0};
        struct pjwt_conf *conf;
        char text[1024];

        (void)state;
        for (size_t i = 0; pjwt_conf_option_at(i, &option); i++)
                if (strcmp(option.name, "algorithms") == 0)
                        break;
        (void)snprintf(text, sizeof(text), ISSUER "algorithms = %s\n", option.def);
        conf = accepts(text);
        assert_int_equal(conf->issuers[0].algorithms, pjwt_alg_default());
        pjwt_conf_free(conf);
}

/* If there were too few elements, a row would write past the end of the section's lines. */
static void every_kind_has_room_for_the_lines_of_its_rows(void **state)
{
        static const struct {
                const char *kind;
                size_t room;
        } kinds[] = {{"host", PJWT_HOST_LINES},
                     {"issuer", PJWT_ISSUER_LINES},
                     {"grant", PJWT_GRANT_LINES},
                     {"service", PJWT_SERVICE_LINES}};
        struct pjwt_conf_option option;

        (void)state;
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
                size_t rows = 0;

                for (size_t i = 0; pjwt_conf_option_at(i, &option); i++)
                        rows += strcmp(option.kind, kinds[k].kind) == 0;
                assert_int_equal(rows, kinds[k].room);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_hold_where_nothing_is_written),
                cmocka_unit_test(every_option_of_an_issuer_is_read),
                cmocka_unit_test(every_option_of_a_grant_and_a_service_is_read),
                cmocka_unit_test(what_is_not_understood_is_refused),
                cmocka_unit_test(what_is_repeated_is_refused),
                cmocka_unit_test(the_same_section_in_two_files_names_both),
                cmocka_unit_test(sections_of_several_files_make_one_policy),
                cmocka_unit_test(arguments_are_a_configuration_of_one_issuer_and_one_grant),
                cmocka_unit_test(arguments_cannot_bring_in_lines),
                cmocka_unit_test(files_and_conf_d_are_read_in_order),
                cmocka_unit_test(the_written_default_of_algorithms_is_the_default),
                cmocka_unit_test(every_option_has_a_row_with_help_and_an_example),
                cmocka_unit_test(every_kind_has_room_for_the_lines_of_its_rows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
