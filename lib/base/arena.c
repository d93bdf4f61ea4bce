#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_SIZE     (size_t)65536
#define BLOCK_SIZE_MAX (8 * BLOCK_SIZE)
#define POPULATE_LEAST (2 * BLOCK_SIZE)
#define HUGE_PAGE      (size_t)(2 << 20)
#define HUGE_LEAST     (HUGE_PAGE / 2)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

struct block {
        struct block *next;
        size_t size, used;
        _Alignas(max_align_t) unsigned char bytes[];
};

struct pjwt_arena {
        struct block *blocks; /* the first one has free space */
        size_t next_size;     /* size of the next ordinary block */
};

/* Faults in all pages that lie completely within the range with one call. */
static void populate(void *p, size_t len)
{
        const size_t page = (size_t)sysconf(_SC_PAGESIZE);
        const size_t skip = (page - (uintptr_t)p % page) % page;

        if (len > skip)
                (void)madvise((char *)p + skip, (len - skip) / page * page, MADV_POPULATE_WRITE);
}

void *pjwt_memory_new(size_t size)
{
        size_t whole = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
        void *p;

        if (size > SIZE_MAX / 2)
                return NULL;
        p = size < HUGE_LEAST ? malloc(size) : aligned_alloc(HUGE_PAGE, whole);
        if (p && size >= HUGE_LEAST)
                (void)madvise(p, whole, MADV_HUGEPAGE);
        if (p && size >= POPULATE_LEAST)
                populate(p, size);
        return p;
}

static struct block *add_block(struct pjwt_arena *arena, size_t size)
{
        struct block *block = size > SIZE_MAX / 4 ? NULL : pjwt_memory_new(sizeof(*block) + size);

        if (!block)
                return NULL;
        *block = (struct block){.size = size};
        /* A large block is inserted after the first, whose free space is still needed. */
        if (size > arena->next_size && arena->blocks) {
                block->next = arena->blocks->next;
                arena->blocks->next = block;
        } else {
                block->next = arena->blocks;
                arena->blocks = block;
        }
        return block;
}

struct pjwt_arena *pjwt_arena_new(size_t expected)
{
        struct pjwt_arena *arena = calloc(1, sizeof(*arena));

        if (!arena)
                return NULL;
        arena->next_size = BLOCK_SIZE;
        if (expected < SIZE_MAX / 4 && add_block(arena, expected + BLOCK_SIZE))
                return arena;
        free(arena);
        return NULL;
}

static void *take(struct pjwt_arena *arena, size_t size, size_t align)
{
        struct block *block = arena->blocks;
        size_t start = block ? (block->used + align - 1) & ~(align - 1) : 0;

        if (!block || start > block->size || block->size - start < size) {
                block = add_block(arena, size > arena->next_size ? size : arena->next_size);
                start = 0;
                if (arena->next_size < BLOCK_SIZE_MAX)
                        arena->next_size *= 2;
        }
        if (!block)
                return NULL;
        block->used = start + size;
        return memset(block->bytes + start, 0, size);
}

void *pjwt_arena_alloc(struct pjwt_arena *arena, size_t size)
{
        return take(arena, size, _Alignof(union {
                            void *p;
                            long long n;
                    }));
}

char *pjwt_arena_dup(struct pjwt_arena *arena, const char *s, size_t len)
{
        char *copy = take(arena, len + 1, 1);

        if (copy && len > 0)
                memcpy(copy, s, len);
        return copy;
}

void pjwt_arena_free(struct pjwt_arena *arena)
{
        struct block *next;

        if (!arena)
                return;
        for (struct block *block = arena->blocks; block; block = next) {
                next = block->next;
                free(block);
        }
        free(arena);
}
