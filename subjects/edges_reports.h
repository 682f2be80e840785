/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_REPORTS_H
#define SUBJECTS_EDGES_REPORTS_H

/*
 * Items: calls that meet damage of several words, and report it instead of going on. What a report
 * names is part of it: the invariant, and the chunk that is to blame.
 */

#include "edges_damage.h"

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
/* What the hook is told of a block whose neighbours do not say what it says. */
static inline void edge_damage_reports(void)
{
    edge_skew();
    unsigned char *const base = edge_damaged.heap;
    unsigned char *const a = edge_units(3);
    unsigned char *const b = edge_units(3);
    const uint32_t unit = (uint32_t)(b - base) / 8u - 1u;
    const size_t offset = edge_skewed(unit);

    base[(size_t)unit * 8u + (edge_small ? 4u : 0u)] ^= 1;
    edge_is("usable_size() of damage", (int64_t)sys_heap_usable_size(&edge_damaged, b), 0);
    edge_fault_at("usable_size() of damage", KHEAP_FAULT_DAMAGED, b, offset, "I");
    edge_null("realloc() of damage", sys_heap_realloc(&edge_damaged, b, 100));
    edge_fault_at("realloc() of damage", KHEAP_FAULT_DAMAGED, b, offset, "I");
    sys_heap_free(&edge_damaged, b);
    edge_fault_at("free() of damage", KHEAP_FAULT_DAMAGED, b, offset, "I");
    base[(size_t)unit * 8u + (edge_small ? 4u : 0u)] ^= 1;
    sys_heap_free(&edge_damaged, b);
    sys_heap_free(&edge_damaged, a);
}

/* The left neighbour's size is another one than the block's own header says. */
static inline void edge_damage_left(void)
{
    uint32_t low, between, high;

    edge_holes(&low, &between, &high);
    edge_poke_field(low, 1, 4 * 2);
    sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u);
    edge_fault("free() behind a hole of a wrong size", KHEAP_FAULT_DAMAGED);
    edge_poke_field(low, 1, 3 * 2);
    edge_is("nothing is wrong", sys_heap_check(&edge_damaged, NULL), 1);
}

/* So is what the right neighbour says of the block's. */
static inline void edge_damage_right(void)
{
    uint32_t low, between, high;

    edge_holes(&low, &between, &high);
    edge_poke_field(high, 0, 7);
    sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u);
    edge_fault("free() in front of a hole that says another size", KHEAP_FAULT_DAMAGED);
    edge_poke_field(high, 0, 8);
    edge_is("nothing is wrong", sys_heap_check(&edge_damaged, NULL), 1);
}
#endif

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
/* A field that a call looks at has another value than it should; afterwards the heap is new. */
static inline void edge_damage_fields(void)
{
    uint32_t low, between, high;

    edge_holes(&low, &between, &high);
    edge_poke_field(between, 1, 1);
    sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u);
    edge_begins(edges.newest.invariant, "I1");
    edge_fault("free() of a block of no size", KHEAP_FAULT_DAMAGED);
    for (unsigned i = 0; i < 3; i++) {
        edge_holes(&low, &between, &high);
        const uint32_t sizes[] = {0, 1u << 14, (edge_damaged.end - high + 1) * 2};
        edge_poke_field(high, 1, sizes[i]);
        sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u);
        edge_begins(edges.newest.invariant, "I1");
        edge_fault("free() beside a hole of a wrong size", KHEAP_FAULT_DAMAGED);
    }
    edge_holes(&low, &between, &high);
    edge_poke_field(low, 1, 2);
    edge_poke_head(2, low);
    edge_null("alloc() from a list with too small a chunk", edge_units(3));
    edge_fault("alloc() from a list with too small a chunk", KHEAP_FAULT_DAMAGED);
    edge_damage_begin();
    void *const most = edge_units(edge_damaged.end - edge_first - 9);
    edge_block("all but nine units", most);
    edge_poke_field(edge_damaged.end - 9, 1, 16 * 2);
    edge_null("alloc() from a chunk beyond the end", edge_units(9));
    edge_fault("alloc() from a chunk beyond the end", KHEAP_FAULT_DAMAGED);
}

#define EDGE_BOUND (SIZE_MAX > 0xffffffffu && !CONFIG_SYS_HEAP_SMALL_ONLY)
#if EDGE_BOUND
/* The last size of the big format is searched for, and so meets the damage; the next is not. */
static inline void edge_bound_big(void)
{
    static _Alignas(8) unsigned char big[300000];
    const size_t most = (size_t)0x7fffffff * 8 - 8;
    uint32_t bitmap;

    edge_is("init()", sys_heap_init(&edge_damaged, big, sizeof big), 0);
    memcpy(&bitmap, big, 4);
    bitmap |= 1;
    memcpy(big, &bitmap, 4);
    edge_null("the last size", sys_heap_alloc(&edge_damaged, most));
    edge_fault("the last size", KHEAP_FAULT_DAMAGED);
    edge_null("the first size too many", sys_heap_alloc(&edge_damaged, most + 1));
}
#endif

