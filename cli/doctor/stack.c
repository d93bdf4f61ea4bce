/* What a stack does with a login, by evaluating it: who gets in, past what, and who is refused. */
#include <string.h>

#include "doctor.h"

#define NO_TOKEN PJWT_STACK_ANSWER(PJWT_PAM_CRED_UNAVAIL)
#define MISSING  PJWT_STACK_ANSWER(PJWT_PAM_MODULE_UNKNOWN)

enum { WAY_MAX = 600 };

static bool refuses(const struct pjwt_stack_line *line, int code)
{
        return line->actions[code] == PJWT_STACK_BAD || line->actions[code] == PJWT_STACK_DIE;
}

static bool takes(const struct pjwt_stack_line *line, int code, int action)
{
        return line->actions[code] == action;
}

/* --- open --- */

/* Returns whether anyone without proof gets in when our lines answer so; the way is in ret. */
static bool is_open(const struct cli_pam_modules *m, pjwt_stack_answers token, char ret[WAY_MAX])
{
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};
        bool open = pjwt_stack_ask_open(&m->asked, token, &finding, &err) == PJWT_OK &&
                    finding.verdict == PJWT_STACK_YES;

        cli_pam_way(&finding, ret, WAY_MAX);
        pjwt_stack_finding_free(&finding);
        return open;
}

/*
 * A stack that is closed only because no module has said yes yet opens with the next line that someone adds.
 */
static bool ends_in_refusal(const struct pjwt_stack *stack, const struct pjwt_stack_line *us)
{
        const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, PJWT_STACK_AUTH);
        const struct pjwt_stack_line *deny =
                cli_pam_find(stack, PJWT_STACK_AUTH, "pam_deny.so", (size_t)(us - chain->lines) + 1);

        return !takes(us, PJWT_PAM_CRED_UNAVAIL, PJWT_STACK_IGNORE) ||
               (deny && refuses(deny, PJWT_PAM_AUTH_ERR));
}

static bool look_for_deny(struct cli_doctor *d, const struct cli_pam_modules *m,
                          const struct pjwt_stack_line *us)
{
        char way[WAY_MAX];
        char place[300];

        snprintf(place, sizeof(place), "auth requisite pam_deny.so   after the auth lines of %s", us->file);
        if (is_open(m, NO_TOKEN, way))
                cli_found(d, CLI_FIND_PAM_NO_DENY, place, "%s:%u: anyone gets in: %s", us->file, us->line,
                          way);
        else if (!ends_in_refusal(m->asked.stack, us))
                cli_found(d, CLI_FIND_PAM_NO_DENY, place,
                          "%s:%u: cred_unavail is ignored, and no pam_deny follows", us->file, us->line);
        else
                return true;
        return false;
}

/* Returns whether each of our refusals refuses. */
static bool look_at_refusals(struct cli_doctor *d, const struct cli_pam_modules *m,
                             const struct pjwt_stack_line *us)
{
        static const int codes[] = {PJWT_PAM_AUTH_ERR, PJWT_PAM_AUTHINFO_UNAVAIL, PJWT_PAM_PERM_DENIED,
                                    PJWT_PAM_SERVICE_ERR, PJWT_PAM_SYSTEM_ERR};
        char way[WAY_MAX];

        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
                if (!refuses(us, codes[i])) {
                        cli_found(d, CLI_FIND_PAM_REFUSAL_IGNORED, NULL, "%s:%u: %s continues after %s",
                                  us->file, us->line, us->control, pjwt_stack_code_name(codes[i]));
                        return false;
                }
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
                if (is_open(m, PJWT_STACK_ANSWER(codes[i]), way)) {
                        cli_found(d, CLI_FIND_PAM_OPEN, NULL, "%s:%u: %s", us->file, us->line, way);
                        return false;
                }
        return true;
}

static void look_without_us(struct cli_doctor *d, const struct cli_pam_modules *m,
                            const struct pjwt_stack_line *us)
{
        char way[WAY_MAX];

        if (is_open(m, MISSING, way))
                cli_found(d, CLI_FIND_PAM_OPEN, "remove module_unknown=ignore from this line",
                          "%s:%u: without the file of " CLI_PAM_US ": %s", us->file, us->line, way);
}

/* --- skipped, refused --- */

static void look_for_skipped(struct cli_doctor *d, const struct cli_pam_modules *m)
{
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};

        if (pjwt_stack_ask_skipped(&m->asked, &finding, &err) != PJWT_OK)
                return;
        for (size_t i = 0; i < finding.count; i++)
                cli_found(d, CLI_FIND_PAM_SKIPPED, NULL, "%s:%u: a password has to pass %s, a token does not",
                          finding.way[i].line->file, finding.way[i].line->line,
                          pjwt_stack_module(finding.way[i].line));
        pjwt_stack_finding_free(&finding);
}

