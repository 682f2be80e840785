/* SPDX-License-Identifier: Apache-2.0 */

/* Blocks of a memory pool: which level a request gets, for all pools and all sizes. */

#include "wide.h"

#include "heaps/pool_tree.c"

/* A pool of a shape that k_mem_pool_init() accepts. */
static inline struct k_mem_pool pool_of(uint32_t min, uint32_t levels, uint32_t count)
{
    return (struct k_mem_pool){
        .min_size = min,
        .max_size = min << 2 * (levels - 1),
        .n_max = count,
        .levels = (uint8_t)levels,
    };
}

static inline bool shape_ok(uint32_t min, uint32_t levels)
{
    return KHEAP_POOL_MIN_OK(min) && levels >= 1 && levels <= K_MEM_POOL_LEVELS &&
           (wide)min << 2 * (levels - 1) <= 0x80000000u;
}

/* A level's blocks are a quarter of those above it, exactly; the last level's are min_size. */
bool pool_sizes(uint32_t min, uint32_t levels, uint32_t level)
{
    ASSUME(shape_ok(min, levels) && level < levels);
    const struct k_mem_pool pool = pool_of(min, levels, 1);
    const uint32_t size = pool_block_size(&pool, level);

    return (wide)size == (wide)min << 2 * (levels - 1 - level) &&
           (level + 1 < levels ? (wide)pool_block_size(&pool, level + 1) * 4 == size : size == min);
}

/* The deepest level whose blocks hold the request; none when it is more than max_size. */
bool pool_level(uint32_t min, uint32_t levels, size_t size)
{
    ASSUME(shape_ok(min, levels));
    const struct k_mem_pool pool = pool_of(min, levels, 1);
    const uint32_t level = pool_level_for(&pool, size);

    if (level == POOL_NO_LEVEL) {
        return size > pool.max_size;
    }
    return level < levels && pool_block_size(&pool, level) >= size &&
           (level + 1 == levels || pool_block_size(&pool, level + 1) < size);
}
