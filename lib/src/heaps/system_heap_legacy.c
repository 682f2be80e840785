/* SPDX-License-Identifier: Apache-2.0 */

/* The system heap on a memory pool, as it was until 2020: CONFIG_HEAP_MEM_POOL_LEGACY. */

#include "mem_pool.h"
#include "system_heap.h"

#include "kheap/system_heap.h"

#if CONFIG_HEAP_MEM_POOL_SIZE > 0 && CONFIG_HEAP_MEM_POOL_LEGACY

/*
 * The buffer's alignment makes every block a multiple of any alignment that fits into it: block
 * sizes are powers of two, and a block for an alignment a has more than a bytes.
 */
K_MEM_POOL_DEFINE(kheap_system_pool, KHEAP_LEGACY_MIN, KHEAP_LEGACY_SIZE, 1,
                  KHEAP_LEGACY_SIZE < KHEAP_LEGACY_ALIGN ? KHEAP_LEGACY_SIZE : KHEAP_LEGACY_ALIGN);

void *k_malloc(size_t size)
{
    return kheap_pool_malloc(&kheap_system_pool, 1, size);
}

void *k_calloc(size_t nmemb, size_t size)
{
    /* Postcondition of the test: nmemb * size <= SIZE_MAX. */
    if (size != 0 && nmemb > SIZE_MAX / size) {
        return NULL;
    }
    void *ptr = kheap_pool_malloc(&kheap_system_pool, 1, nmemb * size);
    if (ptr != NULL) {
        (void)__builtin_memset(ptr, 0, nmemb * size);
    }
    return ptr;
}

void *k_aligned_alloc(size_t align, size_t size)
{
    if (size == 0 || (align & (align - 1)) != 0 || align > KHEAP_LEGACY_ALIGN) {
        return NULL;
    }
    return kheap_pool_malloc(&kheap_system_pool, align, size);
}

void *k_realloc(void *ptr, size_t size)
{
    size_t usable = 0;
    bool same = false;

    if (size == 0) {
        k_free(ptr);
        return NULL;
    }
    if (ptr == NULL) {
        return k_malloc(size);
    }
    if (!kheap_pool_resize_check(ptr, size, &usable, &same)) {
        return NULL;
    }
    if (same) {
        return ptr;
    }
    void *moved = k_malloc(size);
    if (moved != NULL) {
        (void)__builtin_memcpy(moved, ptr, usable < size ? usable : size);
        k_free(ptr);
    }
    return moved;
}

void k_free(void *ptr)
{
    if (ptr != NULL) {
        kheap_pool_release(ptr);
    }
}

#endif
