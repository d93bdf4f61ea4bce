/* The secret: from PAM_AUTHTOK or the conversation, whole or in parts, and whether it has the shape of a token. */
#ifndef PJWT_PROMPT_H
#define PJWT_PROMPT_H

#include <security/pam_modules.h>

#include "options.h"
#include "reason.h"

/* A token as it was given. Free with pjwt_answer_clear(). */
struct pjwt_answer {
        char *token; /* trimmed; wiped when freed */
        size_t len;
};

/*
 * Asks for a token (design sections 4 and 7).
 * ret: set on success only.
 * Returns PJWT_OK; PJWT_NOT_A_TOKEN (PAM_AUTHTOK is set for the next module); for everything else PAM_AUTHTOK has been
 * wiped: PJWT_NO_ANSWER, PJWT_TRUNCATED, PJWT_BAD_PARTS, PJWT_STAND_IN, PJWT_TOO_LONG, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_prompt(pam_handle_t *pamh, int pam_flags, const struct pjwt_options *options,
                             struct pjwt_answer *ret, struct pjwt_error *reterr);

void pjwt_answer_clear(struct pjwt_answer *answer);

/* Pure parts, tested and fuzzed by themselves: see prompt.c and parts.c. */

#endif
