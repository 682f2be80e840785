/* SPDX-License-Identifier: Apache-2.0 */

/* Free: joins both free neighbours at once. */

#include "list.h"
#include "release.h"

/* Level 2: the left neighbour's links, and the list that the joined chunk will be put into. */
KHEAP_INLINE enum invariant join_check(const struct sys_heap *heap, enum format f, word *base,
                                       const struct block *b)
{
    const uint32_t total2 = b->size2 + b->left2 + b->right2;

    if (listed(f, b->left2) && !links_sound(heap, f, base, b->left)) {
        return I5_LINKS;
    }
    return head_sound(heap, f, base, bit_of(total2)) ? SOUND : I6_MEMBER;
}

/*
 * [ left ][ this ][ right ] => [ ------- joined ------- ]
 *
 * When the joined chunk belongs into the bucket that one of its free parts is already in, it takes
 * that part's place and nothing is put into a list.
 */
KHEAP_INLINE void join(enum format f, word *base, const struct block *b)
{
    uint32_t total2 = b->size2;
    word *joined = b->c;

    if (b->left2 == 0 && b->right2 == 0) {
        list_insert(f, base, joined, bit_of(total2));
        tag_set(f, joined, total2);
        return;
    }
    if (b->left2 == 0) {
        total2 += b->right2;
        if (listed(f, b->right2)) {
            list_resize(f, base, b->right, b->right2, joined, total2);
        } else {
            list_insert(f, base, joined, bit_of(total2));
        }
    } else {
        joined = b->left;
        total2 += b->left2 + b->right2;
        if (listed(f, b->right2)) {
            list_remove(f, base, b->right, bit_of(b->right2));
        }
        if (listed(f, b->left2)) {
            list_resize(f, base, joined, b->left2, joined, total2);
        } else {
            list_insert(f, base, joined, bit_of(total2));
        }
    }
    tag_set(f, joined, total2);
    left_set(f, chunk_right(joined, total2), total2 / 2);
}

KHEAP_INLINE bool free_in(struct sys_heap *heap, enum format f, void *p)
{
    word *const base = region_words(heap);
    struct block b;

    if (LEVEL == 0 && (base == NULL || p == NULL)) {
        return false;
    }
    enum invariant broken = block_read(heap, f, base, p, &b);

    if (LEVEL >= 2 && broken == SOUND) {
        broken = join_check(heap, f, base, &b);
    }
    if (LEVEL >= 1 && unlikely(broken != SOUND)) {
        /* No region holds address -8, so NULL always comes this way and costs the others nothing.
         */
        if (p != NULL) {
            kheap_fault_report(heap, p, b.c, broken);
        }
        return false;
    }
    join(f, base, &b);
    stats_count(base, 0 - usable_words(f, b.size2),
                usable_words(f, b.size2 + b.left2 + b.right2) - free_words(f, b.left2) -
                    free_words(f, b.right2));
    return true;
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
bool kheap_release(struct sys_heap *heap, void *p)
{
    return heap_is_small(heap) ? free_in(heap, SMALL, p) : free_in(heap, BIG, p);
}

void sys_heap_free(struct sys_heap *heap, void *mem)
{
    (void)kheap_release(heap, mem);
}
#else
void sys_heap_free(struct sys_heap *heap, void *mem)
{
    if (heap_is_small(heap)) {
        (void)free_in(heap, SMALL, mem);
    } else {
        (void)free_in(heap, BIG, mem);
    }
}
#endif
