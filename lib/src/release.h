/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_RELEASE_H
#define KHEAP_RELEASE_H

/* Free as realloc needs it: p is not NULL, and false says that a fault was reported instead. */

#include "kheap/sys_heap.h"

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
bool kheap_release(struct sys_heap *heap, void *p);
#else
static inline bool kheap_release(struct sys_heap *heap, void *p)
{
    /* realloc has made the checks of level 1 for this block already. */
    sys_heap_free(heap, p);
    return true;
}
#endif

#endif
