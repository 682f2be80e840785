/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_FORGED_H
#define SUBJECTS_EDGES_FORGED_H

/*
 * Items: lists that lead through forged chunks, which agree with the real ones in all that the
 * checker adds up but one thing.
 */

#include "edges_damage.h"

#define EDGE_WIDE 8192u /* bytes: room for units of four digits */
static _Alignas(8) unsigned char edge_wide[EDGE_WIDE];

static inline void edge_wide_poke(uint32_t unit, uint32_t field, uint32_t value)
{
    const uint16_t half = (uint16_t)value;

    if (edge_small) {
        memcpy(edge_wide + unit * 8u + 4u + field * 2u, &half, 2);
    } else {
        memcpy(edge_wide + unit * 8u + field * 4u, &value, 4);
    }
}

/* A heap whose free chunks are of 3 units each, at the units real[]. */
static inline void edge_wide_holes(const uint32_t *real, uint32_t reals)
{
    struct sys_heap_layout layout = {.header = 0};
    unsigned char *blocks[3];

    memset(edge_wide, 0, sizeof edge_wide);
    edge_is("init()", sys_heap_init(&edge_damaged, edge_wide, EDGE_WIDE), 0);
    (void)sys_heap_layout_get(&edge_damaged, &layout);
    edge_small = layout.header == 4;
    uint32_t at = edge_damaged.first;
    for (uint32_t i = 0; i < reals; i++) {
        edge_block("a block between", edge_units(real[i] - at));
        blocks[i] = edge_units(3);
        edge_is("where it lies", blocks[i] == edge_wide + (real[i] + 1) * 8u, 1);
        at = real[i] + 3;
    }
    edge_block("the rest", edge_units(edge_damaged.end - at));
    for (uint32_t i = 0; i < reals; i++) {
        sys_heap_free(&edge_damaged, blocks[i]);
    }
    edge_is("a sound heap", sys_heap_check(&edge_damaged, NULL), 1);
}

/* The free chunks are at real[]; the bucket's list leads through forged[]. */
static inline void edge_two_sets(const uint32_t *real, uint32_t reals, const uint32_t *forged,
                                 uint32_t forgeds)
{
    struct kheap_fault fault = {.invariant = "none"};

    edge_wide_holes(real, reals);
    for (uint32_t i = 0; i < forgeds; i++) {
        edge_wide_poke(forged[i], 1, 3 * 2);
        edge_wide_poke(forged[i], 2, forged[(i + forgeds - 1) % forgeds]);
        edge_wide_poke(forged[i], 3, forged[(i + 1) % forgeds]);
    }
    const uint16_t half = (uint16_t)forged[0];
    unsigned char *const heads = edge_wide + KHEAP_HEADS_OFFSET;
    memcpy(heads + 2u * (edge_small ? 2u : 4u), edge_small ? (const void *)&half : forged,
           edge_small ? 2 : 4);
    edge_is("a list of forged chunks", sys_heap_check(&edge_damaged, &fault), 0);
    edge_begins(fault.invariant, "I7");
}

/*
 * Found by search: of the same number and mixed sum; of the same sums; and of the same sums where
 * the mixing has a step less.
 */
static inline void edge_forged_sums(void)
{
    edge_two_sets((const uint32_t[]){479, 677}, 2, (const uint32_t[]){594, 973}, 2);
    edge_two_sets((const uint32_t[]){19, 188, 605}, 3, (const uint32_t[]){144, 668}, 2);
    edge_two_sets((const uint32_t[]){347, 980}, 2, (const uint32_t[]){381, 946}, 2);
    edge_two_sets((const uint32_t[]){466, 927}, 2, (const uint32_t[]){542, 851}, 2);
    edge_two_sets((const uint32_t[]){89, 492}, 2, (const uint32_t[]){136, 445}, 2);
    edge_two_sets((const uint32_t[]){217, 560}, 2, (const uint32_t[]){224, 553}, 2);
}

#endif
