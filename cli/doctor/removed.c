/* What would become of this host's logins without the module: asked before the package is removed. */
#include <string.h>

#include "doctor.h"
#include "journal.h"

#define MISSING PJWT_STACK_ANSWER(PJWT_PAM_MODULE_UNKNOWN)

enum { WAY_MAX = 600 };

/* Setup's own lines are undone by setup, with all that belongs to them. */
static const char *how_to_fix(const struct cli_doctor *d)
{
        bool expired;

        return cli_setup_state(d->root, &expired) == CLI_SETUP_NONE ? NULL : "run: pamjwt setup --undo";
}

/* Does this phase refuse everyone without the module, and not with it? What cannot be known counts as yes. */
static bool locks_out(const struct cli_pam_modules *m, enum pjwt_stack_type type)
{
        struct pjwt_stack_finding with = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_stack_finding without = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};
        bool asked_both =
                pjwt_stack_ask_possible(&m->asked, type, PJWT_STACK_ANY_ANSWER, &with, &err) == PJWT_OK &&
                pjwt_stack_ask_possible(&m->asked, type, MISSING, &without, &err) == PJWT_OK;
        bool locks = !asked_both || (with.verdict != PJWT_STACK_NO && without.verdict != PJWT_STACK_YES);

        pjwt_stack_finding_free(&with);
        pjwt_stack_finding_free(&without);
        return locks;
}

static void look_at_type(struct cli_doctor *d, const struct cli_pam_modules *m, enum pjwt_stack_type type)
{
        const struct pjwt_stack_line *us = cli_pam_find(m->asked.stack, type, CLI_PAM_US, 0);
        bool brackets;

        if (!us || !locks_out(m, type))
                return;
        brackets = strchr(us->control, '=') != NULL;
        cli_found(d, CLI_FIND_REMOVED_LOCKED, how_to_fix(d), "%s:%u: %s %s%s%s " CLI_PAM_US, us->file,
                  us->line, pjwt_stack_type_name(type), brackets ? "[" : "", us->control,
                  brackets ? "]" : "");
}

static void look_for_open(struct cli_doctor *d, const struct cli_pam_modules *m)
{
        const struct pjwt_stack_line *us = cli_pam_find(m->asked.stack, PJWT_STACK_AUTH, CLI_PAM_US, 0);
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};
        char way[WAY_MAX];

        if (!us)
                return;
        if (pjwt_stack_ask_open(&m->asked, MISSING, &finding, &err) != PJWT_OK)
                cli_found(d, CLI_FIND_REMOVED_OPEN, how_to_fix(d), "%s:%u: %s", us->file, us->line,
                          err.detail);
        else if (finding.verdict == PJWT_STACK_YES)
                cli_found(d, CLI_FIND_REMOVED_OPEN, how_to_fix(d), "%s:%u: %s", us->file, us->line,
                          cli_pam_way(&finding, way, sizeof(way)));
        pjwt_stack_finding_free(&finding);
}

bool cli_doctor_removed(struct cli_doctor *d, const char *service)
{
        struct cli_pam_modules modules;
        struct pjwt_stack *stack = NULL;

        if (!cli_pam_read(d->root, service, &stack))
                return false;
        cli_pam_look_for_modules(d->root, stack, &modules);
        look_for_open(d, &modules);
        for (int type = 0; type < PJWT_STACK_TYPES; type++)
                look_at_type(d, &modules, (enum pjwt_stack_type)type);
        pjwt_stack_free(stack);
        return true;
}
