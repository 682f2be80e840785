/* SPDX-License-Identifier: Apache-2.0 */

/* Misuse of memory pools. */

#include "pool_fault.h"

enum pool_misuse pool_place_check(const struct k_mem_pool *pool, struct pool_place at,
                                  const void *data)
{
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    /* A struct of zeros, or one whose allocation failed, names no block. */
    if (pool == NULL || data == NULL || !pool_has(pool, at) ||
        data != pool->buffer + pool_block_offset(pool, at)) {
        return POOL_FOREIGN;
    }
#else
    (void)pool;
    (void)at;
    (void)data;
#endif
    return POOL_SOUND;
}

enum pool_misuse pool_used_check(const struct k_mem_pool *pool, struct pool_place at)
{
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
    return pool_is_used(pool, at) ? POOL_SOUND : POOL_NOT_USED;
#else
    (void)pool;
    (void)at;
    return POOL_SOUND;
#endif
}

void pool_fault(const struct k_mem_pool *pool, struct pool_place at, const void *address,
                enum pool_misuse misuse)
{
    const bool freed = misuse == POOL_NOT_USED || misuse == POOL_FREED;
    const struct kheap_fault fault = {
        .kind = freed ? KHEAP_FAULT_NOT_USED : KHEAP_FAULT_BAD_POINTER,
        .heap = pool,
        .address = address,
        .offset = freed ? pool_block_offset(pool, at) : 0,
        .invariant = misuse == POOL_FOREIGN ? "P1 a block given back is one of its pool's"
                     : freed                ? "P2 a block given back is in use"
                                            : "P3 a descriptor stands in front of what is freed",
    };

    kheap_fault(&fault);
}
