/* Memory that is freed as one: a policy is many small strings with one life. Pure. */
#ifndef PJWT_ARENA_H
#define PJWT_ARENA_H

#include <stddef.h>

struct pjwt_arena;

/*
 * A new arena with room for that many bytes and some; it grows when they are more. NULL when memory runs out.
 */
struct pjwt_arena *pjwt_arena_new(size_t expected);
/*
 * size bytes, zeroed and aligned for pointers and integers; NULL when memory runs out. They live as long as
 * the arena.
 */
void *pjwt_arena_alloc(struct pjwt_arena *arena, size_t size);
/* A copy of len bytes and a NUL. */
char *pjwt_arena_dup(struct pjwt_arena *arena, const char *s, size_t len);
/*
 * size bytes for free(), not zeroed; NULL when memory runs out. From a megabyte on it is huge pages where the
 * kernel has them, and a smaller block's pages are put under it at one go: touched one by one, the 3 MB of a
 * policy of 10,000 grants cost 800 faults, which on a virtual machine took longer than the reading.
 */
void *pjwt_memory_new(size_t size);
/* Accepts NULL. */
void pjwt_arena_free(struct pjwt_arena *arena);

#endif
