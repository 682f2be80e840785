/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_RELEASE_H
#define KHEAP_RELEASE_H

/*
 * Alloc and free as realloc needs them. releasable makes free's checks and nothing else, release no
 * event; false from either says that a fault was reported. p is not NULL.
 */

#include "notify.h"

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2 || CONFIG_SYS_HEAP_LISTENER
bool kheap_releasable(const struct sys_heap *heap, void *p);
bool kheap_release(struct sys_heap *heap, void *p);
#else
/* realloc has made the checks of level 1 for this block already. */
static inline bool kheap_releasable(const struct sys_heap *heap, void *p)
{
    (void)heap;
    (void)p;
    return true;
}

static inline bool kheap_release(struct sys_heap *heap, void *p)
{
    sys_heap_free(heap, p);
    return true;
}
#endif

#if CONFIG_SYS_HEAP_LISTENER
/* Allocates without an event: a realloc reports its blocks when nothing can fail any more. */
void *kheap_take(struct sys_heap *heap, size_t align, size_t bytes);
/* Reports both blocks and frees the old one; false: a fault was reported, and nothing else. */
bool kheap_hand_over(struct sys_heap *heap, void *old, void *moved);
#else
#define kheap_take                        sys_heap_aligned_alloc
#define kheap_hand_over(heap, old, moved) kheap_release(heap, old)
#endif

#endif
