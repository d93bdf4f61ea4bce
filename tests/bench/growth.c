/*
 * Measures the cost of a policy with many grants: a whole login decision in a process of its own, reading the
 * configuration and the keys from files, as the module does. The last grant is the one that matches.
 *
 *   growth CASES [--rounds N] [--json FILE]     CASES: tests/cases/login.json, for its keys and tokens
 *
 * Sizes and kinds alternate, so that other load affects all of them equally. Measures CPU time of the process
 * with wait4(). Exit status 1 if a decision with 10,000 grants costs more than three times one with 10, or if
 * the time for reading does not grow linearly; with fewer than 20 rounds only the decisions are checked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "casefile.h"
#include "conf.h"
#include "decide.h"

#define NOW        1700000000
#define ROUNDS_MAX 1000
#define RATIO_MAX  3.0
#define LINEAR_MAX 2.5 /* would be 10 for quadratic growth */

static const unsigned sizes[] = {10, 100, 1000, 10000};
static const struct {
        const char *name;
        const char *token; /* id of a case; NULL: only read the configuration */
        bool warm;         /* in a process that has already loaded OpenSSL, like sshd */
} kinds[] = {{"read", NULL, false},
             {"RS256", "alg-rs256-allowed", false},
             {"ES256", "good", false},
             {"warm", "alg-rs256-allowed", true}};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct series {
        double ms[ROUNDS_MAX];
};

static struct series all[KINDS][SIZES];

static void die(const char *what)
{
        perror(what);
        exit(2);
}

/* --- the login --- */

static size_t read_token(const char *path, char *token, size_t room)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t len = fd < 0 ? -1 : read(fd, token, room);

        if (len <= 0)
                die(path);
        close(fd);
        return (size_t)len;
}

static int log_in(const char *conf_path, const char *token_path)
{
        char token[32768], user[] = "alice";
        struct pjwt_error err = {0};
        struct pjwt_conf *conf = NULL;
        struct pjwt_decision decision;
        int r = 0;
        struct pjwt_request request = {
                .token = token,
                .user = {.name = user, .exists = true, .uid = 1000, .system_uid_max = 999},
                .service = "sshd",
                .now = NOW,
                .keys = {.cache_dir = "/nonexistent", .now = NOW}};

        if (pjwt_conf_load(conf_path, "host.example", &conf, &err) != PJWT_OK) {
                fprintf(stderr, "growth: %s\n", err.detail);
                return 2;
        }
        if (token_path) {
                request.token_len = read_token(token_path, token, sizeof(token));
                if (pjwt_decide(conf, &request, &decision) != PJWT_OK) {
                        fprintf(stderr, "growth: %s: %s\n", token_path, decision.error.detail);
                        r = 1;
                }
                pjwt_decision_clear(&decision);
        }
        pjwt_conf_free(conf);
        return r;
}

/* --- the setup --- */

static const char *directory; /* directory of keys and tokens; for write_case() */

static void write_bytes(const char *name, const struct case_bytes *bytes)
{
        char path[128];
        int out;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out < 0 || write(out, bytes->text, bytes->len) != (ssize_t)bytes->len || close(out) != 0)
                die(path);
}

/*
 * Writes the keys of the case, which are used for all measurements, and its token in a file named after the
 * case.
 */
static void write_case(struct test_case *test)
{
        write_bytes("keys", &test->keys);
        write_bytes(strchr(test->name, '/') + 1, &test->token);
}

static void write_conf(const char *path, const char *keys, unsigned grants)
{
        FILE *f = fopen(path, "we");

        if (!f)
                die(path);
        fprintf(f,
                "[issuer/acme]\nissuer = https://issuer.example\naudience = ssh://host.example\njwks = "
                "file://%s\n",
                keys);
        for (unsigned i = 1; i < grants; i++)
                fprintf(f,
                        "\n[grant/team-%05u]\nissuer = acme\nuser = deploy-%05u\nmatch.groups = team-%05u\n"
                        "services = sshd sudo\n",
                        i, i, i);
        fputs("\n[grant/staff]\nissuer = acme\n", f);
        if (fclose(f) != 0)
                die(path);
}

static double run(const char *conf, const char *token, bool warm)
{
        char name[] = "growth", login[] = "--login";
        char *argv[] = {name, login, (char *)(uintptr_t)conf, (char *)(uintptr_t)token, NULL};
        struct rusage usage;
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
                if (warm)
                        _exit(log_in(conf, token));
                execv("/proc/self/exe", argv);
                _exit(127);
        }
        if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
                die("growth");
        if (status != 0) {
                fprintf(stderr, "growth: %s, %s: the login was refused\n", conf, token ? token : "read");
                exit(2);
        }
        return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

/* --- the results --- */

static double part(const struct series *s, unsigned rounds, unsigned percent)
{
        return s->ms[(rounds - 1) * percent / 100];
}

static void print_table(unsigned rounds)
{
        printf("%-6s %7s %9s %9s %9s %9s %7s   (ms of CPU time, %u rounds)\n", "", "grants", "min", "25%",
               "median", "75%", "ratio", rounds);
        for (size_t k = 0; k < KINDS; k++)
                for (size_t i = 0; i < SIZES; i++)
                        printf("%-6s %7u %9.3f %9.3f %9.3f %9.3f %7.2f\n", kinds[k].name, sizes[i],
                               part(&all[k][i], rounds, 0), part(&all[k][i], rounds, 25),
                               part(&all[k][i], rounds, 50), part(&all[k][i], rounds, 75),
                               part(&all[k][i], rounds, 50) / part(&all[k][0], rounds, 50));
}

