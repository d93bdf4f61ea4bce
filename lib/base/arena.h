/* Memory that is freed together: a policy consists of many small strings with the same lifetime. Pure. */
#ifndef PJWT_ARENA_H
#define PJWT_ARENA_H

#include <stddef.h>

struct pjwt_arena;

/* A new arena with room for this many bytes, and some more; it grows if necessary. NULL if out of memory. */
struct pjwt_arena *pjwt_arena_new(size_t expected);
/*
 * size bytes, zeroed and aligned for pointers and integers; NULL if out of memory. They are valid as long
 * as the arena.
 */
void *pjwt_arena_alloc(struct pjwt_arena *arena, size_t size);
/* A copy of len bytes with a terminating NUL. */
char *pjwt_arena_dup(struct pjwt_arena *arena, const char *s, size_t len);
/*
 * size bytes for free(), not zeroed; NULL if out of memory. Allocations of a megabyte or more use huge
 * pages if available; the pages of smaller ones are faulted in with one call. Touched one by one, the 3 MB
 * of a policy with 10,000 grants cost 800 page faults, which took longer than parsing on a virtual machine.
 */
void *pjwt_memory_new(size_t size);
/* Accepts NULL. */
void pjwt_arena_free(struct pjwt_arena *arena);

#endif
