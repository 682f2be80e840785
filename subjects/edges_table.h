/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_TABLE_H
#define SUBJECTS_EDGES_TABLE_H

/* All items of the heaps that stand on a port, for a subject's api(). */

#include "edges_block.h"
#include "edges_damage.h"
#include "edges_listener.h"

static const edge_item edge_items[] = {
    edge_kheap_none,
    edge_kheap_deadlines,
    edge_kheap_early,
    edge_kheap_second_leaves,
    edge_kheap_isr,
    edge_kheap_lies_right,
    edge_block_fits,
    edge_block_grows,
    edge_block_moves,
    edge_block_last_attempt,
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
    edge_shared_adds,
    edge_shared_calls,
    edge_listener_list,
    edge_listener_calls_back,
    edge_damage_words,
    edge_damage_lists,
    edge_damage_records,
    edge_stress_ends,
#if CONFIG_SYS_HEAP_HARDENING_LEVEL == 0
    edge_no_heap,
#endif
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    edge_kheap_freed_meanwhile,
    edge_kheap_misuse,
    edge_damage_left,
    edge_damage_reports,
    edge_pool_misuse,
    edge_pool_malloc_misuse,
    edge_multi_misuse,
#endif
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
    edge_multi_damage,
    edge_damage_fields,
    edge_damage_meets_the_move,
#endif
};
#define EDGE_ITEMS ((uint32_t)(sizeof edge_items / sizeof edge_items[0]))

#endif
