#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "audit.h"
#include "b64url.h"
#include "decide.h"

/* The clock of these tests: the host's, set forward where a test says so; it goes before libc's. */
static int64_t ahead_ms, ahead_in_lookup_ms, ahead_in_use_ms;

int clock_gettime(clockid_t id, struct timespec *ret)
{
        long result = syscall(SYS_clock_gettime, id, ret);

        ret->tv_sec += ahead_ms / 1000;
        return (int)result;
}

int symlinkat(const char *target, int at, const char *path)
{
        ahead_ms += ahead_in_use_ms;
        return (int)syscall(SYS_symlinkat, target, at, path);
}

#define NOW    1700000000
#define SECRET "0123456789abcdef0123456789abcdef"

/* A directory with one HMAC key and a policy for it: a whole decision without network or randomness. */
struct host {
        char dir[64];
        char keys[96];
        char revoked[96];
        struct pjwt_conf *conf;
};

static int make_host(void **state)
{
        struct host *host = calloc(1, sizeof(*host));
        struct pjwt_error err = {0};
        struct pjwt_conf_text text = {.file = "pam_jwt.conf"};
        char policy[2048], k[64];
        FILE *f;

        strcpy(host->dir, "/tmp/pjwt-decide-XXXXXX");
        assert_non_null(mkdtemp(host->dir));
        (void)snprintf(host->keys, sizeof(host->keys), "%s/keys.json", host->dir);
        (void)snprintf(host->revoked, sizeof(host->revoked), "%s/revoked", host->dir);
        pjwt_b64url_encode((const unsigned char *)SECRET, strlen(SECRET), k);
        f = fopen(host->keys, "w");
        assert_non_null(f);
        (void)fprintf(f, "{\"kty\":\"oct\",\"kid\":\"k1\",\"alg\":\"HS256\",\"k\":\"%s\"}", k);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(host->keys, 0600), 0);
        (void)snprintf(
                policy, sizeof(policy),
                "[issuer/acme]\nissuer = https://idp.example\naudience = ssh://%%h\njwks = file://%s\n"
                "algorithms = HS256\nrequire = jti\n[grant/staff]\nissuer = acme\nmatch.groups = users\n"
                "services = sshd sudo once\n[service/sudo]\nmatch.acr = mfa\n[service/once]\none_use = yes\n",
                host->keys);
        text.text = policy;
        text.len = strlen(policy);
        if (pjwt_conf_parse(&text, 1, "db1.example", &host->conf, &err) != PJWT_OK)
                fail_msg("%s", err.detail);
        *state = host;
        return 0;
}

static int drop_host(void **state)
{
        struct host *host = *state;
        char command[128];

        pjwt_conf_free(host->conf);
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", host->dir);
        assert_int_equal(system(command), 0);
        free(host);
        return 0;
}

static void sign(const char *header, const char *claims, const char *secret, char out[2048])
{
        unsigned char tag[32];
        unsigned len = 0;
        size_t n;

        pjwt_b64url_encode((const unsigned char *)header, strlen(header), out);
        strcat(out, ".");
        n = strlen(out);
        pjwt_b64url_encode((const unsigned char *)claims, strlen(claims), out + n);
        n = strlen(out);
        assert_non_null(
                HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)out, n, tag, &len));
        out[n] = '.';
        pjwt_b64url_encode(tag, len, out + n + 1);
}

#define HEADER "{\"alg\":\"HS256\",\"kid\":\"k1\"}"
#define CLAIMS                                                                                               \
        "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://"                                                  \
        "db1.example\",\"sub\":\"alice\",\"groups\":[\"users\"],"                                            \
        "\"iat\":1699999990,\"exp\":1700000300,\"jti\":\"j1\"}"

static enum pjwt_account find_account(void *arg, const char *name, uid_t *retuid)
{
        (void)arg;
        ahead_ms += ahead_in_lookup_ms;
        *retuid = 1000;
        return strcmp(name, "ALICE") == 0 || strcmp(name, "alice") == 0 ? PJWT_ACCOUNT_FOUND
                                                                        : PJWT_ACCOUNT_ABSENT;
}

