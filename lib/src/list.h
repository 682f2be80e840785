/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_LIST_H
#define KHEAP_LIST_H

/*
 * The buckets' circular lists, the bitmap that says which of them are not empty, and the
 * statistics. Nothing here checks: guard.h has, before the first write.
 */

#include "guard.h"

/*
 * Whether a list is empty or has a sole member nobody can foresee. A processor that predicts
 * branches loses more by a wrong guess than by a few instructions on masks; the others take the
 * branch.
 */
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
enum { PREDICTS = 1 };
#else
enum { PREDICTS = 0 };
#endif

/*
 * Takes c off its list. Any member will do as head, so there is no need to look whether c was it.
 */
KHEAP_INLINE void list_remove_body(enum format f, word *base, word *c, uint32_t bit)
{
    const struct links l = links_get(f, c);
    word *const next = chunk_at(base, l.next);

    if (PREDICTS) {
        const uint32_t sole = next == c;

        next_set(f, chunk_at(base, l.prev), l.next);
        prev_set(f, next, l.prev);
        head_set(f, base, bit, l.next & (sole - 1));
        base[BITMAP_WORD] &= ~(sole << bit);
        return;
    }
    if (next == c) {
        head_set(f, base, bit, 0);
        base[BITMAP_WORD] &= ~(1u << bit);
        return;
    }
    next_set(f, chunk_at(base, l.prev), l.next);
    prev_set(f, next, l.prev);
    head_set(f, base, bit, l.next);
}

/* Puts c at the end of a list. */
KHEAP_INLINE void list_insert_body(enum format f, word *base, word *c, uint32_t bit)
{
    const uint32_t index = chunk_index(base, c);
    const uint32_t head = head_get(f, base, bit);

    if (PREDICTS) {
        /* All ones when there is no head: c is then its own neighbour on both sides. */
        const uint32_t empty = (uint32_t)((int32_t)(head - 1) >> 31);
        const uint32_t after = head | (index & empty);
        word *const first = chunk_at(base, after);

        /* Written before it is read, so that nothing here depends on a chunk's old bytes. */
        links_set(f, c, index, index);
        const uint32_t last = prev_get(f, first);

        head_set(f, base, bit, after);
        base[BITMAP_WORD] |= 1u << bit;
        links_set(f, c, last, after);
        next_set(f, chunk_at(base, last), index);
        prev_set(f, first, index);
        return;
    }
    if (head == 0) {
        links_set(f, c, index, index);
        head_set(f, base, bit, index);
        base[BITMAP_WORD] |= 1u << bit;
        return;
    }
    word *const first = chunk_at(base, head);
    const uint32_t last = prev_get(f, first);

    links_set(f, c, last, head);
    next_set(f, chunk_at(base, last), index);
    prev_set(f, first, index);
}

/*
 * Puts c into the place that `old` has in its list, and makes it the head. A sole member's links
 * are its own index, so the neighbours' links are corrected in `old` itself before they are copied.
 */
KHEAP_INLINE void list_replace_body(enum format f, word *base, word *old, word *c, uint32_t bit)
{
    const struct links l = links_get(f, old);
    const uint32_t index = chunk_index(base, c);

    next_set(f, chunk_at(base, l.prev), index);
    prev_set(f, chunk_at(base, l.next), index);
    links_copy(f, c, old);
    head_set(f, base, bit, index);
}

/*
 * Built for speed the bodies are where they are used; built for size there is one of each a format,
 * in list.c.
 */
#ifdef __OPTIMIZE_SIZE__
void kheap_small_remove(word *base, word *c, uint32_t bit);
void kheap_small_insert(word *base, word *c, uint32_t bit);
void kheap_small_replace(word *base, word *old, word *c, uint32_t bit);
void kheap_big_remove(word *base, word *c, uint32_t bit);
void kheap_big_insert(word *base, word *c, uint32_t bit);
void kheap_big_replace(word *base, word *old, word *c, uint32_t bit);
#define LIST_CALL(f, call, ...)                                                                    \
    (f == SMALL ? kheap_small_##call(__VA_ARGS__) : kheap_big_##call(__VA_ARGS__))
#else
#define LIST_CALL(f, call, ...) list_##call##_body(f, __VA_ARGS__)
#endif

KHEAP_INLINE void list_remove(enum format f, word *base, word *c, uint32_t bit)
{
    LIST_CALL(f, remove, base, c, bit);
}

KHEAP_INLINE void list_insert(enum format f, word *base, word *c, uint32_t bit)
{
    LIST_CALL(f, insert, base, c, bit);
}

KHEAP_INLINE void list_replace(enum format f, word *base, word *old, word *c, uint32_t bit)
{
    LIST_CALL(f, replace, base, old, c, bit);
}

/* A free chunk `old` becomes `c` with another size; they may be the same chunk. Both are listed. */
KHEAP_INLINE void list_move(enum format f, word *base, word *old, uint32_t old_bit, word *c,
                            uint32_t bit)
{
    if (old_bit != bit) {
        list_remove(f, base, old, old_bit);
        list_insert(f, base, c, bit);
    } else if (old != c) {
        list_replace(f, base, old, c, bit);
    }
}

enum { STATS_ALLOCATED = STATS_WORD, STATS_FREE, STATS_MAX };

/* Counts in 4-byte words; the arguments are differences modulo 2^32. */
KHEAP_INLINE void stats_count(word *base, uint32_t allocated, uint32_t free)
{
    if (STATS) {
        const uint32_t now = base[STATS_ALLOCATED] + allocated;

        base[STATS_ALLOCATED] = now;
        base[STATS_FREE] += free;
        if (now > base[STATS_MAX]) {
            base[STATS_MAX] = now;
        }
    }
}

/* What a free chunk of that size adds to the count of free words; 0 units add nothing. */
KHEAP_INLINE uint32_t free_words(enum format f, uint32_t size2)
{
    return size2 ? usable_words(f, size2) : 0;
}

#endif
