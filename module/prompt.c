#include "prompt.h"

#include "parts.h"
#include "secret.h"
#include "shape.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any token with white space around it. An answer that has no end within it is refused unread. */
#define ANSWER_MAX 65536

/*
 * What was answered so far. At most one answer is longer than PJWT_PARTS_FULL bytes, so the memory is
 * bounded.
 */
struct answers {
        struct pjwt_span given[PJWT_PARTS_MAX];
        size_t count;
        unsigned prompts;
};

static void answers_clear(struct answers *answers)
{
        for (size_t i = 0; i < answers->count; i++)
                pjwt_wipe_free((void *)(uintptr_t)answers->given[i].text, answers->given[i].len);
        *answers = (struct answers){0};
}

/* Takes ownership of text. */
static void answers_add(struct answers *answers, char *text)
{
        answers->given[answers->count++] = (struct pjwt_span){text, strnlen(text, ANSWER_MAX + 1)};
}

static size_t answers_bytes(const struct answers *answers)
{
        size_t bytes = 0;

        for (size_t i = 0; i < answers->count; i++)
                bytes += answers->given[i].len;
        return bytes;
}

/*
 * One prompt. An application that fails and one that gives no text have both given no answer (attacks
 * PAM-24).
 */
static enum pjwt_reason ask(pam_handle_t *pamh, const char *prompt, struct answers *answers,
                            struct pjwt_error *reterr)
{
        char *text = NULL;
        int result = pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &text, "%s", prompt);

        answers->prompts++;
        if (result != PAM_SUCCESS || !text) {
                if (text)
                        pjwt_wipe_free(text, strnlen(text, ANSWER_MAX));
                return pjwt_fail(
                        reterr, PJWT_NO_ANSWER,
                        "the application gave none to prompt %u (%s); sudo gives none of 512 bytes or more: "
                        "then sudo -A",
                        answers->prompts, result == PAM_SUCCESS ? "no text" : pam_strerror(pamh, result));
        }
        answers_add(answers, text);
        return PJWT_OK;
}

/* What an earlier module asked for; nothing there is an empty answer, which is left to the next module. */
static enum pjwt_reason take_first_pass(const char *authtok, struct answers *answers,
                                        struct pjwt_error *reterr)
{
        char *copy = pjwt_secret_dup(authtok ? authtok : "", authtok ? strnlen(authtok, ANSWER_MAX + 1) : 0);

        if (!copy)
                return pjwt_fail_memory(reterr);
        answers_add(answers, copy);
        return PJWT_OK;
}

static enum pjwt_reason first_answer(pam_handle_t *pamh, const struct pjwt_options *options,
                                     struct answers *answers, struct pjwt_error *reterr)
{
        const void *authtok = NULL;

        if (options->use_first_pass || options->try_first_pass)
                (void)pam_get_item(pamh, PAM_AUTHTOK, &authtok);
        if (options->use_first_pass || authtok)
                return take_first_pass(authtok, answers, reterr);
        return ask(pamh, options->prompt, answers, reterr);
}

/*
 * Asks on as long as the length of the last answer says that more follows. Looks at no content (attacks
 * REV-03).
 */
static enum pjwt_reason further_answers(pam_handle_t *pamh, struct answers *answers,
                                        struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;

        while (reason == PJWT_OK && pjwt_parts_more(answers->given[answers->count - 1].len, answers->count)) {
                char prompt[sizeof(PJWT_PROMPT_PART) + 10];

                (void)snprintf(prompt, sizeof(prompt), PJWT_PROMPT_PART, (unsigned)answers->count + 1);
                reason = ask(pamh, prompt, answers, reterr);
        }
        return reason;
}

static enum pjwt_reason collect(pam_handle_t *pamh, const struct pjwt_options *options,
                                struct answers *answers, struct pjwt_error *reterr)
{
        enum pjwt_reason reason = first_answer(pamh, options, answers, reterr);

        if (reason == PJWT_OK && !options->use_first_pass && !options->observe)
                reason = further_answers(pamh, answers, reterr);
        return reason;
}

/* Is it for us at all? The first answer decides: it is the one that another module would get. */
static enum pjwt_reason check_shape(struct pjwt_span first, struct pjwt_error *reterr)
{
        if (pjwt_shape_stand_in(first) && first.len >= PJWT_SHAPE_LONG)
                return pjwt_fail(reterr, PJWT_STAND_IN,
                                 "%zu bytes in place of what was typed: sshd refuses this user", first.len);
        if (first.len > ANSWER_MAX)
                return pjwt_fail(reterr, PJWT_TOO_LONG, "the answer has more than %d bytes", ANSWER_MAX);
        if (!pjwt_shape_token(first) && !pjwt_parts_is_part(pjwt_shape_trim(first)))
                return pjwt_fail(reterr, PJWT_NOT_A_TOKEN, "%zu bytes", first.len);
        return PJWT_OK;
}

static enum pjwt_reason join(const struct answers *answers, struct pjwt_answer *ret,
                             struct pjwt_error *reterr)
{
        size_t room = PJWT_PARTS_MAX * PJWT_PARTS_BODY;
        size_t len;
        char *token;
        enum pjwt_reason reason;

        if (room < answers->given[0].len)
                room = answers->given[0].len;
        token = malloc(room + 1);
        if (!token)
                return pjwt_fail_memory(reterr);
        reason = pjwt_parts_join(answers->given, answers->count, token, &len, reterr);
        if (reason == PJWT_OK && pjwt_shape_cut((struct pjwt_span){token, len}))
                reason = pjwt_fail(reterr, PJWT_TRUNCATED, "%zu bytes without a third part; ssh cuts at 1023",
                                   len);
        if (reason != PJWT_OK) {
                pjwt_wipe_free(token, room);
                return reason;
        }
        token[len] = '\0';
        ret->token = token;
        ret->len = len;
        return PJWT_OK;
}

/* Only what is no token goes on to the next module; observe changes nothing for it. */
static void keep_or_wipe_authtok(pam_handle_t *pamh, const struct answers *answers, bool keep)
{
        if (!keep)
                (void)pam_set_item(pamh, PAM_AUTHTOK, NULL);
        else if (answers->count > 0 && answers->given[0].len <= ANSWER_MAX)
                (void)pam_set_item(pamh, PAM_AUTHTOK, answers->given[0].text);
}

enum pjwt_reason pjwt_prompt(pam_handle_t *pamh, const struct pjwt_options *options, struct pjwt_answer *ret,
                             struct pjwt_error *reterr)
{
        struct answers answers = {0};
        enum pjwt_reason reason = collect(pamh, options, &answers, reterr);

        ret->typed = answers_bytes(&answers);
        ret->prompts = answers.prompts;
        if (reason == PJWT_OK)
                reason = check_shape(answers.given[0], reterr);
        if (reason == PJWT_OK)
                reason = join(&answers, ret, reterr);
        keep_or_wipe_authtok(pamh, &answers, reason == PJWT_NOT_A_TOKEN || options->observe);
        answers_clear(&answers);
        return reason;
}

void pjwt_answer_clear(struct pjwt_answer *answer)
{
        pjwt_wipe_free(answer->token, answer->len);
        *answer = (struct pjwt_answer){0};
}
