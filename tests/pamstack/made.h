/* Stacks of a few lines, for unit tests. */
#ifndef MADE_H
#define MADE_H

#include "stackfiles.h"

#define ETC "/etc/pam.d/"

/*
 * Reads the service "svc" from these files as a build of libpam would; path and text in turn, NULL at the
 * end. Fails the test if it cannot be read. For pjwt_stack_free().
 */
struct pjwt_stack *made_stack(const char *build, ...);
/* The same of one file, /etc/pam.d/svc, on Debian 12. */
struct pjwt_stack *made(const char *text);

/* Whether there is such a note. */
bool made_note(const struct pjwt_stack *stack, enum pjwt_stack_note_kind kind);

/*
 * What a call returns. Each module answers by its first argument, "7", or PAM_SUCCESS; one called
 * pam_missing.so is not there. made_ran has the second arguments of those that ran.
 */
int made_call(const struct pjwt_stack *stack, int call);
extern char made_ran[256];

#endif
