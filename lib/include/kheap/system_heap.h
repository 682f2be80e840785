/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SYSTEM_HEAP_H
#define KHEAP_SYSTEM_HEAP_H

/*
 * The system heap: one hidden heap of CONFIG_HEAP_MEM_POOL_SIZE bytes, for malloc-like use from
 * everywhere. Size 0: only k_free() is there. Never waits.
 */

#include "kheap/config.h"
#include "kheap/sys_heap.h"

#ifdef __cplusplus
extern "C" {
#endif

KHEAP_NODISCARD void *k_malloc(size_t size);
KHEAP_NODISCARD void *k_calloc(size_t nmemb, size_t size);
KHEAP_NODISCARD void *k_aligned_alloc(size_t align, size_t size);
void *k_realloc(void *ptr, size_t size);
void k_free(void *ptr);

#ifdef __cplusplus
}
#endif

#endif