static enum pjwt_reason judge(const struct host *host, const char *token, struct pjwt_user user,
                              const char *service, struct pjwt_decision *ret)
{
        const struct pjwt_request request = {.token = token,
                                             .token_len = strlen(token),
                                             .user = user,
                                             .service = service,
                                             .now = NOW,
                                             .revoked_file = host->revoked,
                                             .accounts = {find_account, NULL},
                                             .replay = {.run_dir = host->dir, .boot = NOW - 86400},
                                             .keys = {.cache_dir = host->dir, .now = NOW}};
        enum pjwt_reason reason = pjwt_decide(host->conf, &request, ret);

        assert_int_equal(reason, ret->error.reason);
        return reason;
}

static const struct pjwt_user alice = {"alice", true, 1000, 999};

static enum pjwt_reason judge_claims(const struct host *host, const char *header, const char *claims,
                                     const char *service)
{
        struct pjwt_decision decision;
        char token[2048];
        enum pjwt_reason reason;

        sign(header, claims, SECRET, token);
        reason = judge(host, token, alice, service, &decision);
        pjwt_decision_clear(&decision);
        return reason;
}

static void a_good_token_passes_every_stage(void **state)
{
        static const enum pjwt_stage stages[] = {
                PJWT_STAGE_TOKEN,  PJWT_STAGE_ISSUER, PJWT_STAGE_KEYS,  PJWT_STAGE_KEYS,    PJWT_STAGE_VERIFY,
                PJWT_STAGE_CLAIMS, PJWT_STAGE_BIND,   PJWT_STAGE_GRANT, PJWT_STAGE_SERVICE, PJWT_STAGE_GRANT};
        struct pjwt_decision d;
        char token[2048];

        sign(HEADER, CLAIMS, SECRET, token);
        assert_int_equal(judge(*state, token, alice, "sshd", &d), PJWT_OK);
        assert_true(d.verified);
        assert_string_equal(d.iss, "https://idp.example");
        assert_string_equal(d.sub, "alice");
        assert_string_equal(d.kid, "k1");
        assert_string_equal(d.jti, "j1");
        assert_string_equal(d.alg, "HS256");
        assert_string_equal(d.issuer->name, "acme");
        assert_string_equal(d.grant->name, "staff");
        assert_int_equal(d.times.exp, 1700000300);
        assert_true(d.keys.from_file);
        assert_int_equal(d.stage_count, sizeof(stages) / sizeof(stages[0]));
        for (size_t i = 0; i < d.stage_count; i++) {
                assert_int_equal(d.stages[i].stage, stages[i]);
                assert_int_equal(d.stages[i].outcome, PJWT_OK);
        }
        assert_int_equal(d.stages[1].origin.line, 2);
        assert_string_equal(d.stages[1].value, "iss https://idp.example");
        assert_int_equal(d.stages[9].origin.line, 7);
        pjwt_decision_clear(&d);
        assert_null(d.iss);
}

