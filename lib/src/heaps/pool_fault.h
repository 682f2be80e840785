/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_POOL_FAULT_H
#define KHEAP_POOL_FAULT_H

/* Misuse of memory pools: what the checks of hardening level 1 look at, and how it is reported. */

#include "pool_tree.h"

enum pool_misuse {
    POOL_SOUND,
    POOL_FOREIGN,  /* P1: no block of the pool, or no pool at all */
    POOL_NOT_USED, /* P2: a block, but nobody owns it */
    POOL_UNSEALED, /* P3: no descriptor stands in front of it */
    POOL_FREED     /* P2: a descriptor stands there, but its block was freed */
};

/* Is `data` the block at this place? Reads nothing that ever changes. */
enum pool_misuse pool_place_check(const struct k_mem_pool *pool, struct pool_place at,
                                  const void *data);
/* Does anybody own the place's block? With the lock held. */
enum pool_misuse pool_used_check(const struct k_mem_pool *pool, struct pool_place at);

/* Reports. Without the lock, so that the hook may use other heaps. pool NULL: not known. */
void pool_fault(const struct k_mem_pool *pool, struct pool_place at, const void *address,
                enum pool_misuse misuse);

#endif
