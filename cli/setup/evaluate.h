/* Do two texts of a stack let in the same logins? The one place where setup asks that. */
#ifndef CLI_EVALUATE_H
#define CLI_EVALUATE_H

#include <stdbool.h>

/*
 * before, after: the text of /etc/pam.d/SERVICE; what they include is the same for both.
 * Returns true only if `after` lets in neither more nor fewer than `before`. Differences that cannot be
 * judged are false.
 */
bool cli_evaluate_same(const char *before, const char *after);

#endif