/* The first line after ours and outside of its substack that can refuse. */
static const struct pjwt_stack_line *refusing_after(const struct pjwt_stack *stack,
                                                    const struct pjwt_stack_line *us)
{
        const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, PJWT_STACK_AUTH);

        for (const struct pjwt_stack_line *line = us + 1; line < chain->lines + chain->count; line++)
                if (line->level < us->level && line->kind == PJWT_STACK_MODULE &&
                    refuses(line, PJWT_PAM_AUTH_ERR))
                        return line;
        return us;
}

/* done and die of a substack end that substack, not the whole (pam.conf(5)). */
static void look_at_alone(struct cli_doctor *d, const struct cli_pam_modules *m,
                          const struct pjwt_stack_line *us)
{
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        const struct pjwt_stack_line *line = refusing_after(m->asked.stack, us);
        struct pjwt_error err = {0};

        if (pjwt_stack_ask_alone(&m->asked, &finding, &err) != PJWT_OK)
                return;
        if (finding.verdict == PJWT_STACK_NO && us->level > 0 && line != us)
                cli_found(d, CLI_FIND_PAM_SUBSTACK, NULL, "%s:%u: in a substack, after which %s:%u has %s",
                          us->file, us->line, line->file, line->line, pjwt_stack_module(line));
        else if (finding.verdict == PJWT_STACK_NO)
                cli_found(d, CLI_FIND_PAM_NOT_ENOUGH, NULL, "%s:%u", us->file, us->line);
        pjwt_stack_finding_free(&finding);
}

/* --- account --- */

static void look_for_bypass(struct cli_doctor *d, const struct cli_pam_modules *m)
{
        const pjwt_stack_answers token =
                PJWT_STACK_ANSWER(PJWT_PAM_SUCCESS) | (PJWT_STACK_TOKEN_REFUSALS & ~MISSING);
        const struct pjwt_stack_line *account = cli_pam_requires_token(m->asked.stack);
        struct pjwt_stack_finding finding = {.verdict = PJWT_STACK_UNDECIDED};
        struct pjwt_error err = {0};
        char way[WAY_MAX];

        if (!account || pjwt_stack_ask_required(&m->asked, "require_token", token, &finding, &err) != PJWT_OK)
                return;
        if (finding.verdict == PJWT_STACK_NO)
                cli_found(d, CLI_FIND_PAM_BYPASS, NULL, "%s:%u: a login gets past require_token: %s",
                          account->file, account->line, cli_pam_way(&finding, way, sizeof(way)));
        pjwt_stack_finding_free(&finding);
}

/* --- what libpam makes of the files --- */

void cli_doctor_stack_faults(struct cli_doctor *d, const struct pjwt_stack *stack)
{
        for (size_t i = 0; i < stack->note_count; i++) {
                const struct pjwt_stack_note *n = &stack->notes[i];

                if (n->line > 0)
                        cli_found(d, CLI_FIND_PAM_FAULT, NULL, "%s:%u: %s%s%s", n->file, n->line,
                                  pjwt_stack_note_text(n->kind), *n->what ? ": " : "", n->what);
                else
                        cli_found(d, CLI_FIND_PAM_FAULT, NULL, "%s: %s%s%s",
                                  *n->file ? n->file : stack->service, pjwt_stack_note_text(n->kind),
                                  *n->what ? ": " : "", n->what);
        }
}

/* PAM_MODULE_UNKNOWN, whether the type has a dash or not: that only keeps it out of the log. */
static void look_for_missing(struct cli_doctor *d, const struct cli_pam_modules *m)
{
        for (int type = 0; type < PJWT_STACK_TYPES; type++) {
                const struct pjwt_stack_chain *chain =
                        pjwt_stack_chain(m->asked.stack, (enum pjwt_stack_type)type);

                for (size_t i = 0; i < chain->count; i++) {
                        const struct pjwt_stack_line *line = &chain->lines[i];

                        if (line->kind == PJWT_STACK_MODULE && cli_pam_is_missing(m, line) &&
                            refuses(line, PJWT_PAM_MODULE_UNKNOWN) &&
                            strcmp(pjwt_stack_module(line), CLI_PAM_US) != 0)
                                cli_found(d, CLI_FIND_PAM_MISSING, NULL, "%s:%u: %s%s: %s", line->file,
                                          line->line, line->silent ? "-" : "",
                                          pjwt_stack_type_name((enum pjwt_stack_type)type), line->module);
                }
        }
}

void cli_doctor_stack(struct cli_doctor *d, const struct pjwt_stack *stack, const struct pjwt_stack_line *us)
{
        struct cli_pam_modules modules;

        cli_pam_look_for_modules(d->root, stack, &modules);
        look_for_missing(d, &modules);
        if (look_at_refusals(d, &modules, us)) {
                if (look_for_deny(d, &modules, us))
                        look_without_us(d, &modules, us);
                look_at_alone(d, &modules, us);
        }
        look_for_skipped(d, &modules);
        look_for_bypass(d, &modules);
}
