/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_MULTI_H
#define KHEAP_MULTI_H

/*
 * A multi heap's realloc in two halves with the copy between them, so that a multi heap behind a
 * lock need not hold it while it copies.
 */

#include "kheap/multi_heap.h"

struct kheap_move {
    struct sys_heap *owner; /* of the old block */
    void *from, *to;        /* the old block and the new one; to NULL: nothing is left to do */
    size_t bytes;           /* to copy */
};

/*
 * Everything up to the copy. Result: the call's own when move->to is NULL; else nothing, and the
 * caller copies move->bytes from move->from to move->to and then calls kheap_multi_end().
 */
void *kheap_multi_begin(struct sys_multi_heap *mheap, void *cfg, void *ptr, size_t align,
                        size_t bytes, struct kheap_move *move);

/* Frees the old block. Result: the call's; NULL when damage was reported and the new one is gone.
 */
void *kheap_multi_end(struct sys_multi_heap *mheap, const struct kheap_move *move);

/*
 * The first heap, by address, that has one of the bytes start .. end-1; NULL: none. It goes by the
 * units of the heaps' regions: the few bytes that rounding leaves at their ends belong to nobody.
 */
struct sys_heap *kheap_multi_overlapped(const struct sys_multi_heap *mheap, uintptr_t start,
                                        uintptr_t end);

#endif
