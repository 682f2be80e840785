/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_RESIZE_H
#define KHEAP_RESIZE_H

/* Changing a block's size where it is, for realloc and for the heaps that move blocks themselves.
 */

#include "list.h"
#include "notify.h"

/* Level 2: the list that the free rest will be put into. The right neighbour has been looked at. */
KHEAP_INLINE bool rest_sound(const struct sys_heap *heap, enum format f, word *base, uint32_t rest2)
{
    return !rest_listed(f, rest2) || head_sound(heap, f, base, bit_of(rest2));
}

/* The free units behind a block. */
KHEAP_INLINE uint32_t right_free2(const struct block *b)
{
    return right_free(b) ? b->right_tag : 0;
}

/* The lists' part of a boundary move: right2 free units become rest2, either may be none. */
KHEAP_INLINE void rest_move(enum format f, word *base, word *right, uint32_t right2, word *rest,
                            uint32_t rest2)
{
    if (!rest_listed(f, right2)) {
        if (rest_listed(f, rest2)) {
            list_insert(f, base, rest, bit_of(rest2));
        }
    } else if (rest_listed(f, rest2)) {
        list_move(f, base, right, bit_of(right2), rest, bit_of(rest2));
    } else {
        list_remove(f, base, right, bit_of(right2));
    }
}

/*
 * Moves the boundary between the block and the free units behind it; either may be nothing:
 *
 * [ block     ][ right ] => [ block ][   rest   ]
 *
 * Lists first: the rest's new header may lie where the old one's links are.
 */
KHEAP_INLINE void boundary_move(enum format f, word *base, const struct block *b, uint32_t need2)
{
    word *const rest = chunk_right(b->c, need2);
    const uint32_t right2 = right_free2(b);
    const uint32_t rest2 = b->size2 + right2 - need2;

    rest_move(f, base, b->right, right2, rest, rest2);
    tag_set(f, b->c, need2 | 1);
    left_set(f, chunk_right(b->right, right2), (rest2 ? rest2 : need2) / 2);
    if (rest2 != 0) {
        header_set(f, rest, need2 / 2, rest2);
    }
    stats_count(base, need2 - b->size2, free_words(f, rest2) - free_words(f, right2));
}

enum outcome { IN_PLACE, REFUSED, MUST_MOVE };

/* Serves the request where the block is, if that can be; *usable says how much a move must copy. */
KHEAP_INLINE enum outcome resize_in(struct sys_heap *heap, enum format f, void *p, size_t align,
                                    size_t bytes, size_t *usable)
{
    word *const base = region_words(heap);
    struct block b;

    if (LEVEL == 0 && base == NULL) {
        return REFUSED;
    }
    enum invariant broken = block_read(heap, f, base, p, &b);

    if (LEVEL >= 1 && unlikely(broken != SOUND)) {
        kheap_fault_report(heap, p, b.c, broken);
        return REFUSED;
    }
    if (unlikely(bytes_hopeless(f, bytes))) {
        return REFUSED;
    }
    const uint32_t need2 = size2_for(f, bytes);

    *usable = (size_t)usable_words(f, b.size2) * 4;
    if (chunk_misalign(b.c, align - 1) != 0 || need2 > b.size2 + right_free2(&b)) {
        return MUST_MOVE;
    }
    if (need2 == b.size2) {
        return IN_PLACE;
    }
    if (LEVEL >= 2 && unlikely(!rest_sound(heap, f, base, b.size2 + right_free2(&b) - need2))) {
        kheap_fault_report(heap, p, b.c, I6_MEMBER);
        return REFUSED;
    }
    boundary_move(f, base, &b, need2);
    /* To a listener the block is a new one that takes the old one's place. */
    NOTIFY_ALLOC(heap, p, (size_t)usable_words(f, need2) * 4);
    NOTIFY_FREE(heap, p, *usable);
    return IN_PLACE;
}

#endif
