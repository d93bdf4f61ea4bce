/*
 * A login conversation without a person: one secret answers every prompt. For the tests' own PAM programs.
 */
#ifndef TESTS_CONVERSE_H
#define TESTS_CONVERSE_H

#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

/* A conversation function; appdata_ptr is the secret, a string. */
static inline int answer(int n, const struct pam_message **messages, struct pam_response **ret, void *arg)
{
        struct pam_response *responses = calloc((size_t)n, sizeof(*responses));

        for (int i = 0; responses && i < n; i++)
                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
                    messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
                        responses[i].resp = strdup(arg);
        *ret = responses;
        return responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

#endif
