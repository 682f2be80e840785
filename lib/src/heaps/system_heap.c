/* SPDX-License-Identifier: Apache-2.0 */

/* The system heap on a k_heap, and k_free() of a build without a system heap. */

#include "mem_pool.h"
#include "system_heap.h"

#include "kheap/system_heap.h"

#if CONFIG_HEAP_MEM_POOL_SIZE == 0

void k_free(void *ptr)
{
    if (ptr != NULL) {
        kheap_pool_release(ptr);
    }
}

#elif !CONFIG_HEAP_MEM_POOL_LEGACY

K_HEAP_DEFINE(kheap_system_heap, CONFIG_HEAP_MEM_POOL_SIZE);

/* Does the address lie in the region? What comes from a memory pool never does. */
static bool is_ours(const void *ptr)
{
    const struct sys_heap *heap = &kheap_system_heap.heap;

    return heap->heap != NULL && ((uintptr_t)ptr - (uintptr_t)heap->heap) / 8u <= heap->end;
}

/* 0 bytes are a block of their own, as with malloc. */
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *k_malloc(size_t size)
{
    return k_heap_alloc(&kheap_system_heap, at_least_one(size), K_NO_WAIT);
}

void *k_calloc(size_t nmemb, size_t size)
{
    if (nmemb == 0 || size == 0) {
        return k_malloc(0);
    }
    return k_heap_calloc(&kheap_system_heap, nmemb, size, K_NO_WAIT);
}

void *k_aligned_alloc(size_t align, size_t size)
{
    return k_heap_aligned_alloc(&kheap_system_heap, align, size, K_NO_WAIT);
}

void *k_realloc(void *ptr, size_t size)
{
    if (size == 0) {
        k_free(ptr);
        return NULL;
    }
    return k_heap_realloc(&kheap_system_heap, ptr, size, K_NO_WAIT);
}

void k_free(void *ptr)
{
    if (is_ours(ptr)) {
        k_heap_free(&kheap_system_heap, ptr);
    } else if (ptr != NULL) {
        kheap_pool_release(ptr);
    }
}

#endif
