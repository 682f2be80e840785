/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_K_HEAP_H
#define KHEAP_K_HEAP_H

/*
 * k_heap: a sys_heap behind a lock, whose allocations can wait for memory. It runs on a port
 * (kheap/port.h).
 */

#include "kheap/port.h"
#include "kheap/sys_heap.h"
#include "kheap/timeout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Threads that sleep for memory, the one to be tried first in front. NULL: none. */
struct kheap_queue {
    struct kheap_waiter *first;
};

struct k_heap {
    struct sys_heap heap; /* first: &name.heap and &name are the same heap */
    struct kheap_lock lock;
    struct kheap_queue waiters;
};

void k_heap_init(struct k_heap *h, void *mem, size_t bytes);
int k_heap_try_init(struct k_heap *h, void *mem, size_t bytes);
KHEAP_NODISCARD void *k_heap_alloc(struct k_heap *h, size_t bytes, k_timeout_t timeout);
KHEAP_NODISCARD void *k_heap_aligned_alloc(struct k_heap *h, size_t align, size_t bytes,
                                           k_timeout_t timeout);
KHEAP_NODISCARD void *k_heap_calloc(struct k_heap *h, size_t num, size_t size, k_timeout_t timeout);
void *k_heap_realloc(struct k_heap *h, void *ptr, size_t bytes, k_timeout_t timeout);
void *k_heap_aligned_realloc(struct k_heap *h, void *ptr, size_t align, size_t bytes,
                             k_timeout_t timeout);
void k_heap_free(struct k_heap *h, void *mem);
int k_heap_array_get(struct k_heap **heap);

#ifdef __cplusplus
}
#endif

#endif
