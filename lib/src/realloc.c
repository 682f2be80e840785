/* SPDX-License-Identifier: Apache-2.0 */

/* Realloc: in place whenever the free units to the right suffice, else a new block. */

#include "release.h"
#include "resize.h"

/*
 * The old block stays as it is until the new one is there and filled. What its free will look at is
 * checked first, since a fault may not leave the new block behind.
 */
static void *block_move(struct sys_heap *heap, void *p, size_t align, size_t bytes, size_t usable)
{
    void *const moved = kheap_releasable(heap, p) ? kheap_take(heap, align, bytes) : NULL;

    if (moved == NULL) {
        return NULL;
    }
    (void)__builtin_memcpy(moved, p, usable < bytes ? usable : bytes);
    if (!kheap_hand_over(heap, p, moved)) {
        /* Damage that came beside the old block by the allocation: the caller keeps what he had. */
        (void)kheap_release(heap, moved);
        return NULL;
    }
    return moved;
}

void *sys_heap_aligned_realloc(struct sys_heap *heap, void *ptr, size_t align, size_t bytes)
{
    size_t usable = 0;

    HEAP_ENTER(heap, NULL)
    if ((align & (align - 1)) != 0) {
        return NULL;
    }
    if (ptr == NULL) {
        return sys_heap_aligned_alloc(heap, align, bytes);
    }
    if (bytes == 0) {
        sys_heap_free(heap, ptr);
        return NULL;
    }
    const size_t least = align < 8 ? 8 : align;
    const enum outcome outcome = heap_is_small(heap)
                                     ? resize_in(heap, SMALL, ptr, least, bytes, &usable)
                                     : resize_in(heap, BIG, ptr, least, bytes, &usable);

    if (outcome == MUST_MOVE) {
        return block_move(heap, ptr, align, bytes, usable);
    }
    return outcome == IN_PLACE ? ptr : NULL;
}

void *sys_heap_realloc(struct sys_heap *heap, void *ptr, size_t bytes)
{
    return sys_heap_aligned_realloc(heap, ptr, 0, bytes);
}