static void the_first_stage_that_refuses_decides(void **state)
{
        struct host *host = *state;

        assert_int_equal(judge_claims(host, HEADER, CLAIMS, "sshd"), PJWT_OK);
        assert_int_equal(judge_claims(host, "{\"alg\":\"none\"}", CLAIMS, "sshd"),
                         PJWT_ALG_UNKNOWN); /* HDR-01 */
        assert_int_equal(judge_claims(host, "{\"alg\":\"HS384\"}", CLAIMS, "sshd"),
                         PJWT_ALG_NOT_ALLOWED); /* HDR-11 */
        assert_int_equal(judge_claims(host, "{\"alg\":\"RS256\"}", CLAIMS, "sshd"), PJWT_ALG_NOT_ALLOWED);
        assert_int_equal(judge_claims(host, "{\"alg\":\"HS256\",\"kid\":\"k2\"}", CLAIMS, "sshd"),
                         PJWT_UNKNOWN_KID); /* KEY-09 */
        assert_int_equal(judge_claims(host, "{\"alg\":\"HS256\"}", CLAIMS, "sshd"), PJWT_OK);
        assert_int_equal(judge_claims(host, HEADER, "{\"iss\":\"https://evil.example\"}", "sshd"),
                         PJWT_ISSUER_UNKNOWN);
        assert_int_equal(judge_claims(host, HEADER, "{\"iss\":\"https://idp.example\"}", "sshd"),
                         PJWT_CLAIM_MISSING); /* CLM-01 */
        assert_int_equal(
                judge_claims(
                        host, HEADER,
                        "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db2.example\",\"sub\":\"alice\",\""
                        "exp\":1700000300,\"jti\":\"x\"}",
                        "sshd"),
                PJWT_BAD_AUDIENCE);
        assert_int_equal(
                judge_claims(
                        host, HEADER,
                        "{\"iss\":\"https://idp.example\",\"aud\":\"ssh://db1.example\",\"sub\":\"alice\",\""
                        "exp\":1700000300}",
                        "sshd"),
                PJWT_CLAIM_MISSING);
        assert_int_equal(judge_claims(host, HEADER, CLAIMS, "su"), PJWT_SERVICE);
        assert_int_equal(judge_claims(host, HEADER, CLAIMS, "sudo"), PJWT_SERVICE_MATCH);
}

static void nothing_is_believed_before_the_signature_holds(void **state)
{
        struct pjwt_decision d;
        char token[2048];

        sign(HEADER, CLAIMS, "another secret, 32 bytes or longer", token);
        assert_int_equal(judge(*state, token, alice, "sshd", &d), PJWT_BAD_SIGNATURE);
        assert_false(d.verified);
        assert_null(d.grant);
        assert_int_equal(d.times.exp, 0);
        pjwt_decision_clear(&d);
}

static void what_is_no_token_is_refused(void **state)
{
        static const char *const bad[] = {"",       "x", "a.b", "a.b.c", "....", "eyJhbGciOiJIUzI1NiJ9..",
                                          "hunter2"};

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct pjwt_decision d;

                assert_int_not_equal(judge(*state, bad[i], alice, "sshd", &d), PJWT_OK);
                assert_int_not_equal(d.error.reason, PJWT_UNDECIDED);
                assert_false(d.verified);
                pjwt_decision_clear(&d);
        }
}

static void a_user_is_looked_at_last(void **state) /* PAM-15 */
{
        const struct pjwt_user unknown = {"ghost", false, 0, 999}, bob = {"bob", true, 1001, 999};
        struct pjwt_decision d;
        char token[2048], forged[2048];

        sign(HEADER, CLAIMS, SECRET, token);
        sign(HEADER, CLAIMS, "another secret, 32 bytes or longer", forged);
        assert_int_equal(judge(*state, token, unknown, "sshd", &d), PJWT_UNKNOWN_USER);
        assert_true(d.verified);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, token, bob, "sshd", &d), PJWT_NO_GRANT);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, forged, unknown, "sshd", &d), PJWT_BAD_SIGNATURE);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, token, unknown, "sudo", &d),
                         PJWT_SERVICE_MATCH); /* not: unknown user */
        pjwt_decision_clear(&d);
}

static void the_audit_line_never_holds_the_token(void **state) /* USR-13 */
{
        struct host *host = *state;
        const char *secrets[] = {SECRET, "ghost"};

        for (int forged = 0; forged < 2; forged++) {
                char token[2048], line[PJWT_AUDIT_MAX];
                struct pjwt_request request = {
                        .token = token, .user = {"ghost", false, 0, 999}, .service = "sshd", .now = NOW};
                struct pjwt_decision d;
                char *piece, *save = NULL;

                sign(HEADER, CLAIMS, forged ? "another secret, 32 bytes or longer" : SECRET, token);
                request.token_len = strlen(token);
                request.keys.now = NOW;
                (void)pjwt_decide(host->conf, &request, &d);
                pjwt_audit_line(&request, &d, line);
                for (piece = strtok_r(token, ".", &save); piece; piece = strtok_r(NULL, ".", &save))
                        assert_null(strstr(line, piece));
                for (size_t i = 0; i < 2; i++)
                        assert_null(strstr(line, secrets[i]));
                pjwt_decision_clear(&d);
        }
}

