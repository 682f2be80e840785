/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SHARED_MULTI_HEAP_H
#define KHEAP_SHARED_MULTI_HEAP_H

/* shared_multi_heap: one locked pool of regions with attributes, for the whole program. */

#include "kheap/multi_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EALREADY
#define EALREADY 114
#endif

enum shared_multi_heap_attr {
    SMH_REG_ATTR_CACHEABLE,
    SMH_REG_ATTR_NON_CACHEABLE,
    SMH_REG_ATTR_EXTERNAL,
    SMH_REG_ATTR_NUM
};

struct shared_multi_heap_region {
    enum shared_multi_heap_attr attr;
    uintptr_t addr;
    size_t size;
};

int shared_multi_heap_pool_init(void);
int shared_multi_heap_add(struct shared_multi_heap_region *region, void *user_data);
KHEAP_NODISCARD void *shared_multi_heap_alloc(enum shared_multi_heap_attr attr, size_t bytes);
KHEAP_NODISCARD void *shared_multi_heap_aligned_alloc(enum shared_multi_heap_attr attr,
                                                      size_t align, size_t bytes);
void *shared_multi_heap_realloc(enum shared_multi_heap_attr attr, void *ptr, size_t bytes);
void shared_multi_heap_free(void *block);

#ifdef __cplusplus
}
#endif

#endif
