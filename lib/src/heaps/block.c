/* SPDX-License-Identifier: Apache-2.0 */

/* What a heap built on sys_heap asks it beyond the public calls. */

#include "block.h"

#include "../release.h"
#include "../resize.h"

bool kheap_never_fits(const struct sys_heap *heap, size_t align, size_t bytes)
{
    const enum format f = heap_is_small(heap) ? SMALL : BIG;

    if (heap->heap == NULL || bytes_hopeless(f, bytes)) {
        return true;
    }
    const uint32_t area = heap->end - heap->first;
    const uint32_t need = size2_for(f, bytes) / 2;
    const size_t padding = align <= 8 ? 0 : align / 8 - 1;

    return need > area || padding > area - need;
}

bool kheap_never_grows(const struct sys_heap *heap, const void *p, size_t bytes)
{
    const enum format f = heap_is_small(heap) ? SMALL : BIG;
    /* The user's bytes begin a unit behind their chunk. A foreign pointer is found out later. */
    const uintptr_t chunk = ((uintptr_t)p - (uintptr_t)heap->heap) / 8 - 1;

    return chunk > heap->end || size2_for(f, bytes) / 2 > heap->end - chunk;
}

KHEAP_INLINE enum kheap_resized resize_as(struct sys_heap *heap, enum format f, void *p,
                                          size_t align, size_t bytes, size_t *usable)
{
    switch (resize_in(heap, f, p, align, bytes, usable)) {
    case IN_PLACE:
        /* The old usable size names its chunk's units exactly. */
        return size2_for(f, bytes) < size2_for(f, *usable) ? KHEAP_SHRUNK : KHEAP_RESIZED;
    case MUST_MOVE:
        return KHEAP_MUST_MOVE;
    default:
        return KHEAP_NOT_RESIZED;
    }
}

enum kheap_resized kheap_resize(struct sys_heap *heap, void *p, size_t align, size_t bytes,
                                size_t *usable)
{
    const size_t least = align < 8 ? 8 : align;

    /* Callbacks were refused before the lock was taken. */
    KHEAP_ENTER(heap);
    return heap_is_small(heap) ? resize_as(heap, SMALL, p, least, bytes, usable)
                               : resize_as(heap, BIG, p, least, bytes, usable);
}

bool kheap_block_free(struct sys_heap *heap, void *p)
{
#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 2
    /* Free's own checks, without the free. */
    KHEAP_ENTER(heap);
    if (!kheap_releasable(heap, p)) {
        return false;
    }
#elif CONFIG_SYS_HEAP_HARDENING_LEVEL == 1
    /* No live block has a usable size of 0, and level 1 checks as much for the one as the other. */
    if (sys_heap_usable_size(heap, p) == 0) {
        return false;
    }
#endif
    sys_heap_free(heap, p);
    return true;
}
