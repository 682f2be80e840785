/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_GUARD_H
#define KHEAP_GUARD_H

/*
 * The size rule, and what each hardening level looks at before a call writes. Every check answers
 * with the invariant it found broken, or SOUND; the caller reports it and leaves. Whatever is read
 * from the region is held against the bounds in struct sys_heap before it becomes an address, so at
 * level 2 it does not matter which word is damaged.
 */

#include "chunk.h"

/* The invariants, in the order of ARCHITECTURE.md; kheap_invariant_name() has the sentences. */
enum invariant {
    SOUND,
    I1_INSIDE,
    I2_LEFT,
    I3_ENDS,
    I4_FREE_PAIR,
    I5_LINKS,
    I6_MEMBER,
    I7_LISTED,
    I8_BITMAP,
    I9_STATS,
    I10_POINTER,
    I11_USED,
    INVARIANTS
};

const char *kheap_invariant_name(enum invariant broken);

/* Fills in a fault record; c may be NULL. */
void kheap_fault_fill(struct kheap_fault *fault, const struct sys_heap *heap, const void *address,
                      const word *c, enum invariant broken);

/* Calls kheap_fault(). */
KHEAP_COLD void kheap_fault_report(const struct sys_heap *heap, const void *address, const word *c,
                                   enum invariant broken);

/* Constant in a one-format build, else the one branch of the call. */
KHEAP_INLINE bool heap_is_small(const struct sys_heap *heap)
{
#if CONFIG_SYS_HEAP_AUTO
    return heap->end < KHEAP_MAX_UNITS_SMALL;
#else
    (void)heap;
    return CONFIG_SYS_HEAP_SMALL_ONLY != 0;
#endif
}

/* Words of a header: what lies between a chunk's size2 and its usable words. */
KHEAP_INLINE uint32_t header_words(enum format f)
{
    return f == SMALL ? 1 : 2;
}

/* A free chunk of one unit has no room for the big format's links, and is on no list. */
KHEAP_INLINE bool listed(enum format f, uint32_t size2)
{
    return f == SMALL || size2 > 2;
}

/* The same for what a split leaves, which may be nothing. */
KHEAP_INLINE bool rest_listed(enum format f, uint32_t rest2)
{
    return f == SMALL ? rest2 != 0 : rest2 > 2;
}

KHEAP_INLINE uint32_t least_used2(enum format f)
{
    return f == SMALL ? 2 : 4;
}

/* usable(n) = units(n)*8 - header, in 4-byte words. */
KHEAP_INLINE uint32_t usable_words(enum format f, uint32_t size2)
{
    return size2 - header_words(f);
}

/*
 * True for 0 and for sizes that no heap of the format can hold, in one compare. What passes fits
 * the sums below: bytes <= 2^18 (small) or <= 2^34 and < SIZE_MAX - 16 (big), so bytes + 15 does
 * not wrap and twice the units fit 32 bits.
 */
KHEAP_INLINE bool bytes_hopeless(enum format f, size_t bytes)
{
    const size_t most = f == SMALL                   ? (size_t)1 << 18
                        : SIZE_MAX / 8 > 0x7fffffffu ? (size_t)0x7fffffff * 8 - 8
                                                     : SIZE_MAX - 16;

    return bytes - 1 >= most;
}

/* units(bytes) = ceil((bytes + header) / 8), doubled. */
KHEAP_INLINE uint32_t size2_for(enum format f, size_t bytes)
{
    return (uint32_t)((bytes + (f == SMALL ? 11 : 15)) >> 3) * 2;
}

#if defined(__ARM_ARCH_6M__) || (defined(__riscv) && !defined(__riscv_zbb))
/* The machine has no instruction for it, and the compiler's helper takes longer than a table. */
#define KHEAP_TABLE_CLZ
extern const uint8_t kheap_clz_table[64];

KHEAP_INLINE uint32_t leading_zeros(uint32_t x)
{
    if (x < 1u << 6) {
        return kheap_clz_table[x];
    }
    if (x < 1u << 12) {
        return kheap_clz_table[x >> 6] - 6u;
    }
    if (x < 1u << 18) {
        return kheap_clz_table[x >> 12] - 12u;
    }
    if (x < 1u << 24) {
        return kheap_clz_table[x >> 18] - 18u;
    }
    return x < 1u << 30 ? kheap_clz_table[x >> 24] - 24u : x < 1u << 31 ? 1 : 0;
}
#else
KHEAP_INLINE uint32_t leading_zeros(uint32_t x)
{
    return (uint32_t)__builtin_clz(x);
}
#endif

/* The bit of bucket(s) = ceil(log2 s): bucket = 31 - clz(2s - 1), and the bit is 31 - bucket. */
KHEAP_INLINE uint32_t bit_of(uint32_t size2)
{
    return leading_zeros(size2 - 1);
}

/* Sizes above it and up to its double are the bucket's. */
KHEAP_INLINE uint32_t bucket_low2(uint32_t bit)
{
    return 0x80000000u >> bit;
}

/* A unit index that a chunk can have. */
KHEAP_INLINE bool index_inside(const struct sys_heap *heap, uint32_t index)
{
    return index - heap->first < heap->end - heap->first;
}

/* So many units starting at index end at or before the end marker. index <= end. */
KHEAP_INLINE bool span_inside(const struct sys_heap *heap, uint32_t index, uint32_t size2)
{
    return size2 / 2 <= heap->end - index;
}

