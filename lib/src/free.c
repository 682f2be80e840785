/* SPDX-License-Identifier: Apache-2.0 */

/* Free: joins both free neighbours at once. */

#include "list.h"
#include "release.h"

/* Level 2: the left neighbour's links, and the list that the joined chunk will be put into. */
KHEAP_INLINE enum invariant join_check(const struct sys_heap *heap, enum format f, word *base,
                                       uint32_t bitmap, const struct block *b, uint32_t total2)
{
    const uint32_t bit = bit_of(total2);

    if (listed(f, b->left2) && !links_sound(heap, f, base, b->left)) {
        return I5_LINKS;
    }
    return head_sound(heap, f, base, bitmap, bit) ? SOUND : I6_MEMBER;
}

/*
 * [ left ][ this ][ right ] => [ ------- joined ------- ]
 *
 * When the joined chunk belongs into the bucket that the left or right part is already in, it takes
 * that part's place and nothing is put into a list.
 */
KHEAP_INLINE void join(enum format f, word *base, uint32_t bitmap, const struct block *b,
                       uint32_t total2)
{
    const uint32_t bit = bit_of(total2);
    const bool left_stays = listed(f, b->left2) && bit_of(b->left2) == bit;
    word *const joined = b->left2 ? b->left : b->c;

    if (left_stays) {
        if (listed(f, b->right2)) {
            base[BITMAP_WORD] = list_remove(f, base, bitmap, b->right, bit_of(b->right2));
        }
    } else {
        if (listed(f, b->left2)) {
            bitmap = list_remove(f, base, bitmap, b->left, bit_of(b->left2));
        }
        if (listed(f, b->right2) && bit_of(b->right2) == bit) {
            list_replace(f, base, b->right, joined, bit);
        } else {
            if (listed(f, b->right2)) {
                bitmap = list_remove(f, base, bitmap, b->right, bit_of(b->right2));
            }
            bitmap = list_insert(f, base, bitmap, joined, bit);
        }
        base[BITMAP_WORD] = bitmap;
    }
    tag_set(f, joined, total2);
    left_set(f, chunk_right(joined, total2), total2 / 2);
}

KHEAP_INLINE bool free_in(struct sys_heap *heap, enum format f, void *p)
{
    word *const base = region_words(heap);
    struct block b;

    if (LEVEL == 0 && base == NULL) {
        return false;
    }
    enum invariant broken = block_read(heap, f, base, p, &b);

    if (LEVEL >= 1 && unlikely(broken != SOUND)) {
        kheap_fault_report(heap, p, b.c, broken);
        return false;
    }
    const uint32_t bitmap = base[BITMAP_WORD];
    const uint32_t total2 = b.size2 + b.left2 + b.right2;

    if (LEVEL >= 2) {
        broken = join_check(heap, f, base, bitmap, &b, total2);
        if (unlikely(broken != SOUND)) {
            kheap_fault_report(heap, p, b.c, broken);
            return false;
        }
    }
    join(f, base, bitmap, &b, total2);
    stats_count(base, 0 - usable_words(f, b.size2),
                usable_words(f, total2) - free_words(f, b.left2) - free_words(f, b.right2));
    return true;
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
bool kheap_release(struct sys_heap *heap, void *p)
{
    return heap_is_small(heap) ? free_in(heap, SMALL, p) : free_in(heap, BIG, p);
}

void sys_heap_free(struct sys_heap *heap, void *mem)
{
    if (mem != NULL) {
        (void)kheap_release(heap, mem);
    }
}
#else
void sys_heap_free(struct sys_heap *heap, void *mem)
{
    if (mem == NULL) {
        return;
    }
    if (heap_is_small(heap)) {
        (void)free_in(heap, SMALL, mem);
    } else {
        (void)free_in(heap, BIG, mem);
    }
}
#endif
