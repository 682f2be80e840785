/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SHARED_MULTI_HEAP_H
#define KHEAP_SHARED_MULTI_HEAP_H

/*
 * shared_multi_heap: one locked pool of regions with attributes, for the whole program. Board code
 * adds its regions; everybody else asks for memory with an attribute.
 *
 * Every function may be called by several threads at once, and from interrupts where the port's
 * lock may; it needs a port (kheap/port.h). The lock is never held during a copy.
 */

#include "kheap/multi_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EALREADY
#define EALREADY 114
#endif

/* What a region is good for. The pool only compares them: their meaning is the program's. */
enum shared_multi_heap_attr {
    SMH_REG_ATTR_CACHEABLE,
    SMH_REG_ATTR_NON_CACHEABLE,
    SMH_REG_ATTR_EXTERNAL,
    SMH_REG_ATTR_NUM /* how many there are; not one itself */
};

struct shared_multi_heap_region {
    enum shared_multi_heap_attr attr;
    uintptr_t addr; /* of the first byte, any alignment; not 0 */
    size_t size;    /* in bytes; not 0 */
};

/*
 * Makes the pool ready for regions.
 * Result: 0; -EALREADY when it has been made before, and nothing happens.
 * Time: constant. Source: beyond the original's documentation here; as Zephyr has it.
 */
int shared_multi_heap_pool_init(void);

/*
 * Adds a region and makes a heap of it; what the region held is lost. The struct may go afterwards.
 * user_data: kept in the region's record; nothing here looks at it.
 * Result: 0, or the first of these that holds: -EINVAL when region is NULL, its attribute is none
 * of the enumeration's, addr or size is 0, addr + size wraps, shared_multi_heap_pool_init() has not
 * been called, or a region that is there overlaps; -ENOMEM when there are MAX_MULTI_HEAPS regions,
 * of all attributes together; -EINVAL when sys_heap_init() refuses the region. After an error
 * nothing has changed, and the region has not been written.
 * Time: proportional to MAX_MULTI_HEAPS. Misuse: memory that is not the caller's to give.
 * Source: as for pool_init.
 */
int shared_multi_heap_add(struct shared_multi_heap_region *region, void *user_data);

/*
 * Allocate a block from a region with the attribute: the regions are tried in the order in which
 * they were added. Units and alignment are sys_heap's.
 * Result: NULL when no region with the attribute serves the request, when there is none, before
 * pool_init, for an attribute that is none of the enumeration's, for 0 bytes, and for an align that
 * is neither 0 nor a power of two. Time: proportional to the number of regions.
 * Source: as for pool_init.
 */
KHEAP_NODISCARD void *shared_multi_heap_alloc(enum shared_multi_heap_attr attr, size_t bytes);
KHEAP_NODISCARD void *shared_multi_heap_aligned_alloc(enum shared_multi_heap_attr attr,
                                                      size_t align, size_t bytes);

/*
 * Changes the size of a block, or moves it to a region with the attribute.
 * An attribute that is none of the enumeration's gives NULL and nothing happens; then as
 * sys_multi_heap_realloc(). A block that can be resized in place stays, whatever its own region's
 * attribute. While a block moves, both blocks are in use.
 * Result: NULL when ptr is NULL and alloc would give it, when bytes is 0, and when the block must
 * move and no region with the attribute serves the request: then it is untouched and still the
 * caller's. Time: in place as alloc; else also the copy. Misuse: as for free.
 * Source: as for pool_init.
 */
void *shared_multi_heap_realloc(enum shared_multi_heap_attr attr, void *ptr, size_t bytes);

/*
 * Gives a block back, of whichever region. NULL: no effect.
 * Time: proportional to MAX_MULTI_HEAPS. Misuse: as for sys_multi_heap_free(); before pool_init
 * every address but NULL is. The fault hook is called with the pool's lock held.
 * Source: as for pool_init.
 */
void shared_multi_heap_free(void *block);

#ifdef __cplusplus
}
#endif

#endif