static void a_missing_key_file_is_no_acceptance(void **state)
{
        struct host *host = *state;
        struct pjwt_decision d;
        char token[2048];

        sign(HEADER, CLAIMS, SECRET, token);
        assert_int_equal(chmod(host->keys, 0644), 0); /* a secret that other users can read */
        assert_int_equal(judge(host, token, alice, "sshd", &d), PJWT_FILE_MODE);
        pjwt_decision_clear(&d);
        assert_int_equal(unlink(host->keys), 0);
        assert_int_equal(judge(host, token, alice, "sshd", &d), PJWT_FILE_OPEN);
        assert_int_equal(d.stages[d.stage_count - 1].outcome, PJWT_FILE_OPEN);
        pjwt_decision_clear(&d);
}

static void a_token_is_used_up_by_the_last_stage_only(void **state) /* CLM-17 */
{
        const struct pjwt_user bob = {"bob", true, 1001, 999};
        struct pjwt_decision d;
        char token[2048];

        sign(HEADER, CLAIMS, "another secret, 32 bytes or longer", token);
        assert_int_equal(judge(*state, token, alice, "once", &d), PJWT_BAD_SIGNATURE);
        pjwt_decision_clear(&d);
        sign(HEADER, CLAIMS, SECRET, token);
        assert_int_equal(judge(*state, token, bob, "once", &d), PJWT_NO_GRANT);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, token, alice, "sshd", &d), PJWT_OK);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, token, alice, "once", &d), PJWT_OK);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, token, alice, "once", &d), PJWT_REPLAYED);
        pjwt_decision_clear(&d);
        assert_int_equal(judge(*state, token, alice, "sshd", &d), PJWT_OK);
        pjwt_decision_clear(&d);
}

