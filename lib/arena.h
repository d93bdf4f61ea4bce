/* Memory that is freed as one: a policy is many small strings with one life. Pure. */
#ifndef PJWT_ARENA_H
#define PJWT_ARENA_H

#include <stddef.h>

struct pjwt_arena;

/* A new arena, NULL when memory runs out. */
struct pjwt_arena *pjwt_arena_new(void);
/* size bytes, zeroed and aligned for pointers and integers; NULL when memory runs out. They live as long as the arena. */
void *pjwt_arena_alloc(struct pjwt_arena *arena, size_t size);
/* A copy of len bytes and a NUL. */
char *pjwt_arena_dup(struct pjwt_arena *arena, const char *s, size_t len);
/*
 * Has the kernel put pages under a large block of memory at one go. Touched page by page, 3 MB cost a fault each,
 * which on a virtual machine took twenty times as long. A hint: nothing happens for small blocks and old kernels.
 */
void pjwt_memory_populate(void *p, size_t len);
/* Accepts NULL. */
void pjwt_arena_free(struct pjwt_arena *arena);

#endif
