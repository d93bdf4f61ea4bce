/*
 * The reader and the evaluator of PAM stacks. The first byte chooses a build of libpam; the rest is
 * /etc/pam.d/svc up to the first 0xff, then /etc/pam.d/other up to the next, then a file "inc".
 */
#include <string.h>

#include "fuzz.h"
#include "stackask.h"
#include "stackfiles.h"

enum { FILES = 3 };

static int answer(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        unsigned *seed = arg;

        FUZZ_CHECK(line->kind == PJWT_STACK_MODULE && line->module != NULL &&
                   line->level < PJWT_STACK_LEVELS);
        FUZZ_CHECK(function < PJWT_STACK_FNS);
        for (size_t i = 0; i < line->arg_count; i++)
                FUZZ_CHECK(line->args[i] != NULL);
        *seed = *seed * 1103515245U + 12345U;
        return (int)(*seed >> 16) % 34 - 1;
}

static void check_chain(const struct pjwt_stack_chain *chain)
{
        for (size_t i = 0; i < chain->count; i++) {
                const struct pjwt_stack_line *line = &chain->lines[i];

                FUZZ_CHECK(line->file != NULL && line->line > 0 && line->control != NULL);
                FUZZ_CHECK(line->kind != PJWT_STACK_MODULE || line->module != NULL);
                FUZZ_CHECK(strchr(pjwt_stack_module(line), '/') == NULL);
        }
}

static void run_calls(const struct pjwt_stack *stack, unsigned seed)
{
        struct pjwt_stack_run *run = pjwt_stack_run_new(stack);

        for (int call = 0; run != NULL && call < PJWT_STACK_CALLS; call++)
                (void)pjwt_stack_call(run, (enum pjwt_stack_call)call, answer, &seed);
        pjwt_stack_run_free(run);
}

static void ask_questions(const struct pjwt_stack *stack)
{
        const struct pjwt_stack_asked asked = {.stack = stack};
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        if (pjwt_stack_ask_open(&asked, PJWT_STACK_TOKEN_REFUSALS, &finding, &err) == PJWT_OK) {
                FUZZ_CHECK(finding.verdict != PJWT_STACK_YES || finding.way != NULL);
                FUZZ_CHECK(stack->start == PJWT_STACK_STARTS || finding.verdict <= PJWT_STACK_NO);
        }
        pjwt_stack_finding_free(&finding);
        if (pjwt_stack_ask_required(&asked, "require_token", PJWT_STACK_ANY_ANSWER, &finding, &err) ==
            PJWT_OK)
                FUZZ_CHECK(finding.verdict != PJWT_STACK_PERHAPS);
        pjwt_stack_finding_free(&finding);
}

static size_t split(const char *bytes, size_t size, struct pjwt_stack_draft_file files[FILES])
{
        static const char *const paths[FILES] = {"/etc/pam.d/svc", "/etc/pam.d/other", "/etc/pam.d/inc"};
        size_t count = 0;

        while (count < FILES) {
                const char *end = size > 0 ? memchr(bytes, '\xff', size) : NULL;
                size_t len = end && count + 1 < FILES ? (size_t)(end - bytes) : size;

                files[count] = (struct pjwt_stack_draft_file){paths[count], bytes, len};
                count++;
                if (len == size)
                        break;
                bytes += len + 1;
                size -= len + 1;
        }
        return count;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct pjwt_stack_draft_file list[FILES];
        struct pjwt_stack_drafts drafts = {.files = list};
        const struct pjwt_stack_files files = {pjwt_stack_open_drafts, &drafts};
        struct pjwt_stack *stack = NULL;
        struct pjwt_error err = {0};
        enum pjwt_reason r;
        bool good;

        if (size == 0)
                return false;
        drafts.count = split((const char *)data + 1, size - 1, list);
        r = pjwt_stack_read(&pjwt_stack_builds()[data[0] % 4].rules, &files, "svc", &stack, &err);
        FUZZ_CHECK((r == PJWT_OK) == (stack != NULL));
        if (!stack)
                return false;
        for (int i = 0; i < PJWT_STACK_TYPES; i++) {
                check_chain(&stack->own[i]);
                check_chain(&stack->other[i]);
        }
        run_calls(stack, data[0]);
        if (pjwt_stack_chain(stack, PJWT_STACK_AUTH)->count < 64)
                ask_questions(stack);
        good = stack->start == PJWT_STACK_STARTS && !stack->unknown;
        pjwt_stack_free(stack);
        return good;
}
