/*
 * Runs cases (README.md here says what a case is). A case is data; stages.c runs it through the stages in
 * order, and this program compares the result.
 *
 *   run FILE [ID...]...           the cases of the files, or those whose ids are given (with * and ?)
 *   run --show FILE [ID...]...    prints the result of each case instead of checking it: for writing new ones
 *   run --ring FILE [ID...]...    every key of the cases with every token: only matching pairs may verify
 *   run --faults FILE [ID...]...  (case_faults) every case repeatedly, with a different call to memory
 *                                 allocation, json-c or OpenSSL failing each time: a refused case must never
 *                                 be accepted, and -1 from OpenSSL is never success (PRS-20, SIG-24)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jwkwrite.h"
#include "stages.h"
#include "verify.h"
#ifdef CASE_FAULTS
#include "faults.h"
#endif

static unsigned passed, failed;

static bool run(struct test_case *test, struct outcome *out)
{
        bool clean = run_case(test, out);

        if (!clean) {
                failed++;
                printf("FAIL: %s leaves another error queue than it found\n", test->name);
        }
        return clean;
}

/* --- judging -------------------------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *holder, const char *name)
{
        struct json_object *value = NULL;

        (void)json_object_object_get_ex(holder, name, &value);
        return value;
}

/* {"index": N, "reason": R, "note": "a part of it"} */
static bool key_is(const struct pjwt_keyset *set, struct json_object *want)
{
        size_t i = (size_t)json_object_get_int64(member(want, "index"));
        const char *reason = json_object_get_string(member(want, "reason"));
        const char *note = json_object_get_string(member(want, "note"));

        return set != NULL && i < set->count && reason != NULL &&
               strcmp(pjwt_reason_name(set->keys[i].unusable), reason) == 0 &&
               (note == NULL || strstr(set->keys[i].note, note) != NULL);
}

/* {"index": N, "value": "..."} (RFC 7638) */
static bool thumbprint_is(const struct pjwt_keyset *set, struct json_object *want)
{
        size_t i = (size_t)json_object_get_int64(member(want, "index"));
        const char *value = json_object_get_string(member(want, "value"));
        struct pjwt_error err = {0};
        char thumbprint[44];

        return set != NULL && i < set->count && value != NULL &&
               pjwt_key_thumbprint(&set->keys[i], thumbprint, &err) == PJWT_OK &&
               strcmp(thumbprint, value) == 0;
}

static bool each_is(const struct pjwt_keyset *set, struct json_object *list,
                    bool (*is)(const struct pjwt_keyset *set, struct json_object *want))
{
        for (size_t i = 0; i < json_object_array_length(list); i++)
                if (!is(set, json_object_array_get_idx(list, i)))
                        return false;
        return true;
}

/* Whether every string of the list (or, for lineWithout, none) is contained in the text. */
static bool has_pieces(const char *text, struct json_object *expect, const char *name, bool want)
{
        const char *piece;

        for (size_t i = 0; (piece = case_listed(expect, name, i)) != NULL; i++)
                if ((strstr(text, piece) != NULL) != want)
                        return false;
        return true;
}

static bool payload_is(const struct pjwt_token *token, const struct case_bytes *payload)
{
        return token != NULL && payload->text != NULL && token->payload_len == payload->len &&
               memcmp(token->payload, payload->text, payload->len) == 0;
}

/* One member of `expect`. */
static bool holds(const struct outcome *out, const struct test_case *test, const char *name,
                  struct json_object *value)
{
        if (strcmp(name, "keys") == 0)
                return each_is(out->keys, value, key_is);
        if (strcmp(name, "thumbprints") == 0)
                return each_is(out->keys, value, thumbprint_is);
        if (strcmp(name, "usable") == 0)
                return out->keys != NULL && (int64_t)out->keys->usable == json_object_get_int64(value);
        if (strcmp(name, "kid") == 0)
                return out->key != NULL && out->key->kid != NULL &&
                       strcmp(out->key->kid, json_object_get_string(value)) == 0;
        if (strncmp(name, "payload", 7) == 0)
                return payload_is(out->token, &test->payload);
        if (strcmp(name, "detail") == 0)
                return out->reason != PJWT_OK && has_pieces(out->err.detail, test->expect, name, true);
        if (strcmp(name, "line") == 0)
                return out->line[0] != '\0' && has_pieces(out->line, test->expect, name, true);
        if (strcmp(name, "lineWithout") == 0)
                return out->line[0] != '\0' && has_pieces(out->line, test->expect, name, false);
        case_die(test->name, "an unknown member of expect");
}

static void print_outcome(const struct test_case *test, const struct outcome *out)
{
        printf("%s: %s: %s\n", test->name, pjwt_reason_name(out->reason),
               out->line[0] != '\0' ? out->line : out->err.detail);
        for (size_t i = 0; out->keys != NULL && test->type == CASE_KEYS && i < out->keys->count; i++)
                printf("    key %zu %s %s\n", i, pjwt_reason_name(out->keys->keys[i].unusable),
                       out->keys->keys[i].note);
}

static void show(struct test_case *test)
{
        struct outcome out;

        (void)run(test, &out);
        print_outcome(test, &out);
        outcome_clear(&out);
}

