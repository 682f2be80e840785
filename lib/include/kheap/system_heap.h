/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SYSTEM_HEAP_H
#define KHEAP_SYSTEM_HEAP_H

/*
 * The system heap: one hidden heap of CONFIG_HEAP_MEM_POOL_SIZE bytes for malloc-like use from
 * everywhere, interrupts too. No call ever waits. Usable from the start of main, without an init
 * call. It works on a port (kheap/port.h), as k_heap does.
 *
 * CONFIG_HEAP_MEM_POOL_SIZE, as resolved (kheap/config.h):
 *   0       there is no heap object, and no function but k_free(): calling another does not link
 *   more    bytes of its region; raised to the smallest region that a heap can have
 * A size that the target cannot hold fails in the link stage.
 *
 * Two builds:
 *   a k_heap    the normal one: blocks, sizes and search are those of kheap/sys_heap.h, time is
 *               constant but for the copy in a k_realloc() that moves and the zeroing in k_calloc()
 *   a pool      CONFIG_HEAP_MEM_POOL_LEGACY=1: a memory pool (kheap/mem_pool.h) of one block of
 *               256, 1024, 4096 or 16384 bytes, the next that holds the resolved size, cut in four
 *               as needed, down to 64 bytes. A block has 16 bytes more than the user's, or more,
 *               for its descriptor: k_malloc(48) takes 64 bytes, k_malloc(75) and k_malloc(200)
 *               take 256. Exact: a request succeeds if and only if a free block of the needed size
 *               or larger exists. Time: bounded by the number of block sizes, five, but for copy
 *               and zeroing.
 *
 * Misuse is detected as in the heap below: CONFIG_SYS_HEAP_HARDENING_LEVEL, and kheap/mem_pool.h.
 * A call from within a listener's callback is reported, and gives NULL.
 */

#include "kheap/config.h"
#include "kheap/sys_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Allocates a block of at least `size` bytes; 0 is as 1, a block of its own. The address is a
 * multiple of 8, the contents are undefined.
 * Result: NULL when nothing suitable is free, see the heap below; always when size is more than the
 * empty heap can hold. Source: documented.
 */
KHEAP_NODISCARD void *k_malloc(size_t size);

/*
 * k_malloc(nmemb * size), with these bytes zeroed. A product of 0 acts as k_malloc(0).
 * Result: NULL also when the product is more than SIZE_MAX. Time: also proportional to the bytes,
 * which are zeroed without a lock. Source: documented.
 */
KHEAP_NODISCARD void *k_calloc(size_t nmemb, size_t size);

/*
 * Allocates a block of at least `size` bytes whose address is a multiple of align.
 * align: a power of two, below 8 it is 8; or 0 for the default. size need not be a multiple of it.
 * Result: NULL also when size is 0 or align is not a power of two.
 * In a legacy build the block is the smallest of size + max(16, align) bytes, and an align above
 * 1024 gives NULL. Source: documented, there for sizes that are multiples of align.
 */
KHEAP_NODISCARD void *k_aligned_alloc(size_t align, size_t size);

/*
 * Changes the size of a block, or moves it.
 * In this order: size 0 frees ptr and gives NULL, so that k_realloc(NULL, 0) is NULL; ptr NULL is
 * k_malloc(size); otherwise as sys_heap_realloc(). In a legacy build the block stays where it is if
 * and only if a new one would have its size, and size bytes fit behind ptr; else it moves, to a
 * smaller block too.
 * Result: NULL, besides size 0, when the new block cannot be had; the old one is then untouched and
 * still the caller's. Misuse: a ptr that is no live block of the system heap; what
 * k_mem_pool_malloc() gave out can only be freed. Source: documented.
 */
void *k_realloc(void *ptr, size_t size);

/*
 * Gives a block back, of the system heap or of k_mem_pool_malloc(), in every build. NULL: no
 * effect. An address in the system heap's region is that heap's block; every other one has the 16
 * bytes of a descriptor in front of it, which names its pool.
 * Misuse: anything else. Level 1 reports in the region what sys_heap_free() does; elsewhere an
 * address that is no multiple of 8 or has no descriptor made for just this address in front of it
 * (one of 2^32 other values goes unnoticed), and a second free while nobody has written there.
 * To find out it reads these 16 bytes: an address in front of which nothing may be read traps.
 * Also misuse: a pool whose buffer lies in the system heap's region.
 * Source: documented.
 */
void k_free(void *ptr);

#ifdef __cplusplus
}
#endif

#endif
