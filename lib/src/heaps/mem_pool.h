/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_MEM_POOL_INTERNAL_H
#define KHEAP_MEM_POOL_INTERNAL_H

/* Between the pool's two ways to its blocks, by struct and by descriptor, and the system heap. */

#include "pool_tree.h"

/* Gives a block back and serves the waiters, with the lock held. */
void pool_release(struct k_mem_pool *pool, struct pool_place at);

/*
 * k_mem_pool_malloc() with the user's bytes at a multiple of align, a power of two: they start
 * max(16, align) bytes behind the block's start. Precondition: the pool's buffer is aligned to
 * align. NULL also when the size wraps.
 */
void *kheap_pool_malloc(struct k_mem_pool *pool, size_t align, size_t size);

/*
 * Gives back what kheap_pool_malloc() gave out, from whichever pool that was. Not NULL. Misuse:
 * anything else. Level 1 and above read the 16 bytes in front of ptr, if it is a multiple of 8,
 * and report it unless they are a descriptor for just this address.
 */
void kheap_pool_release(void *ptr);

/*
 * Of a live block: its usable bytes in *usable, and whether a new block for `size` bytes would have
 * the same block size. False: misuse, which has been reported.
 */
bool kheap_pool_resize_check(void *ptr, size_t size, size_t *usable, bool *same);

#endif
