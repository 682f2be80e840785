/* SPDX-License-Identifier: Apache-2.0 */

/* Allocation: the bounded search, and cutting a block out of the chunk it found. */

#include "list.h"
#include "release.h"

/* What a search found. The miss is a list whose head must move on, in a failing call too. */
struct found {
    word *c; /* NULL: nothing */
    uint32_t bit, size2;
    bool missed;
    uint32_t missed_bit, missed_head;
};

KHEAP_INLINE void miss_store(enum format f, word *base, const struct found *found)
{
    if (LEVEL >= 2 && found->missed) {
        head_set(f, base, found->missed_bit, found->missed_head);
    }
}

/* The bucket's head moves to index: at once when nothing is left to check, else with the cut. */
KHEAP_INLINE void miss_note(enum format f, word *base, uint32_t bit, uint32_t index,
                            struct found *found)
{
    if (LEVEL < 2) {
        head_set(f, base, bit, index);
    } else {
        found->missed = true;
        found->missed_bit = bit;
        found->missed_head = index;
    }
}

/* Level 2: everything that cutting the found chunk will rely on. */
KHEAP_INLINE enum invariant found_check(const struct sys_heap *heap, enum format f, word *base,
                                        const struct found *found)
{
    if (left_get(f, chunk_right(found->c, found->size2)) != found->size2 / 2) {
        return I2_LEFT;
    }
    return links_sound(heap, f, base, found->c) ? SOUND : I5_LINKS;
}

/*
 * Looks at most ALLOC_LOOPS chunks of the request's bucket through, from its head, and else takes
 * the head of the lowest non-empty bucket above, which always fits. A brief search goes there after
 * the first miss: for a size with room for an alignment, a chunk that is barely too small is
 * common, and one that is much too large is cut twice anyway.
 */
KHEAP_INLINE enum invariant search(const struct sys_heap *heap, enum format f, word *base,
                                   uint32_t need2, bool brief, struct found *found)
{
    const uint32_t bit = bit_of(need2);
    const uint32_t mask = 1u << bit;
    const uint32_t bitmap = base[BITMAP_WORD];

    /* Another look at a chunk already seen costs less than guessing whether the list is round. */
    const bool again = CONFIG_SYS_HEAP_ALLOC_LOOPS <= 4 && (brief || PREDICTS);

    *found = (struct found){0};
    /* Bits below 32 - buckets are of sizes that do not fit the region, and have no head. */
    if (LEVEL >= 2 && unlikely((bitmap & (0xffffffffu >> 1 >> (heap->buckets - 1u))) != 0)) {
        return I8_BITMAP;
    }
    if (bitmap & mask) {
        const uint32_t first = head_get(f, base, bit);
        uint32_t index = first;
        uint32_t seen;
        uint32_t loops = CONFIG_SYS_HEAP_ALLOC_LOOPS;

        KHEAP_UNROLL
        do {
            KHEAP_STEP();
            if (LEVEL >= 2 && unlikely(!member_sound(heap, f, base, index, bit))) {
                return I6_MEMBER;
            }
            word *const c = chunk_at(base, index);
            const uint32_t size2 = tag_get(f, c);

            if (size2 >= need2) {
                found->c = c;
                found->bit = bit;
                found->size2 = size2;
                return LEVEL >= 2 ? found_check(heap, f, base, found) : SOUND;
            }
            seen = index;
            index = next_get(f, c);
            if (brief && (bitmap & (mask - 1)) != 0) {
                break;
            }
        } while (--loops != 0 && (again || index != first));
        /* The looks after a whole round must not turn it: one trace then took 4 % more memory. */
        if (again && !brief && CONFIG_SYS_HEAP_ALLOC_LOOPS > 1 && seen == first) {
            index = first;
        }
        /* What is left of the found chunk may enter this list behind its new head. */
        if (LEVEL >= 2 && unlikely(!entry_sound(heap, f, base, index, bit))) {
            return I5_LINKS;
        }
        miss_note(f, base, bit, index, found);
    }

    const uint32_t above = bitmap & (mask - 1);

    if (above == 0) {
        return SOUND;
    }
    found->bit = 31 - leading_zeros(above);
    const uint32_t head = head_get(f, base, found->bit);

    if (LEVEL >= 2 && unlikely(!member_sound(heap, f, base, head, found->bit))) {
        return I6_MEMBER;
    }
    found->c = chunk_at(base, head);
    found->size2 = tag_get(f, found->c);
    return LEVEL >= 2 ? found_check(heap, f, base, found) : SOUND;
}

