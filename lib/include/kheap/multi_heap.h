/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_MULTI_HEAP_H
#define KHEAP_MULTI_HEAP_H

/* sys_multi_heap: several sys_heaps behind one callback that chooses among them. */

#include "kheap/sys_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef EEXIST
#define EEXIST 17
#endif

#ifndef MAX_MULTI_HEAPS
#define MAX_MULTI_HEAPS 8
#endif

struct sys_multi_heap;

typedef void *(*sys_multi_heap_fn_t)(struct sys_multi_heap *mheap, void *cfg, size_t align,
                                     size_t size);

struct sys_multi_heap_rec {
    struct sys_heap *heap;
    void *user_data;
};

struct sys_multi_heap {
    int nheaps;
    sys_multi_heap_fn_t choice;
    struct sys_multi_heap_rec heaps[MAX_MULTI_HEAPS]; /* in the order of their addresses */
};

void sys_multi_heap_init(struct sys_multi_heap *heap, sys_multi_heap_fn_t choice_fn);
int sys_multi_heap_add_heap(struct sys_multi_heap *mheap, struct sys_heap *heap, void *user_data);
KHEAP_NODISCARD void *sys_multi_heap_alloc(struct sys_multi_heap *mheap, void *cfg, size_t bytes);
KHEAP_NODISCARD void *sys_multi_heap_aligned_alloc(struct sys_multi_heap *mheap, void *cfg,
                                                   size_t align, size_t bytes);
void *sys_multi_heap_realloc(struct sys_multi_heap *mheap, void *cfg, void *ptr, size_t bytes);
void *sys_multi_heap_aligned_realloc(struct sys_multi_heap *mheap, void *cfg, void *ptr,
                                     size_t align, size_t bytes);
void sys_multi_heap_free(struct sys_multi_heap *mheap, void *block);
const struct sys_multi_heap_rec *sys_multi_heap_get_heap(const struct sys_multi_heap *mheap,
                                                         void *addr);

#ifdef __cplusplus
}
#endif

#endif
