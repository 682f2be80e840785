/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_SYSTEM_HEAP_INTERNAL_H
#define KHEAP_SYSTEM_HEAP_INTERNAL_H

/*
 * The hidden heap. Nothing in the library but system_heap.c and system_heap_legacy.c knows it; a
 * testbed may look at it here, and put it over another region between two programs by
 * k_heap_try_init() or k_mem_pool_init().
 */

#include "kheap/mem_pool.h"

#if CONFIG_HEAP_MEM_POOL_SIZE > 0
#if CONFIG_HEAP_MEM_POOL_LEGACY
extern struct k_mem_pool kheap_system_pool;

/* The next documented size: one block of it is the whole heap. */
#if CONFIG_HEAP_MEM_POOL_SIZE <= 256
#define KHEAP_LEGACY_SIZE 256
#elif CONFIG_HEAP_MEM_POOL_SIZE <= 1024
#define KHEAP_LEGACY_SIZE 1024
#elif CONFIG_HEAP_MEM_POOL_SIZE <= 4096
#define KHEAP_LEGACY_SIZE 4096
#else
#define KHEAP_LEGACY_SIZE 16384
#endif
#define KHEAP_LEGACY_MIN   64
/* The largest alignment, which the pool's buffer has too, as far as it is that large. */
#define KHEAP_LEGACY_ALIGN 1024
#else
extern struct k_heap kheap_system_heap;
#endif
#endif

#endif
