/* Secrets in memory: wiped before they are freed, compared in constant time. Pure. */
#ifndef PJWT_SECRET_H
#define PJWT_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrites len bytes at p in a way that the compiler does not remove. p may be NULL if len is 0. */
void pjwt_wipe(void *p, size_t len);
/* Wipes len bytes, then frees. Accepts NULL. */
void pjwt_wipe_free(void *p, size_t len);
/* Wipes and frees a NUL-terminated string. Accepts NULL. */
void pjwt_wipe_free_str(char *s);
/* A NUL-terminated copy of len bytes, for pjwt_wipe_free; NULL if out of memory. */
char *pjwt_secret_dup(const char *s, size_t len);
/* Whether two byte strings are equal. The time depends only on the lengths. */
bool pjwt_secret_equal(const void *a, size_t alen, const void *b, size_t blen);

#endif