/* Links that lead behind the end, to where something points back. */
static inline void edge_damage_links(void)
{
    uint32_t low, between, high;

    for (uint32_t i = 0; i < 2; i++) {
        edge_holes(&low, &between, &high);
        const uint32_t behind = edge_damaged.end + 2 * i;
        edge_poke_links(low, behind, behind);
        edge_poke_links(behind, low, low);
        edge_null("alloc() of a chunk that is linked with none", edge_units(3));
        edge_begins(edges.newest.invariant, "I5");
        edge_fault("alloc() of a chunk that is linked with none", KHEAP_FAULT_DAMAGED);
    }
}

/* The bit of a bucket whose sizes do not fit the region, though what is asked for does. */
static inline void edge_damage_bitmap(void)
{
    uint32_t low, between, high, bitmap;

    edge_holes(&low, &between, &high);
    memcpy(&bitmap, edge_memory, 4);
    edge_poke(0, 4, bitmap | 1u << (31 - edge_damaged.buckets));
    edge_null("alloc() with a bucket too many", edge_units(3));
    edge_begins(edges.newest.invariant, "I8");
    edge_fault("alloc() with a bucket too many", KHEAP_FAULT_DAMAGED);
    edge_is("largest_free() with a bucket too many", (int64_t)sys_heap_largest_free(&edge_damaged),
            0);
    edge_begins(edges.newest.invariant, "I8");
    edge_fault("largest_free() with a bucket too many", KHEAP_FAULT_DAMAGED);
}

/* The list that a chunk is to be put into is looked at first: of the least chunks, and of others.
 */
static inline void edge_damage_entered(void)
{
    const uint32_t least = edge_small ? 1 : 2;

    edge_damage_begin();
    unsigned char *const first = edge_units(least);
    edge_block("a block between", edge_units(2));
    unsigned char *const second = edge_units(least);
    edge_block("a block between", edge_units(2));
    unsigned char *const third = edge_units(least);
    edge_block("a block between", edge_units(2));
    unsigned char *const q = edge_units(8);
    edge_block("a block between", edge_units(2));
    unsigned char *const hole = edge_units(3);
    edge_block("a block behind", edge_units(2));
    sys_heap_free(&edge_damaged, first);
    sys_heap_free(&edge_damaged, third);
    edge_poke_field(edge_unit_of(first), 2, edge_damaged.end);
    sys_heap_free(&edge_damaged, second);
    edge_fault_at("free() into a damaged list", KHEAP_FAULT_DAMAGED, second,
                  edge_offset(edge_unit_of(second)), "I6");
    edge_poke_field(edge_unit_of(first), 2, edge_unit_of(third));
    sys_heap_free(&edge_damaged, hole);
    edge_poke_field(edge_unit_of(hole), 2, edge_damaged.end);
    edge_null("realloc() whose rest enters a damaged list",
              sys_heap_realloc(&edge_damaged, q, 4 * 8 - 8));
    edge_fault_at("realloc() whose rest enters a damaged list", KHEAP_FAULT_DAMAGED, q,
                  edge_offset(edge_unit_of(q)), "I6");
}

/* A call that reports has no effect, so that a list it looked through is not turned either. */
static inline void edge_damage_stays(void)
{
    unsigned char *holes[5];

    edge_damage_begin();
    for (unsigned i = 0; i < 5; i++) {
        holes[i] = edge_units(3);
        edge_block("a block between holes", edge_units(2));
    }
    unsigned char *const large = edge_units(9);
    unsigned char *const behind = edge_units(2);
    for (unsigned i = 0; i < 5; i++) {
        sys_heap_free(&edge_damaged, holes[i]);
    }
    sys_heap_free(&edge_damaged, large);
    edge_poke_field(edge_unit_of(behind), 0, 8);
    edge_null("alloc() that misses, then meets damage", edge_units(4));
    edge_fault("alloc() that misses, then meets damage", KHEAP_FAULT_DAMAGED);
    edge_poke_field(edge_unit_of(behind), 0, 9);
    edge_is("the head is what it was", edge_units(3) == holes[0], 1);
}

/*
 * [ c free 9 ][ 2 ][ p 2 ][ 2 ][ behind ], of which c is forged to reach up to `behind`: what is
 * taken from it for p's move ends exactly at p, which is found out when p is to be freed.
 */
static inline void edge_damage_meets_the_move(void)
{
    edge_damage_begin();
    unsigned char *const c = edge_units(9);
    unsigned char *const before = edge_units(2);
    unsigned char *const p = edge_units(2);
    unsigned char *const after = edge_units(2);
    unsigned char *const behind = edge_units(20);

    edge_is("blocks", before != NULL && after != NULL, 1);
    sys_heap_free(&edge_damaged, c);
    edge_poke_field(edge_unit_of(c), 1, 15 * 2);
    edge_poke_field(edge_unit_of(behind), 0, 15);
    edge_null("a realloc whose new block destroys the old one",
              sys_heap_realloc(&edge_damaged, p, 11 * 8 - (edge_small ? 4 : 8)));
    edge_fault("a block that its move destroyed", KHEAP_FAULT_NOT_USED);
    edge_is("units that are free again", edge_field(edge_unit_of(c), 1), 15 * 2);
}
#endif

#endif
