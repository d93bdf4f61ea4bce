/* What the probe modules answer, for the real libpam and for the evaluator alike. */
#ifndef ANSWERS_H
#define ANSWERS_H

enum { ANSWERS_TEXT_MAX = 65536 };

/*
 * Finds "NAME=N,N,..." for the function (auth, cred, acct, open, close, check, update) in the arguments; the
 * last number is the answer of all further calls. Records "id" in answers_text. Without such an argument the
 * answer is PAM_SUCCESS.
 */
int answers_give(int argc, const char **argv, int function);

/* Forgets all calls. */
void answers_reset(void);

/* The ids that have been called since the last answers_reset_text(), separated by commas. */
const char *answers_text(void);
void answers_reset_text(void);

#endif
