/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Several heaps behind one callback. The records are sorted by address and no two regions overlap,
 * so the owner of an address is the last record that does not start behind it, or nobody.
 */

#include "multi.h"

#include "../guard.h"
#include "../release.h"
#include "block.h"

static uintptr_t region_start(const struct sys_heap *heap)
{
    return (uintptr_t)heap->heap;
}

/* One byte behind the end marker: init has refused a region whose end wraps. */
static uintptr_t region_end(const struct sys_heap *heap)
{
    return region_start(heap) + ((size_t)heap->end + 1) * 8;
}

static bool align_bad(size_t align)
{
    return (align & (align - 1)) != 0;
}

void sys_multi_heap_init(struct sys_multi_heap *heap, sys_multi_heap_fn_t choice_fn)
{
    *heap = (struct sys_multi_heap){.choice = choice_fn};
}

struct sys_heap *kheap_multi_overlapped(const struct sys_multi_heap *mheap, uintptr_t start,
                                        uintptr_t end)
{
    for (int i = 0; i < mheap->nheaps; i++) {
        struct sys_heap *const heap = mheap->heaps[i].heap;

        if (start < region_end(heap) && region_start(heap) < end) {
            return heap;
        }
    }
    return NULL;
}

int sys_multi_heap_add_heap(struct sys_multi_heap *mheap, struct sys_heap *heap, void *user_data)
{
    if (mheap == NULL || heap == NULL || heap->heap == NULL) {
        return -EINVAL;
    }
    HEAP_REFUSE(mheap, -EINVAL)
    const struct sys_heap *const other =
        kheap_multi_overlapped(mheap, region_start(heap), region_end(heap));

    if (other != NULL) {
        return other == heap ? -EEXIST : -EINVAL;
    }
    if (mheap->nheaps == MAX_MULTI_HEAPS) {
        return -ENOMEM;
    }
    int at = mheap->nheaps++;

    while (at > 0 && region_start(mheap->heaps[at - 1].heap) > region_start(heap)) {
        mheap->heaps[at] = mheap->heaps[at - 1];
        at--;
    }
    mheap->heaps[at] = (struct sys_multi_heap_rec){.heap = heap, .user_data = user_data};
    return 0;
}

const struct sys_multi_heap_rec *sys_multi_heap_get_heap(const struct sys_multi_heap *mheap,
                                                         void *addr)
{
    int at = mheap->nheaps;

    while (at > 0 && region_start(mheap->heaps[at - 1].heap) > (uintptr_t)addr) {
        at--;
    }
    if (at == 0 || (uintptr_t)addr >= region_end(mheap->heaps[at - 1].heap)) {
        return NULL;
    }
    return &mheap->heaps[at - 1];
}

/* The heap of a block that a caller gave; NULL: nobody's, which has been reported. */
static struct sys_heap *owner_of(struct sys_multi_heap *mheap, void *block)
{
    const struct sys_multi_heap_rec *const rec = sys_multi_heap_get_heap(mheap, block);

    if (rec != NULL) {
        return rec->heap;
    }
    const struct kheap_fault fault = {.kind = KHEAP_FAULT_BAD_POINTER,
                                      .heap = mheap,
                                      .address = block,
                                      .invariant = kheap_invariant_name(I10_POINTER)};

    kheap_fault(&fault);
    return NULL;
}

static void *choose(struct sys_multi_heap *mheap, void *cfg, size_t align, size_t bytes)
{
    return bytes == 0 || mheap->choice == NULL ? NULL : mheap->choice(mheap, cfg, align, bytes);
}

void *sys_multi_heap_alloc(struct sys_multi_heap *mheap, void *cfg, size_t bytes)
{
    HEAP_REFUSE(mheap, NULL)
    return choose(mheap, cfg, 0, bytes);
}

void *sys_multi_heap_aligned_alloc(struct sys_multi_heap *mheap, void *cfg, size_t align,
                                   size_t bytes)
{
    HEAP_REFUSE(mheap, NULL)
    return align_bad(align) ? NULL : choose(mheap, cfg, align, bytes);
}

void sys_multi_heap_free(struct sys_multi_heap *mheap, void *block)
{
    HEAP_REFUSE(mheap, )
    struct sys_heap *const owner = block == NULL ? NULL : owner_of(mheap, block);

    if (owner != NULL) {
        sys_heap_free(owner, block);
    }
}

/*
 * In the owner, if it serves the request where the block is. A request that the owner could not
 * hold even when empty moves like any other: another heap may be larger.
 */
static enum kheap_resized resize(struct sys_heap *owner, void *ptr, size_t align, size_t bytes,
                                 size_t *usable)
{
    enum kheap_resized outcome;

    if (kheap_never_fits(owner, 0, bytes)) {
        *usable = sys_heap_usable_size(owner, ptr);
        outcome = *usable != 0 ? KHEAP_MUST_MOVE : KHEAP_NOT_RESIZED;
    } else {
        outcome = kheap_resize(owner, ptr, align, bytes, usable);
    }
    /* What the old block's free will look at is checked before a new one is taken. */
    if (outcome == KHEAP_MUST_MOVE && !kheap_releasable(owner, ptr)) {
        return KHEAP_NOT_RESIZED;
    }
    return outcome;
}

void *kheap_multi_begin(struct sys_multi_heap *mheap, void *cfg, void *ptr, size_t align,
                        size_t bytes, struct kheap_move *move)
{
    size_t usable = 0;

    *move = (struct kheap_move){.from = ptr};
    if (align_bad(align)) {
        return NULL;
    }
    if (ptr == NULL) {
        return choose(mheap, cfg, align, bytes);
    }
    move->owner = owner_of(mheap, ptr);
    if (move->owner == NULL) {
        return NULL;
    }
    if (bytes == 0) {
        sys_heap_free(move->owner, ptr);
        return NULL;
    }
    const enum kheap_resized outcome = resize(move->owner, ptr, align, bytes, &usable);

    if (outcome == KHEAP_MUST_MOVE) {
        move->to = choose(mheap, cfg, align, bytes);
        move->bytes = usable < bytes ? usable : bytes;
        return NULL;
    }
    return outcome == KHEAP_NOT_RESIZED ? NULL : ptr;
}

void *kheap_multi_end(struct sys_multi_heap *mheap, const struct kheap_move *move)
{
    if (kheap_block_free(move->owner, move->from)) {
        return move->to;
    }
    sys_multi_heap_free(mheap, move->to);
    return NULL;
}

void *sys_multi_heap_aligned_realloc(struct sys_multi_heap *mheap, void *cfg, void *ptr,
                                     size_t align, size_t bytes)
{
    HEAP_REFUSE(mheap, NULL)
    struct kheap_move move;
    void *const result = kheap_multi_begin(mheap, cfg, ptr, align, bytes, &move);

    if (move.to == NULL) {
        return result;
    }
    (void)__builtin_memcpy(move.to, move.from, move.bytes);
    return kheap_multi_end(mheap, &move);
}

void *sys_multi_heap_realloc(struct sys_multi_heap *mheap, void *cfg, void *ptr, size_t bytes)
{
    return sys_multi_heap_aligned_realloc(mheap, cfg, ptr, 0, bytes);
}
