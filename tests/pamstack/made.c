#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <security/_pam_types.h>

#include "stackeval.h"

enum { FILES = 16 };

char made_ran[256];

struct pjwt_stack *made_stack(const char *build, ...)
{
        struct pjwt_stack_draft_file list[FILES];
        struct pjwt_stack_drafts drafts = {.files = list};
        const struct pjwt_stack_files files = {pjwt_stack_open_drafts, &drafts};
        struct pjwt_stack *stack = NULL;
        struct pjwt_error err = {0};
        const char *path;
        va_list args;

        va_start(args, build);
        while ((path = va_arg(args, const char *))) {
                const char *text = va_arg(args, const char *);

                list[drafts.count++] = (struct pjwt_stack_draft_file){path, text, strlen(text)};
        }
        va_end(args);
        assert_int_equal(pjwt_stack_read(pjwt_stack_rules_of_build(build), &files, "svc", &stack, &err),
                         PJWT_OK);
        return stack;
}

struct pjwt_stack *made(const char *text)
{
        return made_stack("debian-12", ETC "svc", text, NULL);
}

bool made_note(const struct pjwt_stack *stack, enum pjwt_stack_note_kind kind)
{
        for (size_t i = 0; i < stack->note_count; i++)
                if (stack->notes[i].kind == kind)
                        return true;
        return false;
}

static int answer(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        (void)arg;
        (void)function;
        if (strcmp(pjwt_stack_module(line), "pam_missing.so") == 0)
                return PAM_MODULE_UNKNOWN;
        if (line->arg_count > 1 && strlen(made_ran) + strlen(line->args[1]) < sizeof(made_ran))
                strcat(made_ran, line->args[1]);
        return line->arg_count > 0 ? atoi(line->args[0]) : PAM_SUCCESS;
}

int made_call(const struct pjwt_stack *stack, int call)
{
        struct pjwt_stack_run *run = pjwt_stack_run_new(stack);
        int code;

        assert_non_null(run);
        made_ran[0] = '\0';
        code = pjwt_stack_call(run, (enum pjwt_stack_call)call, answer, NULL);
        pjwt_stack_run_free(run);
        return code;
}