/*
 * [ -------- c -------- ] => [ c used ][ -- rest -- ]
 *
 * A rest that stays in c's bucket takes c's place in the list. Lists first, then headers, each of
 * them once.
 */
KHEAP_INLINE void *cut(enum format f, word *base, const struct found *found, uint32_t need2)
{
    word *const c = found->c;
    const uint32_t rest2 = found->size2 - need2;

    if (likely(rest_listed(f, rest2))) {
        word *const rest = chunk_right(c, need2);

        list_move(f, base, c, found->bit, rest, bit_of(rest2));
    } else {
        list_remove(f, base, c, found->bit);
    }
    tag_set(f, c, need2 | 1);
    if (rest2 != 0) {
        header_set(f, chunk_right(c, need2), need2 / 2, rest2);
        left_set(f, chunk_right(c, found->size2), rest2 / 2);
    }
    stats_count(base, usable_words(f, need2), free_words(f, rest2) - usable_words(f, found->size2));
    return chunk_user(c);
}

KHEAP_INLINE void *alloc_in(struct sys_heap *heap, enum format f, size_t bytes)
{
    word *const base = region_words(heap);
    struct found found;

    if (unlikely(base == NULL || bytes_hopeless(f, bytes))) {
        return NULL;
    }
    const uint32_t need2 = size2_for(f, bytes);
    enum invariant broken = search(heap, f, base, need2, false, &found);

    if (LEVEL >= 2 && broken == SOUND && found.c != NULL && rest_listed(f, found.size2 - need2) &&
        !head_sound(heap, f, base, bit_of(found.size2 - need2))) {
        broken = I6_MEMBER;
    }
    if (LEVEL >= 2 && unlikely(broken != SOUND)) {
        kheap_fault_report(heap, NULL, found.c, broken);
        return NULL;
    }
    miss_store(f, base, &found);
    return found.c == NULL ? NULL : cut(f, base, &found, need2);
}

#if !CONFIG_SYS_HEAP_LISTENER
void *sys_heap_alloc(struct sys_heap *heap, size_t bytes)
{
    HEAP_ENTER(heap, NULL)
    return heap_is_small(heap) ? alloc_in(heap, SMALL, bytes) : alloc_in(heap, BIG, bytes);
}
#endif

void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t bytes)
{
    (void)align;
    return sys_heap_alloc(heap, bytes);
}

/* Writes the headers of the part in front of the block, if any, and of the block. */
KHEAP_INLINE void pre_set(enum format f, word *base, word *c, uint32_t pre2, uint32_t need2,
                          bool enters)
{
    if (pre2 == 0) {
        tag_set(f, c, need2 | 1);
        return;
    }
    tag_set(f, c, pre2);
    header_set(f, chunk_right(c, pre2), pre2 / 2, need2 | 1);
    if (enters && rest_listed(f, pre2)) {
        list_insert(f, base, c, bit_of(pre2));
    }
}

/*
 * [ ------------- c ------------- ] => [ pre ][ block used ][ post ]
 *
 * At most one part is above the bucket's low and so stays in the bucket: post takes c's place, and
 * pre, which is at c's own address, has it already. Both others enter other lists, if any.
 */
KHEAP_INLINE void *cut_aligned(enum format f, word *base, const struct found *found, uint32_t pre2,
                               uint32_t need2)
{
    word *const c = found->c;
    word *const block = chunk_right(c, pre2);
    word *const post = chunk_right(block, need2);
    const uint32_t post2 = found->size2 - pre2 - need2;
    const uint32_t low = bucket_low2(found->bit);

    if (post2 > low) {
        list_replace(f, base, c, post, found->bit);
        pre_set(f, base, c, pre2, need2, true);
        header_set(f, post, need2 / 2, post2);
        left_set(f, chunk_right(post, post2), post2 / 2);
    } else {
        const bool leaves = pre2 <= low;

        if (leaves) {
            list_remove(f, base, c, found->bit);
        }
        pre_set(f, base, c, pre2, need2, leaves);
        if (post2 != 0) {
            header_set(f, post, need2 / 2, post2);
            left_set(f, chunk_right(post, post2), post2 / 2);
            if (rest_listed(f, post2)) {
                list_insert(f, base, post, bit_of(post2));
            }
        } else {
            left_set(f, post, need2 / 2);
        }
    }
    stats_count(base, usable_words(f, need2),
                free_words(f, pre2) + free_words(f, post2) - usable_words(f, found->size2));
    return chunk_user(block);
}

