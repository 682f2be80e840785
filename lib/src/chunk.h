/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_CHUNK_H
#define KHEAP_CHUNK_H

/*
 * The layout of a region, and the only casts between bytes and headers. Fields are in memory order:
 *
 *            word 0      word 1               word 2           word 3
 *   small    (user)      left16 size2used16   prev16 next16    ...
 *   big      left        size2used            prev             next
 *
 * A chunk is named by the address of the 8-byte unit that holds its header. Its user pointer is one
 * unit further in both formats. left is the size of the left neighbour in units; size2used is twice
 * the chunk's own size, plus 1 when it is used; prev and next are unit indices and exist only in a
 * free chunk that is on a list. Word 0 of the whole region is free for the bitmap in both formats.
 *
 * Every function takes the format as a constant after in-lining, so none of these tests survive.
 */

#include "kheap/sys_heap.h"

/* Words of the region alias whatever the user stores there. */
typedef uint32_t __attribute__((may_alias)) word;
typedef uint16_t __attribute__((may_alias)) half;
/* Stores one of two copies of an index: without it gcc shares the narrowed value, and extends it.
 */
typedef int16_t __attribute__((may_alias)) signed_half;

#define KHEAP_INLINE static inline __attribute__((always_inline))
#define KHEAP_COLD   __attribute__((noinline, cold))
#define likely(x)    __builtin_expect(!!(x), 1)
#define unlikely(x)  __builtin_expect(!!(x), 0)

/* A few probes are worth writing out: no counter, and no test for "once around" after the last. */
#if CONFIG_SYS_HEAP_ALLOC_LOOPS <= 4 && !defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define KHEAP_UNROLL _Pragma("GCC unroll 4")
#else
#define KHEAP_UNROLL
#endif

enum { LEVEL = CONFIG_SYS_HEAP_HARDENING_LEVEL, STATS = CONFIG_SYS_HEAP_RUNTIME_STATS };

enum format { SMALL, BIG };

/* A header: left in units, tag = size2used. */
struct header {
    uint32_t left, tag;
};

/* The neighbours in a bucket's circular list, as unit indices. */
struct links {
    uint32_t prev, next;
};

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { FIRST_SHIFT = 16, SECOND_SHIFT = 0 };
#else
enum { FIRST_SHIFT = 0, SECOND_SHIFT = 16 };
#endif

enum {
    BITMAP_WORD = 0,
    STATS_WORD = 2,
    HEADS_BYTE = KHEAP_HEADS_OFFSET /* the public layout formula's */
};

_Static_assert(sizeof(word) == 4 && sizeof(half) == 2, "fields have fixed widths");
_Static_assert(HEADS_BYTE == 8 + 12 * STATS, "heads follow chunk 0's header and the statistics");

KHEAP_INLINE word *region_words(const struct sys_heap *heap)
{
    return (word *)heap->heap;
}

/* The chunk at a unit index. */
KHEAP_INLINE word *chunk_at(word *base, uint32_t index)
{
    return base + 2 * (size_t)index;
}

KHEAP_INLINE uint32_t chunk_index(const word *base, const word *c)
{
    return (uint32_t)(((uintptr_t)c - (uintptr_t)base) >> 3);
}

/* size2 counts half units, which are words. */
KHEAP_INLINE word *chunk_right(word *c, uint32_t size2)
{
    return c + size2;
}

KHEAP_INLINE word *chunk_left(word *c, uint32_t left)
{
    return c - 2 * (size_t)left;
}

KHEAP_INLINE void *chunk_user(word *c)
{
    return c + 2;
}

KHEAP_INLINE word *chunk_of_user(void *p)
{
    /* On numbers, because free() asks before it knows that the pointer is not NULL. */
    return (word *)((uintptr_t)p - 2 * sizeof(word));
}

/* Zero when the chunk's user pointer is a multiple of mask + 1, else the bytes it is beyond one. */
KHEAP_INLINE size_t chunk_misalign(const word *c, size_t mask)
{
    return ((uintptr_t)c + 8) & mask;
}

/*
 * The user pointer's distance from the region's start in units, and beyond any heap's end when it
 * is not a multiple of 8: the three odd bits become the top ones.
 */
