/* The reply: from PAM_AUTHTOK or the conversation, whole or in parts, and whether it looks like a token. */
#ifndef PJWT_PROMPT_H
#define PJWT_PROMPT_H

#include <security/pam_modules.h>

#include "options.h"
#include "reply.h"

/*
 * The prompts after the first one, which is PJWT_PROMPT_DEFAULT (options.h). client/pamjwt-askpass answers
 * only these prompts, so changing them changes the protocol.
 */
#define PJWT_PROMPT_PART "JWT part %u: " /* from 2 to PJWT_PARTS_MAX */

/*
 * Prompts for a token (design sections 4 and 7).
 * ret: token and len are set only on success, typed and prompts always.
 * Returns PJWT_OK; PJWT_NOT_A_TOKEN (PAM_AUTHTOK is set for the next module). In all other cases
 * PAM_AUTHTOK has been wiped (with `observe` it is always kept): PJWT_NO_ANSWER, PJWT_TRUNCATED,
 * PJWT_BAD_PARTS, PJWT_STAND_IN, PJWT_TOO_LONG, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_prompt(pam_handle_t *pamh, const struct pjwt_options *options, struct pjwt_reply *ret,
                             struct pjwt_error *reterr);

#endif
