#include "prompt.h"

#include "clients.h"
#include "secret.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The replies so far. At most one reply is longer than PJWT_PARTS_FULL bytes, so the memory is limited. */
struct replies {
        struct pjwt_span given[PJWT_PARTS_MAX];
        size_t count;
        unsigned prompts;
};

static void replies_clear(struct replies *replies)
{
        for (size_t i = 0; i < replies->count; i++)
                pjwt_wipe_free((void *)(uintptr_t)replies->given[i].text, replies->given[i].len);
        *replies = (struct replies){0};
}

/* Takes ownership of text. */
static void replies_add(struct replies *replies, char *text)
{
        replies->given[replies->count++] = (struct pjwt_span){text, strnlen(text, PJWT_REPLY_MAX + 1)};
}

/*
 * Prompts once. An application that fails and one that returns no text have both given no reply (attacks
 * PAM-24).
 */
static enum pjwt_reason ask(pam_handle_t *pamh, const char *prompt, struct replies *replies,
                            struct pjwt_error *reterr)
{
        char *text = NULL;
        int result = pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &text, "%s", prompt);

        replies->prompts++;
        if (result != PAM_SUCCESS || !text) {
                if (text)
                        pjwt_wipe_free(text, strnlen(text, PJWT_REPLY_MAX));
                return pjwt_fail(
                        reterr, PJWT_NO_ANSWER,
                        "the application gave no reply to prompt %u (%s); sudo drops replies of %d bytes "
                        "or more, for which sudo -A is needed",
                        replies->prompts, result == PAM_SUCCESS ? "no text" : pam_strerror(pamh, result),
                        PJWT_SUDO_MOST + 1);
        }
        replies_add(replies, text);
        return PJWT_OK;
}

/*
 * The reply to an earlier module's prompt; if there is none, an empty reply, which is left to the next
 * module.
 */
static enum pjwt_reason take_first_pass(const char *authtok, struct replies *replies,
                                        struct pjwt_error *reterr)
{
        char *copy =
                pjwt_secret_dup(authtok ? authtok : "", authtok ? strnlen(authtok, PJWT_REPLY_MAX + 1) : 0);

        if (!copy)
                return pjwt_fail_memory(reterr);
        replies_add(replies, copy);
        return PJWT_OK;
}

static enum pjwt_reason first_reply(pam_handle_t *pamh, const struct pjwt_options *options,
                                    struct replies *replies, struct pjwt_error *reterr)
{
        const void *authtok = NULL;

        if (options->use_first_pass || options->try_first_pass)
                (void)pam_get_item(pamh, PAM_AUTHTOK, &authtok);
        if (options->use_first_pass || authtok)
                return take_first_pass(authtok, replies, reterr);
        return ask(pamh, options->prompt, replies, reterr);
}

/*
 * Prompts again as long as the length of the last reply requires it. Does not depend on the contents
 * (attacks REV-03).
 */
static enum pjwt_reason further_replies(pam_handle_t *pamh, struct replies *replies,
                                        struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;

        while (reason == PJWT_OK && pjwt_parts_more(replies->given[replies->count - 1].len, replies->count)) {
                char prompt[sizeof(PJWT_PROMPT_PART) + 10];

                (void)snprintf(prompt, sizeof(prompt), PJWT_PROMPT_PART, (unsigned)replies->count + 1);
                reason = ask(pamh, prompt, replies, reterr);
        }
        return reason;
}

static enum pjwt_reason collect(pam_handle_t *pamh, const struct pjwt_options *options,
                                struct replies *replies, struct pjwt_error *reterr)
{
        enum pjwt_reason reason = first_reply(pamh, options, replies, reterr);

        if (reason == PJWT_OK && !options->use_first_pass && !options->observe)
                reason = further_replies(pamh, replies, reterr);
        return reason;
}

static bool has_authtok(pam_handle_t *pamh)
{
        const void *authtok = NULL;

        return pam_get_item(pamh, PAM_AUTHTOK, &authtok) == PAM_SUCCESS && authtok;
}

/* For the next module, so that it does not ask again. What it has already stays as it is. */
static void pass_on(pam_handle_t *pamh, const struct replies *replies, bool replace)
{
        if (replies->prompts > 0 && replies->count > 0 && replies->given[0].len <= PJWT_REPLY_MAX &&
            (replace || !has_authtok(pamh)))
                (void)pam_set_item(pamh, PAM_AUTHTOK, replies->given[0].text);
}

/* Only replies that are not tokens are passed on; observe changes nothing (attacks RVW-05). */
static void pass_on_or_wipe_authtok(pam_handle_t *pamh, const struct pjwt_options *options,
                                    const struct replies *replies, enum pjwt_reason reason)
{
        if (options->observe)
                pass_on(pamh, replies, false);
        else if (reason == PJWT_NOT_A_TOKEN)
                pass_on(pamh, replies, true);
        else
                (void)pam_set_item(pamh, PAM_AUTHTOK, NULL);
}

enum pjwt_reason pjwt_prompt(pam_handle_t *pamh, const struct pjwt_options *options, struct pjwt_reply *ret,
                             struct pjwt_error *reterr)
{
        struct replies replies = {0};
        enum pjwt_reason reason = collect(pamh, options, &replies, reterr);

        ret->typed = pjwt_reply_typed(replies.given, replies.count);
        ret->prompts = replies.prompts;
        if (reason == PJWT_OK)
                reason = pjwt_reply_read(replies.given, replies.count, ret, reterr);
        pass_on_or_wipe_authtok(pamh, options, &replies, reason);
        replies_clear(&replies);
        return reason;
}