/* Checks the outcome, and that the reason returned and the reason in the error are the same. */
static bool as_expected(const struct test_case *test, const struct outcome *out, const char **retmissing)
{
        *retmissing = test->reason;
        if (strcmp(pjwt_reason_name(out->reason), test->reason) != 0)
                return false;
        *retmissing = "the same reason in the error";
        if (out->reason != out->err.reason && !(out->reason == PJWT_OK && out->err.reason == PJWT_UNDECIDED))
                return false;
        if (test->expect == NULL)
                return true;
        json_object_object_foreach(test->expect, name, value)
        {
                *retmissing = json_object_to_json_string(value);
                if (!holds(out, test, name, value))
                        return false;
        }
        return true;
}

static void judge(struct test_case *test)
{
        struct outcome out;
        const char *missing;

        (void)run(test, &out);
        if (as_expected(test, &out, &missing)) {
                passed++;
        } else {
                failed++;
                printf("FAIL, expected %s: ", missing);
                print_outcome(test, &out);
        }
        outcome_clear(&out);
}

/* --- the ring ------------------------------------------------------------------------------------------- */

#define RING_MAX 64

struct ring {
        struct outcome at[RING_MAX];
        char name[RING_MAX][256];
        char thumbprint[RING_MAX][44]; /* of the key: cases may share one */
        size_t count;
};

static struct ring ring;

static void ring_add(struct test_case *test)
{
        struct outcome *out = &ring.at[ring.count];
        struct pjwt_error err = {0};

        (void)run(test, out);
        if (out->reason != PJWT_OK || out->token == NULL || out->key == NULL) {
                outcome_clear(out);
                return;
        }
        if (pjwt_key_thumbprint(out->key, ring.thumbprint[ring.count], &err) != PJWT_OK)
                case_die(test->name, "its key has no thumbprint");
        snprintf(ring.name[ring.count], sizeof(ring.name[0]), "%s", test->name);
        if (++ring.count == RING_MAX)
                case_die(test->name, "the ring is full");
}

/* Only the last stage, without the preceding selection by kid and alg. */
static bool opens(size_t key, size_t token)
{
        const struct pjwt_key *pick = ring.at[key].key, *held = NULL;
        struct pjwt_error err = {0};

        return pjwt_verify_token(&pick, 1, ring.at[token].token, &held, &err) == PJWT_OK;
}

static void ring_judge(void)
{
        for (size_t k = 0; k < ring.count; k++)
                for (size_t t = 0; t < ring.count; t++) {
                        bool want = k == t || (strcmp(ring.thumbprint[k], ring.thumbprint[t]) == 0 &&
                                               pjwt_key_fits(ring.at[k].key, ring.at[t].token->alg));

                        if (opens(k, t) == want) {
                                passed++;
                                continue;
                        }
                        failed++;
                        printf("FAIL: key of %s, token of %s: %s\n", ring.name[k], ring.name[t],
                               want ? "refused" : "ACCEPTED");
                }
        for (size_t i = 0; i < ring.count; i++)
                outcome_clear(&ring.at[i]);
}

/* --- faults --------------------------------------------------------------------------------------------- */

#ifdef CASE_FAULTS
/* Runs the case with its n-th call failing; 0: none. Returns the number of calls. */
static unsigned long run_faulty(struct test_case *test, unsigned long n, enum pjwt_reason *retreason)
{
        struct outcome out;
        unsigned long calls;

        faults_begin(n);
        (void)run(test, &out);
        calls = faults_end();
        *retreason = out.reason;
        if (out.reason == PJWT_UNDECIDED || (out.reason != PJWT_OK && out.err.reason != out.reason)) {
                failed++;
                printf("FAIL: %s, call %lu fails: %s, and in the error %s\n", test->name, n,
                       pjwt_reason_name(out.reason), pjwt_reason_name(out.err.reason));
        }
        outcome_clear(&out);
        return calls;
}

static void judge_faulty(struct test_case *test)
{
        enum pjwt_reason right, reason;
        unsigned long calls = run_faulty(test, 0, &right);

        for (unsigned long n = 1; n <= calls; n++) {
                (void)run_faulty(test, n, &reason);
                if (reason != PJWT_OK || right == PJWT_OK) {
                        passed++;
                        continue;
                }
                failed++;
                printf("FAIL: %s is accepted when call %lu fails, else %s\n", test->name, n,
                       pjwt_reason_name(right));
        }
}
#else
static void judge_faulty(struct test_case *test)
{
        case_die(test->name, "this program has no faults");
}
#endif

/* --- the command line ----------------------------------------------------------------------------------- */

static const struct {
        const char *name;
        void (*each)(struct test_case *test);
} modes[] = {{"--show", show}, {"--ring", ring_add}, {"--faults", judge_faulty}};

static bool is_file(const char *word)
{
        size_t len = strlen(word);

        return len > 5 && strcmp(word + len - 5, ".json") == 0;
}

int main(int argc, char **argv)
{
        void (*each)(struct test_case * test) = judge;
        int i = 1;

        for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]) && argc > 1; m++)
                if (strcmp(argv[1], modes[m].name) == 0) {
                        each = modes[m].each;
                        i = 2;
                }
        if (i >= argc || !is_file(argv[i])) {
                fputs("usage: case_run [--show|--ring|--faults] FILE [ID...] [FILE [ID...]]...\n", stderr);
                return 2;
        }
        while (i < argc) {
                const char *file = argv[i++];
                int first = i;

                while (i < argc && !is_file(argv[i]))
                        i++;
                case_each(file, argv + first, (size_t)(i - first), each);
        }
        if (each == ring_add)
                ring_judge();
        if (each != show)
                printf("%u as expected, %u not\n", passed, failed);
        return failed != 0 || (each != show && passed == 0);
}
