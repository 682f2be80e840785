/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_MULTI_HEAP_H
#define KHEAP_MULTI_HEAP_H

/*
 * sys_multi_heap: several sys_heaps behind one callback that chooses among them. For memory that is
 * not one piece, or whose pieces differ: in speed, in cacheability, in which device can reach them.
 *
 * Unsynchronised, like sys_heap: calls for one multi heap or its heaps must be serialised by the
 * caller. There is nothing to destroy: when no block is in use, the memory may be put to other use.
 *
 * An address belongs to a heap when it lies between the first and the last unit of that heap's
 * region; the up to 7 bytes that rounding leaves at either end belong to nobody.
 */

#include "kheap/sys_heap.h"

#ifndef EEXIST
#define EEXIST 17
#endif

/*
 * MAX_MULTI_HEAPS: how many heaps one multi heap can hold, and how many regions the shared one.
 * Default: 8. Must be: 1 to 255, a decimal number, and the same for the library and whatever
 * includes this header; a mixture does not link. Cost: two pointers each in every multi heap, and
 * four more in the shared one, if that is used.
 */
#ifndef MAX_MULTI_HEAPS
#define MAX_MULTI_HEAPS 8
#endif
#if MAX_MULTI_HEAPS < 1 || MAX_MULTI_HEAPS > 255
#error "MAX_MULTI_HEAPS must be 1 to 255"
#endif

#define KHEAP_MULTI_PASTE_(f, n) f##_max##n
#define KHEAP_MULTI_PASTE(f, n)  KHEAP_MULTI_PASTE_(f, n)
#ifndef sys_multi_heap_init
#define sys_multi_heap_init KHEAP_MULTI_PASTE(sys_multi_heap_init, MAX_MULTI_HEAPS)
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct sys_multi_heap;

/*
 * The callback: allocates `size` bytes, at a multiple of align, from one of the heaps, as
 * sys_heap_aligned_alloc() does, and returns the block, or NULL.
 * cfg: what the caller of alloc or realloc gave, untouched. align: 0 for the default, or a power of
 * two. size: not 0. mheap->heaps[0 .. nheaps-1] are the heaps and what was said about them.
 * Misuse: returning a block of a heap that is not in the multi heap; calling functions of the multi
 * heap but for sys_multi_heap_get_heap().
 * Source: documented.
 */
typedef void *(*sys_multi_heap_fn_t)(struct sys_multi_heap *mheap, void *cfg, size_t align,
                                     size_t size);

struct sys_multi_heap_rec {
    struct sys_heap *heap;
    void *user_data; /* what sys_multi_heap_add_heap() was given with it */
};

/* Set by init and add_heap only; a callback may read all of it. */
struct sys_multi_heap {
    int nheaps; /* heaps added: 0 .. MAX_MULTI_HEAPS; only grows */
    sys_multi_heap_fn_t choice;
    struct sys_multi_heap_rec heaps[MAX_MULTI_HEAPS]; /* in the order of their addresses */
};

/*
 * Makes a multi heap without heaps. choice_fn NULL: one whose every allocation gives NULL.
 * Time: constant. Misuse: heap NULL. Source: documented.
 */
void sys_multi_heap_init(struct sys_multi_heap *heap, sys_multi_heap_fn_t choice_fn);

/*
 * Adds a heap, which has been initialised and may have blocks in use. The records stay sorted by
 * address, so adding may move those of other heaps within the array.
 * Result: 0, or the first of these that holds: -EINVAL when mheap or heap is NULL or the heap is
 * not initialised; -EEXIST when it is there already; -EINVAL when a heap that is there has one of
 * its units; -ENOMEM when there are MAX_MULTI_HEAPS heaps. After an error nothing has changed.
 * Time: proportional to MAX_MULTI_HEAPS. Not done: heaps cannot be taken out.
 * Misuse: initialising or moving the struct sys_heap afterwards.
 * Source: documented, there without a result.
 */
int sys_multi_heap_add_heap(struct sys_multi_heap *mheap, struct sys_heap *heap, void *user_data);

/*
 * Allocate a block: the result is what the callback returns, called once with (mheap, cfg, 0,
 * bytes) or (mheap, cfg, align, bytes). Units and alignment are sys_heap's.
 * Result: also NULL, and the callback is not called, when bytes is 0 or align is neither 0 nor a
 * power of two. Time: the callback's. Source: documented.
 */
KHEAP_NODISCARD void *sys_multi_heap_alloc(struct sys_multi_heap *mheap, void *cfg, size_t bytes);
KHEAP_NODISCARD void *sys_multi_heap_aligned_alloc(struct sys_multi_heap *mheap, void *cfg,
                                                   size_t align, size_t bytes);

/* sys_multi_heap_aligned_realloc() with an alignment of 0. Source: documented. */
void *sys_multi_heap_realloc(struct sys_multi_heap *mheap, void *cfg, void *ptr, size_t bytes);

/*
 * Changes the size of a block, or moves it, perhaps to another heap.
 * In this order: an align that is neither 0 nor a power of two gives NULL and nothing happens; ptr
 * NULL is sys_multi_heap_aligned_alloc(); bytes 0 frees and gives NULL. Otherwise the heap that the
 * block belongs to serves the request in place, if sys_heap_aligned_realloc() would; cfg is not
 * looked at for that. Else the callback is called once, as for alloc, min(usable(old), bytes) bytes
 * are copied, and the old block is freed.
 * Result: NULL, besides the above, when the callback returns NULL; then the old block is untouched
 * and still the caller's. Time: constant in place; else the callback's and the copy.
 * Misuse: as for free. Source: documented.
 */
void *sys_multi_heap_aligned_realloc(struct sys_multi_heap *mheap, void *cfg, void *ptr,
                                     size_t align, size_t bytes);

/*
 * Gives a block back to the heap that it belongs to, whether it came through the multi heap or from
 * that heap directly. NULL: no effect.
 * Time: proportional to MAX_MULTI_HEAPS.
 * Misuse: an address that belongs to no heap: KHEAP_FAULT_BAD_POINTER at every hardening level,
 * with the multi heap as the heap; and what is misuse for sys_heap_free(), reported with that heap.
 * Source: documented.
 */
void sys_multi_heap_free(struct sys_multi_heap *mheap, void *block);

/*
 * The record of the heap that an address belongs to.
 * Result: NULL when it belongs to none, as NULL does. The record may move when a heap is added.
 * Time: proportional to MAX_MULTI_HEAPS. Misuse: mheap NULL. Source: documented.
 */
const struct sys_multi_heap_rec *sys_multi_heap_get_heap(const struct sys_multi_heap *mheap,
                                                         void *addr);

#ifdef __cplusplus
}
#endif

#endif
