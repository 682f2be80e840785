/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_LEVEL_ONE_H
#define SUBJECTS_EDGES_LEVEL_ONE_H

/* Items: what level 1 does not look at, so that nobody pays for it. */

#include "edges_damage.h"

#if CONFIG_SYS_HEAP_HARDENING_LEVEL == 1
/* No report since this was asked last. */
static inline void edge_silent(const char *what)
{
    edge_is(what, edges.faults, 0);
    edges.faults = 0;
}

/* ARCHITECTURE.md: links, heads, members and the bitmap are looked at from level 2 on. */
static inline void edge_level_one(void)
{
    uint32_t low, between, high, bitmap;

    edge_damage_begin();
    memcpy(&bitmap, edge_memory, 4);
    edge_poke(0, 4, bitmap | 1);
    edge_block("alloc() beside a stray bit", edge_units(3)); /* search's I8 */
    edge_damage_begin();
    memcpy(&bitmap, edge_memory, 4);
    edge_poke(0, 4, bitmap | 1u << (31 - edge_damaged.buckets));
    (void)sys_heap_largest_free(&edge_damaged);
    edge_silent("largest_free() beside a stray bit");
    edge_holes(&low, &between, &high);
    edge_poke_field(low, 1, 5 * 2);
    edge_block("alloc() of a chunk of another bucket", edge_units(3)); /* search's I6 */
    edge_holes(&low, &between, &high);
    edge_poke_field(low, 2, 0);
    edge_block("alloc() behind a bad link", edge_units(4)); /* search's I5 */
    edge_holes(&low, &between, &high);
    edge_poke_field(high + 5, 1, 20 * 2);
    edge_is("largest_free() of another bucket's chunk",
            (int64_t)sys_heap_largest_free(&edge_damaged), 20 * 8 - (edge_small ? 4 : 8));
    edge_silent("largest_free() of another bucket's chunk");
    edge_block("alloc() from another bucket's chunk", edge_units(9)); /* the head above: I6 */
    edge_holes(&low, &between, &high);
    edge_poke_field(low, 2, 0);
    sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u); /* join_check's I5 */
    edge_silent("free() beside a bad link");
    edge_holes(&low, &between, &high);
    edge_poke_field(high, 3, 0);
    sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u); /* extent_check's I5 */
    edge_silent("free() in front of a bad link");
    edge_holes(&low, &between, &high);
    edge_poke_field(low, 2, 0);
    edge_block("realloc() beside a bad link",
               sys_heap_realloc(&edge_damaged, edge_memory + (between + 1) * 8u,
                                7 * 8 - (edge_small ? 4 : 8))); /* rest_sound's I6 */
    edge_silent("realloc() beside a bad link");
    edge_holes(&low, &between, &high);
    edge_poke_field(between, 0, 0);
    sys_heap_free(&edge_damaged, edge_memory + (between + 1) * 8u);
    edge_begins(edges.newest.invariant, "I2"); /* and not I1, which is level 2's */
    edge_fault("free() of a block with nothing in front", KHEAP_FAULT_DAMAGED);
    if (edge_small) {
        edge_damage_begin();
        sys_heap_free(&edge_damaged, edge_memory + 8);
        edge_begins(edges.newest.invariant,
                    "I2"); /* chunk 0 contradicts itself; I10 is level 2's */
        edge_fault("free() of chunk 0", KHEAP_FAULT_DAMAGED);
    }
}
#endif

#endif
