/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_RELEASE_H
#define KHEAP_RELEASE_H

/*
 * Free as realloc needs it. releasable makes free's checks and nothing else; false from either says
 * that a fault was reported. p is not NULL.
 */

#include "kheap/sys_heap.h"

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
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

#endif
