/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_POOL_TREE_H
#define KHEAP_POOL_TREE_H

/* Which blocks of a memory pool are free: all that cuts and joins. Under the pool's lock. */

#include "kheap/mem_pool.h"

/* A block: its level, and its number among the blocks of that level. */
struct pool_place {
    uint32_t level;
    uint32_t index;
};

/* No level's blocks are large enough. */
#define POOL_NO_LEVEL UINT32_MAX

/* Bytes of a level's blocks. */
static inline uint32_t pool_block_size(const struct k_mem_pool *pool, uint32_t level)
{
    return pool->max_size >> 2 * level;
}

/* Where a place's block lies, from the buffer. */
static inline size_t pool_block_offset(const struct k_mem_pool *pool, struct pool_place at)
{
    return (size_t)at.index * pool_block_size(pool, at.level);
}

/* The deepest level whose blocks hold `size` bytes, or POOL_NO_LEVEL. */
uint32_t pool_level_for(const struct k_mem_pool *pool, size_t size);

/* Is it a place of the pool? Is its block given out? */
bool pool_has(const struct k_mem_pool *pool, struct pool_place at);
bool pool_is_used(const struct k_mem_pool *pool, struct pool_place at);

/* Takes a block of the level, cutting larger ones; false: there is none. */
bool pool_take(struct k_mem_pool *pool, uint32_t level, struct pool_place *at);

/* Gives a used block back and joins partners. */
void pool_give(struct k_mem_pool *pool, struct pool_place at);

#endif