/* Both list neighbours are inside and point back at c, which is inside. */
KHEAP_INLINE bool links_sound(const struct sys_heap *heap, enum format f, word *base, word *c)
{
    const uint32_t index = chunk_index(base, c);
    const struct links l = links_get(f, c);

    return index_inside(heap, l.prev) && index_inside(heap, l.next) &&
           next_get(f, chunk_at(base, l.prev)) == index &&
           prev_get(f, chunk_at(base, l.next)) == index;
}

/* index names a free chunk inside the area whose size belongs into the bucket. */
KHEAP_INLINE bool member_sound(const struct sys_heap *heap, enum format f, word *base,
                               uint32_t index, uint32_t bit)
{
    if (!index_inside(heap, index)) {
        return false;
    }
    const uint32_t tag = tag_get(f, chunk_at(base, index));

    return (tag & 1) == 0 && listed(f, tag) && bit_of(tag) == bit && span_inside(heap, index, tag);
}

/* A chunk can be put into the bucket's list when index is its head: that and its prev are what they
 * should be. */
KHEAP_INLINE bool entry_sound(const struct sys_heap *heap, enum format f, word *base,
                              uint32_t index, uint32_t bit)
{
    if (!member_sound(heap, f, base, index, bit)) {
        return false;
    }
    const uint32_t prev = prev_get(f, chunk_at(base, index));

    return index_inside(heap, prev) && next_get(f, chunk_at(base, prev)) == index;
}

KHEAP_INLINE bool head_sound(const struct sys_heap *heap, enum format f, word *base, uint32_t bit)
{
    const uint32_t head = head_get(f, base, bit);

    return head == 0 || entry_sound(heap, f, base, head, bit);
}

/* A free chunk with a neighbour that is about to be joined or taken: its size, links and far end.
 */
KHEAP_INLINE enum invariant extent_check(const struct sys_heap *heap, enum format f, word *base,
                                         word *c, uint32_t size2)
{
    if (size2 < 2 || !span_inside(heap, chunk_index(base, c), size2)) {
        return I1_INSIDE;
    }
    if (left_get(f, chunk_right(c, size2)) != size2 / 2) {
        return I2_LEFT;
    }
    if (listed(f, size2) && !links_sound(heap, f, base, c)) {
        return I5_LINKS;
    }
    return SOUND;
}

/* The chunk of a pointer that a caller gave, and its neighbours, as the headers have them. */
struct block {
    word *c, *left, *right;
    uint32_t size2;     /* the chunk's own */
    uint32_t left2;     /* of the left neighbour */
    uint32_t left_used; /* 0 or 1 */
    uint32_t right_tag; /* size2used of the right neighbour */
};

KHEAP_INLINE bool left_free(const struct block *b)
{
    return b->left_used == 0;
}

KHEAP_INLINE bool right_free(const struct block *b)
{
    return (b->right_tag & 1) == 0;
}

/*
 * Reads a block's surroundings; level 1 and above check what was read. The left neighbour's tag is
 * compared once for three answers: its size is what our header says and it is free (the difference
 * is 0), or used (1), or it is damaged.
 */
KHEAP_INLINE enum invariant block_read(const struct sys_heap *heap, enum format f, word *base,
                                       void *p, struct block *b)
{
    b->c = chunk_of_user(p);
    const size_t at = pointer_units(base, b->c);

    if (LEVEL >= 1 && unlikely(at >= heap->end || (LEVEL >= 2 && at < heap->first))) {
        return I10_POINTER;
    }
    const struct header own = header_get(f, b->c);

    if (LEVEL >= 1 && unlikely((own.tag & 1) == 0)) {
        return I11_USED;
    }
    b->size2 = own.tag - 1;
    if (LEVEL >= 2 &&
        (b->size2 < least_used2(f) || !span_inside(heap, (uint32_t)at, b->size2) || own.left == 0 ||
         own.left > at || (own.left > at - heap->first && own.left != at))) {
        return I1_INSIDE;
    }
    b->right = chunk_right(b->c, b->size2);
    b->left = chunk_left(b->c, own.left);
    const struct header right = header_get(f, b->right);

    if (LEVEL >= 1 && unlikely(right.left != b->size2 / 2)) {
        return I2_LEFT;
    }
    const uint32_t left_tag = tag_get(f, b->left);
    const uint32_t left_state = left_tag - 2 * own.left;

    if (LEVEL >= 1 && unlikely(left_state > 1)) {
        return I2_LEFT;
    }
    b->left_used = LEVEL >= 1 ? left_state : left_tag & 1;
    b->left2 = 2 * own.left;
    b->right_tag = right.tag;
    if (LEVEL >= 2) {
        if (left_free(b) && own.left == at) {
            return I3_ENDS;
        }
        if (right_free(b)) {
            return extent_check(heap, f, base, b->right, right.tag);
        }
    }
    return SOUND;
}

/* Usable bytes of a block that is known to be one. */
KHEAP_INLINE size_t block_bytes(const struct sys_heap *heap, void *p)
{
    const enum format f = heap_is_small(heap) ? SMALL : BIG;

    return (size_t)usable_words(f, tag_get(f, chunk_of_user(p)) - 1) * 4;
}

#endif