static void write_json(const char *path, unsigned rounds, double linear)
{
        FILE *f = fopen(path, "we");

        if (!f)
                die(path);
        fprintf(f, "{\"unit\":\"ms of CPU time\",\"rounds\":%u,\"per_grant_10000_to_1000\":%.3f,\"rows\":[",
                rounds, linear);
        for (size_t k = 0; k < KINDS; k++)
                for (size_t i = 0; i < SIZES; i++)
                        fprintf(f,
                                "%s\n{\"kind\":\"%s\",\"grants\":%u,\"min\":%.3f,\"p25\":%.3f,\"median\":%.3"
                                "f,\"p75\":%.3f,\"ratio\":%.3f}",
                                k + i ? "," : "", kinds[k].name, sizes[i], part(&all[k][i], rounds, 0),
                                part(&all[k][i], rounds, 25), part(&all[k][i], rounds, 50),
                                part(&all[k][i], rounds, 75),
                                part(&all[k][i], rounds, 50) / part(&all[k][0], rounds, 50));
        fputs("\n]}\n", f);
        if (fclose(f) != 0)
                die(path);
}

/*
 * The cost of a grant up to 10,000 grants, compared with up to 1000; 1 means linear. The minimum is a tenth
 * of the smallest case, since less is noise.
 */
static double per_grant(unsigned rounds)
{
        double few = part(&all[0][0], rounds, 50), some = part(&all[0][2], rounds, 50) - few,
               many = part(&all[0][3], rounds, 50) - few;

        return (many / (sizes[3] - sizes[0])) / ((some > few / 10 ? some : few / 10) / (sizes[2] - sizes[0]));
}

static int judge(unsigned rounds)
{
        double linear = per_grant(rounds);
        int r = 0;

        printf("a grant on the way to 10,000, against one on the way to 1000: %.2f (at most %.1f)\n", linear,
               LINEAR_MAX);
        for (size_t k = 1; k < KINDS; k++) {
                double ratio = part(&all[k][SIZES - 1], rounds, 50) / part(&all[k][0], rounds, 50);

                printf("%s, 10,000 grants against 10: %.2f (at most %.1f)\n", kinds[k].name, ratio,
                       RATIO_MAX);
                r |= ratio > RATIO_MAX;
        }
        return rounds < 20 ? 0 : r | (linear > LINEAR_MAX);
}

static void remove_files(const char *folder, char conf[][64])
{
        char path[128];

        for (size_t i = 0; i < SIZES; i++)
                (void)unlink(conf[i]);
        for (size_t k = 0; k < KINDS; k++) {
                snprintf(path, sizeof(path), "%s/%s", folder, kinds[k].token ? kinds[k].token : "keys");
                (void)unlink(path);
        }
        (void)rmdir(folder);
}

static void measure(const char *cases, const char *folder, unsigned rounds)
{
        char rs256[] = "alg-rs256-allowed", es256[] = "good", *const ids[] = {rs256, es256};
        char token[KINDS][96], keys[64], conf[SIZES][64];

        directory = folder;
        case_each(cases, ids, 2, write_case);
        snprintf(keys, sizeof(keys), "%s/keys", folder);
        for (size_t i = 0; i < SIZES; i++) {
                snprintf(conf[i], sizeof(conf[i]), "%s/%u.conf", folder, sizes[i]);
                write_conf(conf[i], keys, sizes[i]);
        }
        for (size_t k = 0; k < KINDS; k++)
                snprintf(token[k], sizeof(token[k]), "%s/%s", folder, kinds[k].token ? kinds[k].token : "");
        (void)log_in(conf[0], token[1]); /* for the warm ones */
        for (unsigned round = 0; round < rounds; round++)
                for (size_t i = 0; i < SIZES; i++)
                        for (size_t k = 0; k < KINDS; k++)
                                all[k][i].ms[round] =
                                        run(conf[i], kinds[k].token ? token[k] : NULL, kinds[k].warm);
        remove_files(folder, conf);
        for (size_t k = 0; k < KINDS; k++)
                for (size_t i = 0; i < SIZES; i++)
                        qsort(all[k][i].ms, rounds, sizeof(double), by_value);
}

int main(int argc, char **argv)
{
        char folder[] = "/tmp/pjwt-growth-XXXXXX";
        const char *json = NULL;
        unsigned rounds = 100;

        if (argc >= 3 && strcmp(argv[1], "--login") == 0)
                return log_in(argv[2], argc > 3 ? argv[3] : NULL);
        for (int i = 2; i + 1 < argc; i += 2) {
                if (strcmp(argv[i], "--rounds") == 0)
                        rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
                else if (strcmp(argv[i], "--json") == 0)
                        json = argv[i + 1];
                else
                        return 2;
        }
        if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX) {
                fputs("usage: growth CASES [--rounds N] [--json FILE]\n", stderr);
                return 2;
        }
        if (!mkdtemp(folder))
                die(folder);
        measure(argv[1], folder, rounds);
        print_table(rounds);
        if (json)
                write_json(json, rounds, per_grant(rounds));
        return judge(rounds);
}
