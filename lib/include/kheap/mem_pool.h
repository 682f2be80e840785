/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_MEM_POOL_H
#define KHEAP_MEM_POOL_H

/*
 * The heap memory pool of 2016 to 2020: blocks of max_size bytes that are cut in four as needed,
 * down to min_size. Exact: an allocation succeeds if and only if a free block of its size or larger
 * exists. Works on a port, as k_heap does.
 */

#include "kheap/k_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EAGAIN
#define EAGAIN 11
#endif

/* Bytes in front of what k_mem_pool_malloc() and a legacy k_malloc() give out. */
#define K_MEM_POOL_DESCRIPTOR 16u
/* Levels a pool can have: max_size = min_size * 4^(levels - 1). */
#define K_MEM_POOL_LEVELS     12u

struct k_mem_pool {
    uint8_t *buffer; /* n_max blocks of max_size */
    uint32_t *bits;  /* a bit a block of each level, set: free at that level */
    uint32_t max_size;
    uint32_t min_size;
    uint16_t n_max;
    uint8_t levels;
    struct kheap_lock lock;
    struct kheap_queue waiters;
};

/* Which block: `data` is the user's, the rest is the pool's and must be kept for the free. */
struct k_mem_block {
    void *data;
    struct k_mem_pool *pool;
    uint32_t level;
    uint32_t index;
};

int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size,
                     k_timeout_t timeout);
void k_mem_pool_free(struct k_mem_block *block);
KHEAP_NODISCARD void *k_mem_pool_malloc(struct k_mem_pool *pool, size_t size);

#ifdef __cplusplus
}
#endif

#endif