/* Level 2: the lists that the parts of the found chunk will be put into. */
KHEAP_INLINE bool parts_sound(const struct sys_heap *heap, enum format f, word *base, uint32_t pre2,
                              uint32_t post2)
{
    return (!rest_listed(f, pre2) || head_sound(heap, f, base, bit_of(pre2))) &&
           (!rest_listed(f, post2) || head_sound(heap, f, base, bit_of(post2)));
}

/*
 * Searches for a chunk in which the block fits wherever the chunk lies: the address is already a
 * multiple of 8, so at most align - 8 bytes are lost in front.
 */
KHEAP_INLINE void *aligned_in(struct sys_heap *heap, enum format f, size_t align, size_t bytes)
{
    word *const base = region_words(heap);
    const uint32_t most = f == SMALL ? KHEAP_MAX_UNITS_SMALL : KHEAP_MAX_UNITS_BIG;
    struct found found;

    if (unlikely(base == NULL || bytes_hopeless(f, bytes) || align / 8 > most)) {
        return NULL;
    }
    /* need2 <= 2^32 and align / 8 < 2^31: the sum of halves is below 2^32. */
    const uint32_t need2 = size2_for(f, bytes);
    const uint32_t padded = need2 / 2 + (uint32_t)(align / 8) - 1;

    if (unlikely(padded > most)) {
        return NULL;
    }
    enum invariant broken = search(heap, f, base, padded * 2, true, &found);

    if (found.c == NULL && (LEVEL < 2 || broken == SOUND)) {
        miss_store(f, base, &found);
        return NULL;
    }
    const uint32_t pre2 =
        found.c == NULL ? 0 : (uint32_t)((-chunk_misalign(found.c, align - 1) & (align - 1)) / 4);

    if (LEVEL >= 2 && broken == SOUND &&
        !parts_sound(heap, f, base, pre2, found.size2 - pre2 - need2)) {
        broken = I6_MEMBER;
    }
    if (LEVEL >= 2 && unlikely(broken != SOUND)) {
        kheap_fault_report(heap, NULL, found.c, broken);
        return NULL;
    }
    miss_store(f, base, &found);
    return cut_aligned(f, base, &found, pre2, need2);
}

#if CONFIG_SYS_HEAP_LISTENER
void *kheap_take(struct sys_heap *heap, size_t align, size_t bytes)
{
    if (align <= 8) {
        return heap_is_small(heap) ? alloc_in(heap, SMALL, bytes) : alloc_in(heap, BIG, bytes);
    }
    return heap_is_small(heap) ? aligned_in(heap, SMALL, align, bytes)
                               : aligned_in(heap, BIG, align, bytes);
}

/* Reports a new block, if there is one. */
static void *told(const struct sys_heap *heap, void *p)
{
    if (p != NULL) {
        NOTIFY_ALLOC(heap, p, block_bytes(heap, p));
    }
    return p;
}

bool kheap_hand_over(struct sys_heap *heap, void *old, void *moved)
{
    if (!kheap_releasable(heap, old)) {
        return false;
    }
    (void)told(heap, moved);
    sys_heap_free(heap, old);
    return true;
}

void *sys_heap_alloc(struct sys_heap *heap, size_t bytes)
{
    HEAP_ENTER(heap, NULL)
    return told(heap, kheap_take(heap, 0, bytes));
}

void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes)
{
    HEAP_ENTER(heap, NULL)
    return (align & (align - 1)) != 0 ? NULL : told(heap, kheap_take(heap, align, bytes));
}
#else
void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes)
{
    HEAP_ENTER(heap, NULL)
    if ((align & (align - 1)) != 0) {
        return NULL;
    }
    if (align <= 8) {
        return sys_heap_alloc(heap, bytes);
    }
    return heap_is_small(heap) ? aligned_in(heap, SMALL, align, bytes)
                               : aligned_in(heap, BIG, align, bytes);
}
#endif