static void shut_out(const struct host *host, const char *line)
{
        FILE *f = fopen(host->revoked, "w");

        assert_non_null(f);
        assert_true(fputs(line, f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(chmod(host->revoked, 0644), 0);
}

static void what_is_revoked_is_refused_at_the_next_login(void **state)
{
        static const char *const lines[] = {
                "jti acme j1\n", "sub acme alice\n", "kid acme k1\n", "issued_before acme 1699999991\n",
                "user alice\n",  "user ALICE\n",     "uid 1000\n"};
        static const char *const headers[] = {HEADER, "{\"alg\":\"HS256\"}"};
        struct host *host = *state;

        for (size_t h = 0; h < 2; h++)
                for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                        struct pjwt_decision d;
                        char token[2048];

                        sign(headers[h], CLAIMS, SECRET, token);
                        shut_out(host, lines[i]);
                        assert_int_equal(judge(host, token, alice, "sshd", &d), PJWT_REVOKED);
                        assert_int_equal(d.stages[d.stage_count - 1].origin.line, 1);
                        assert_string_equal(d.stages[d.stage_count - 1].origin.file, host->revoked);
                        pjwt_decision_clear(&d);
                }
        shut_out(host, "user bob\nuid 1001\n");
        assert_int_equal(judge_claims(host, HEADER, CLAIMS, "sshd"), PJWT_OK);
        shut_out(host, "usr bob\n");
        assert_int_equal(judge_claims(host, HEADER, CLAIMS, "sshd"), PJWT_CONFIG);
}

static enum pjwt_reason judge_read(const struct host *host, const char *service, int64_t lookup_ms,
                                   int64_t use_ms, bool *retused)
{
        struct pjwt_decision d;
        char token[2048];
        enum pjwt_reason reason;

        sign(HEADER, CLAIMS, SECRET, token);
        ahead_ms = 0;
        ahead_in_lookup_ms = lookup_ms;
        ahead_in_use_ms = use_ms;
        reason = judge(host, token, alice, service, &d);
        ahead_ms = ahead_in_lookup_ms = ahead_in_use_ms = 0;
        *retused = d.used;
        pjwt_decision_clear(&d);
        return reason;
}

/* RVW-03: a process that was stopped after the keys and the list were read lets no one in by them. */
static void a_judgement_that_was_stopped_is_a_refusal(void **state)
{
        const struct host *host = *state;
        bool used;

        shut_out(*state, "user mallory\n");
        assert_int_equal(judge_read(host, "sshd", 9000, 0, &used), PJWT_OK);
        assert_int_equal(judge_read(host, "sshd", 11000, 0, &used), PJWT_INTERRUPTED);
        assert_int_equal(judge_read(host, "sshd", INT64_C(100000000), 0, &used), PJWT_INTERRUPTED);
        assert_false(used);
}

/* RVW-03: nor does a use that was recorded after a stop: the record may be one that was swept. */
static void a_use_that_was_stopped_counts_and_does_not_open(void **state)
{
        const struct host *host = *state;
        bool used;

        assert_int_equal(judge_read(host, "once", 0, 11000, &used), PJWT_INTERRUPTED);
        assert_true(used);
        assert_int_equal(judge_read(host, "once", 0, 0, &used), PJWT_REPLAYED);
        assert_false(used);
}

/* RVW-03: what was read before the judgement began is as old as the request says. */
static void a_request_of_long_ago_is_not_judged(void **state)
{
        const struct host *host = *state;
        struct pjwt_moment then = pjwt_moment_now();
        struct pjwt_decision d;
        char token[2048];
        struct pjwt_request request = {.token = token,
                                       .user = alice,
                                       .service = "sshd",
                                       .now = NOW,
                                       .keys = {.cache_dir = host->dir, .now = NOW}};

        sign(HEADER, CLAIMS, SECRET, token);
        request.token_len = strlen(token);
        request.read = then;
        assert_int_equal(pjwt_decide(host->conf, &request, &d), PJWT_OK);
        pjwt_decision_clear(&d);
        request.read.boot_ms -= 100000; /* a stopped process */
        assert_int_equal(pjwt_decide(host->conf, &request, &d), PJWT_INTERRUPTED);
        pjwt_decision_clear(&d);
        request.read = then;
        request.read.wall_ms -= 100000; /* a stopped machine */
        assert_int_equal(pjwt_decide(host->conf, &request, &d), PJWT_INTERRUPTED);
        pjwt_decision_clear(&d);
        request.read.wall_ms -= 400000; /* and by the time of now the token has expired */
        assert_int_equal(pjwt_decide(host->conf, &request, &d), PJWT_EXPIRED);
        pjwt_decision_clear(&d);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_good_token_passes_every_stage, make_host, drop_host),
                cmocka_unit_test_setup_teardown(the_first_stage_that_refuses_decides, make_host, drop_host),
                cmocka_unit_test_setup_teardown(nothing_is_believed_before_the_signature_holds, make_host,
                                                drop_host),
                cmocka_unit_test_setup_teardown(what_is_no_token_is_refused, make_host, drop_host),
                cmocka_unit_test_setup_teardown(a_user_is_looked_at_last, make_host, drop_host),
                cmocka_unit_test_setup_teardown(the_audit_line_never_holds_the_token, make_host, drop_host),
                cmocka_unit_test_setup_teardown(a_token_is_used_up_by_the_last_stage_only, make_host,
                                                drop_host),
                cmocka_unit_test_setup_teardown(what_is_revoked_is_refused_at_the_next_login, make_host,
                                                drop_host),
                cmocka_unit_test_setup_teardown(a_judgement_that_was_stopped_is_a_refusal, make_host,
                                                drop_host),
                cmocka_unit_test_setup_teardown(a_use_that_was_stopped_counts_and_does_not_open, make_host,
                                                drop_host),
                cmocka_unit_test_setup_teardown(a_request_of_long_ago_is_not_judged, make_host, drop_host),
                cmocka_unit_test_setup_teardown(a_missing_key_file_is_no_acceptance, make_host, drop_host),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
