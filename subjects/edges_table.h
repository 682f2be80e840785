/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_TABLE_H
#define SUBJECTS_EDGES_TABLE_H

/* All items of the heaps that stand on a port, for a subject's api(). */

#include "edges_block.h"
#include "edges_forged.h"
#include "edges_level_one.h"
#include "edges_reports.h"
#include "edges_seal.h"
#include "edges_listener.h"

static const edge_item edge_items[] = {
    edge_kheap_none,
    edge_kheap_deadlines,
    edge_kheap_early,
    edge_kheap_last_tick,
    edge_kheap_second_leaves,
    edge_kheap_isr,
    edge_kheap_lies_right,
    edge_block_fits,
    edge_block_grows,
    edge_block_moves,
    edge_block_moves_less,
    edge_block_last_attempt,
#if CONFIG_MULTITHREADING
    edge_queue_rounds,
#endif
#if !CONFIG_MULTITHREADING
    edge_no_threads,
#endif
    edge_timeouts,
    edge_region_sizes,
    edge_pool_shapes,
    edge_pool_of_many,
    edge_pool_row_ends,
    edge_pool_words,
    edge_pool_order,
    edge_pool_largest,
    edge_pool_last_attempt,
    edge_pool_malloc,
    edge_multi_adds,
    edge_multi_owners,
    edge_multi_calls,
    edge_multi_moves,
    edge_multi_shrinks,
    edge_multi_realloc_asks,
    edge_shared_adds,
    edge_shared_calls,
    edge_listener_list,
    edge_listener_calls_back,
    edge_registry,
    edge_damage_words,
    edge_damage_sizes,
    edge_damage_lists,
    edge_damage_records,
    edge_damage_one_more,
    edge_padding_wraps,
    edge_forged_sums,
    edge_stress_ends,
#if CONFIG_SYS_HEAP_HARDENING_LEVEL == 0
    edge_no_heap,
#endif
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    edge_kheap_freed_meanwhile,
    edge_kheap_misuse,
    edge_damage_left,
    edge_damage_right,
    edge_damage_reports,
    edge_pool_misuse,
    edge_pool_malloc_misuse,
    edge_pool_seal,
    edge_pool_seal_elsewhere,
    edge_multi_misuse,
#endif
#if CONFIG_SYS_HEAP_HARDENING_LEVEL == 1
    edge_level_one,
#endif
#if EDGE_FAR
    edge_pool_seal_far,
#endif
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
    edge_multi_damage,
    edge_damage_fields,
    edge_damage_meets_the_move,
    edge_damage_links,
    edge_damage_bitmap,
#if EDGE_BOUND
    edge_bound_big,
#endif
    edge_damage_entered,
    edge_damage_stays,
#endif
};
#define EDGE_ITEMS ((uint32_t)(sizeof edge_items / sizeof edge_items[0]))

#endif
