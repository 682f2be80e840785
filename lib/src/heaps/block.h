/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_BLOCK_H
#define KHEAP_BLOCK_H

/*
 * What a heap built on sys_heap asks it beyond the public calls. Whoever calls these holds the
 * lock of the heap, but for the two kheap_never functions, which read only what never changes.
 */

#include "kheap/sys_heap.h"

/*
 * Could not even the empty heap serve sys_heap_aligned_alloc(heap, align, bytes)? align is 0 or a
 * power of two. Exact: the search needs one chunk of units(bytes) + align/8 - 1 units, and an empty
 * heap is one chunk. True also for a heap whose init failed.
 */
bool kheap_never_fits(const struct sys_heap *heap, size_t align, size_t bytes);

/*
 * Could the block at p not have so many bytes where it is, even if all behind it were free? The
 * same heap after the same check of bytes: they are not hopeless.
 */
bool kheap_never_grows(const struct sys_heap *heap, const void *p, size_t bytes);

enum kheap_resized {
    KHEAP_RESIZED,     /* in place, nothing left to do */
    KHEAP_SHRUNK,      /* the same, and units were given back */
    KHEAP_MUST_MOVE,   /* nothing changed; in place there is no room, or p does not satisfy align */
    KHEAP_NOT_RESIZED, /* nothing changed: bytes is more than any heap holds, or a fault */
};

/*
 * sys_heap_aligned_realloc(heap, p, align, bytes) without the move; p not NULL, bytes not 0, align
 * 0 or a power of two. *usable: what the block's usable size was, and so what a move may copy.
 */
enum kheap_resized kheap_resize(struct sys_heap *heap, void *p, size_t align, size_t bytes,
                                size_t *usable);

/* sys_heap_free() of a p that is not NULL; false: a fault was reported, and nothing is freed. */
bool kheap_block_free(struct sys_heap *heap, void *p);

#endif