KHEAP_INLINE size_t pointer_units(const word *base, const void *p)
{
    const size_t distance = (size_t)((uintptr_t)p - (uintptr_t)base);

    return distance >> 3 | distance << (sizeof(size_t) * 8 - 3);
}

KHEAP_INLINE half *chunk_halves(word *c, unsigned at)
{
    return (half *)(c + at);
}

KHEAP_INLINE uint32_t pack(uint32_t first, uint32_t second)
{
    return first << FIRST_SHIFT | second << SECOND_SHIFT;
}

KHEAP_INLINE uint32_t tag_get(enum format f, word *c)
{
    return f == SMALL ? chunk_halves(c, 1)[1] : c[1];
}

KHEAP_INLINE uint32_t left_get(enum format f, word *c)
{
    return f == SMALL ? chunk_halves(c, 1)[0] : c[0];
}

KHEAP_INLINE struct header header_get(enum format f, word *c)
{
    return (struct header){left_get(f, c), tag_get(f, c)};
}

KHEAP_INLINE void header_set(enum format f, word *c, uint32_t left, uint32_t tag)
{
    if (f == SMALL) {
        c[1] = pack(left, tag);
    } else {
        c[0] = left;
        c[1] = tag;
    }
}

KHEAP_INLINE void tag_set(enum format f, word *c, uint32_t tag)
{
    if (f == SMALL) {
        chunk_halves(c, 1)[1] = (half)tag;
    } else {
        c[1] = tag;
    }
}

KHEAP_INLINE void left_set(enum format f, word *c, uint32_t left)
{
    if (f == SMALL) {
        chunk_halves(c, 1)[0] = (half)left;
    } else {
        c[0] = left;
    }
}

KHEAP_INLINE void links_set(enum format f, word *c, uint32_t prev, uint32_t next)
{
    if (f == SMALL) {
        c[2] = pack(prev, next);
    } else {
        c[2] = prev;
        c[3] = next;
    }
}

/* As they stand: the two chunks may overlap, so the source is read before the target is written. */
KHEAP_INLINE void links_copy(enum format f, word *to, const word *from)
{
    const uint32_t first = from[2];

    if (f == BIG) {
        const uint32_t second = from[3];

        to[3] = second;
    }
    to[2] = first;
}

KHEAP_INLINE uint32_t prev_get(enum format f, word *c)
{
    return f == SMALL ? chunk_halves(c, 2)[0] : c[2];
}

KHEAP_INLINE uint32_t next_get(enum format f, word *c)
{
    return f == SMALL ? chunk_halves(c, 2)[1] : c[3];
}

KHEAP_INLINE struct links links_get(enum format f, word *c)
{
    return (struct links){prev_get(f, c), next_get(f, c)};
}

KHEAP_INLINE void prev_set(enum format f, word *c, uint32_t prev)
{
    if (f == SMALL) {
        *(signed_half *)chunk_halves(c, 2) = (signed_half)prev;
    } else {
        c[2] = prev;
    }
}

KHEAP_INLINE void next_set(enum format f, word *c, uint32_t next)
{
    if (f == SMALL) {
        chunk_halves(c, 2)[1] = (half)next;
    } else {
        c[3] = next;
    }
}

/*
 * A bucket goes by the number of its bit in the bitmap, 31 - bucket: what a count of leading zeros
 * gives. Larger sizes have smaller bit numbers, so "the lowest non-empty bucket above" is the
 * highest bit set below, again a count of leading zeros.
 */
KHEAP_INLINE word *head_word(word *base, uint32_t bit)
{
    return base + HEADS_BYTE / 4 + 31 - bit;
}

KHEAP_INLINE half *head_half(word *base, uint32_t bit)
{
    return (half *)(base + HEADS_BYTE / 4) + 31 - bit;
}

KHEAP_INLINE uint32_t head_get(enum format f, word *base, uint32_t bit)
{
    return f == SMALL ? *head_half(base, bit) : *head_word(base, bit);
}

KHEAP_INLINE void head_set(enum format f, word *base, uint32_t bit, uint32_t index)
{
    if (f == SMALL) {
        *head_half(base, bit) = (half)index;
    } else {
        *head_word(base, bit) = index;
    }
}

#endif
