/* SPDX-License-Identifier: Apache-2.0 */

/* Free: joins both free neighbours at once. */

#include "list.h"
#include "release.h"

/* Level 2: the left neighbour's links, and the list that the joined chunk will be put into. */
KHEAP_INLINE enum invariant join_check(const struct sys_heap *heap, enum format f, word *base,
                                       const struct block *b)
{
    const uint32_t total2 =
        b->size2 + (left_free(b) ? b->left2 : 0) + (right_free(b) ? b->right_tag : 0);

    if (left_free(b) && listed(f, b->left2) && !links_sound(heap, f, base, b->left)) {
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

    if (!left_free(b) && !right_free(b)) {
        list_insert(f, base, joined, bit_of(total2));
        tag_set(f, joined, total2);
        return;
    }
    if (!left_free(b)) {
        total2 += b->right_tag;
        if (listed(f, b->right_tag)) {
            list_move(f, base, b->right, bit_of(b->right_tag), joined, bit_of(total2));
        } else {
            list_insert(f, base, joined, bit_of(total2));
        }
    } else {
        joined = b->left;
        total2 += b->left2;
        if (right_free(b)) {
            total2 += b->right_tag;
            if (listed(f, b->right_tag)) {
                list_remove(f, base, b->right, bit_of(b->right_tag));
            }
        }
        if (listed(f, b->left2)) {
            list_move(f, base, joined, bit_of(b->left2), joined, bit_of(total2));
        } else {
            list_insert(f, base, joined, bit_of(total2));
        }
    }
    tag_set(f, joined, total2);
    left_set(f, chunk_right(joined, total2), total2 / 2);
}

/* Usable words: a header's worth is gained for each part that loses its own. */
KHEAP_INLINE void join_count(enum format f, word *base, const struct block *b)
{
    const uint32_t parts = 1u - left_free(b) - right_free(b);

    stats_count(base, 0 - usable_words(f, b->size2), b->size2 - parts * header_words(f));
}

/* Reads the block and its neighbours; false: something is wrong with them, and has been reported.
 */
KHEAP_INLINE bool free_check(const struct sys_heap *heap, enum format f, word *base, void *p,
                             struct block *b)
{
    enum invariant broken = block_read(heap, f, base, p, b);

    if (LEVEL >= 2 && broken == SOUND) {
        broken = join_check(heap, f, base, b);
    }
    if (LEVEL >= 1 && unlikely(broken != SOUND)) {
        /* No region holds address -8, so NULL always comes this way and costs the others nothing.
         */
        if (p != NULL) {
            kheap_fault_report(heap, p, b->c, broken);
        }
        return false;
    }
    return true;
}

KHEAP_INLINE bool free_in(struct sys_heap *heap, enum format f, void *p)
{
    word *const base = region_words(heap);
    struct block b;

    if (LEVEL == 0 && (base == NULL || p == NULL)) {
        return false;
    }
    if (!free_check(heap, f, base, p, &b)) {
        return false;
    }
    join(f, base, &b);
    join_count(f, base, &b);
    return true;
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2 || CONFIG_SYS_HEAP_LISTENER
bool kheap_releasable(const struct sys_heap *heap, void *p)
{
    struct block b;

    return heap_is_small(heap) ? free_check(heap, SMALL, region_words(heap), p, &b)
                               : free_check(heap, BIG, region_words(heap), p, &b);
}

bool kheap_release(struct sys_heap *heap, void *p)
{
    return heap_is_small(heap) ? free_in(heap, SMALL, p) : free_in(heap, BIG, p);
}
#endif

#if CONFIG_SYS_HEAP_LISTENER
void sys_heap_free(struct sys_heap *heap, void *mem)
{
    HEAP_ENTER(heap, )
    if (mem == NULL || (LEVEL == 0 && heap->heap == NULL) || !kheap_releasable(heap, mem)) {
        return;
    }
    NOTIFY_FREE(heap, mem, block_bytes(heap, mem));
    (void)kheap_release(heap, mem);
}
#elif CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
void sys_heap_free(struct sys_heap *heap, void *mem)
{
    HEAP_ENTER(heap, )
    (void)kheap_release(heap, mem);
}
#else
void sys_heap_free(struct sys_heap *heap, void *mem)
{
    HEAP_ENTER(heap, )
    if (heap_is_small(heap)) {
        (void)free_in(heap, SMALL, mem);
    } else {
        (void)free_in(heap, BIG, mem);
    }
}
#endif
