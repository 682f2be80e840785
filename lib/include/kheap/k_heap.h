/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KHEAP_K_HEAP_H
#define KHEAP_K_HEAP_H

/*
 * k_heap: a sys_heap behind a lock, whose allocations can wait for memory. It runs on a port
 * (kheap/port.h), which says what a thread, an interrupt, a priority and a tick are.
 *
 * Waiting, the same for every call with a timeout:
 *
 * - The clock is read once, before anything else, and only if the timeout needs it; the deadline is
 *   fixed then. Being woken for nothing does not extend it.
 * - A call first takes what is free when it gets the lock, whoever waits.
 * - Whoever gives memory back (k_heap_free, a realloc that shrinks, moves or frees) tries the
 *   waiters in order, higher priority first, then who has waited longest. Who can be served owns
 *   his block from that moment, and is woken; the others keep their places. So waiters do not race,
 *   no wake-up is lost, and after a release nobody is left waiting whom sys_heap's search serves.
 * - A call returns NULL only when an attempt at or after its deadline has failed, or at once, with
 *   any timeout, when not even the empty heap could ever serve it: 0 bytes, an overflow, a bad
 *   alignment, too many bytes, a heap whose init failed.
 * - In an interrupt only K_NO_WAIT is allowed. Any other timeout is misuse there: kheap_fault()
 *   with KHEAP_FAULT_ISR_WAIT, and when that returns the call has had no effect and returns NULL.
 * - Built with CONFIG_MULTITHREADING=0 every timeout is K_NO_WAIT, and so none is misuse.
 *
 * The lock is held for a call of sys_heap, constant time, and while waiters are tried: one attempt
 * each, again when one was served behind one who was not. It is never held while bytes are copied
 * or zeroed. Faults of sys_heap are reported with the lock held, so that the hook sees the
 * heap as the call found it; a hook that does not return must not use this heap again.
 *
 * Misuse, besides sys_heap's: using &name.heap with sys_heap's functions while another thread or an
 * interrupt uses the k_heap; freeing or writing a block that a realloc of another thread is moving.
 * Source of all this: documented, but for order of service and failing at once, which are beyond
 * the original.
 */

#include "kheap/port.h"
#include "kheap/sys_heap.h"
#include "kheap/timeout.h"

#ifndef k_heap_init
#define k_heap_init     KHEAP_CONFIG_NAME(k_heap_init)
#define k_heap_try_init KHEAP_CONFIG_NAME(k_heap_try_init)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Threads that sleep for memory, the one to be tried first in front. NULL: none. */
struct kheap_queue {
    struct kheap_waiter *first;
};

struct k_heap {
    struct sys_heap heap; /* first: &name.heap and &name are the same heap */
    struct kheap_lock lock;
    struct kheap_queue waiters;
};

/*
 * Makes an empty heap of the region mem[0 .. bytes-1], as sys_heap_init() does.
 * Result of try_init: 0 or sys_heap_init()'s error; -EINVAL also when h is NULL. After an error,
 * which k_heap_init() keeps to itself, the heap is one whose every allocation returns NULL at once.
 * Time: constant. Misuse: a heap that somebody uses or waits for.
 * Source: k_heap_init documented; k_heap_try_init beyond the original.
 */
void k_heap_init(struct k_heap *h, void *mem, size_t bytes);
int k_heap_try_init(struct k_heap *h, void *mem, size_t bytes);

/*
 * k_heap_aligned_alloc() with an alignment of 0, that is 8.
 * Source: documented.
 */
KHEAP_NODISCARD void *k_heap_alloc(struct k_heap *h, size_t bytes, k_timeout_t timeout);

/*
 * sys_heap_aligned_alloc(), that waits until `timeout` for memory.
 * align: 0 for 8, or any power of two. Callable from an interrupt with K_NO_WAIT.
 * Result: NULL as said above. An alignment above 8 needs a chunk with room for it wherever the
 * chunk lies, as sys_heap's search does, so that is also what "the empty heap could serve" means.
 * Time: constant, and the wait. Not done: a request that does not have to wait does not queue up
 * behind those who do. Source: documented.
 */
KHEAP_NODISCARD void *k_heap_aligned_alloc(struct k_heap *h, size_t align, size_t bytes,
                                           k_timeout_t timeout);

/*
 * k_heap_alloc() of num * size bytes, set to zero.
 * The product is what is zeroed; usable bytes beyond it are undefined.
 * Result: NULL at once when the product is 0 or does not fit a size_t; else as k_heap_alloc().
 * Time: constant, the wait, and the zeroing, for which the lock is not held. Source: documented.
 */
KHEAP_NODISCARD void *k_heap_calloc(struct k_heap *h, size_t num, size_t size, k_timeout_t timeout);

/*
 * k_heap_aligned_realloc() with an alignment of 0.
 * Source: documented.
 */
void *k_heap_realloc(struct k_heap *h, void *ptr, size_t bytes, k_timeout_t timeout);

/*
 * Changes the size of a block, or moves it, as sys_heap_aligned_realloc(), and waits for memory.
 * In this order: misuse in an interrupt; a bad alignment gives NULL and nothing happens; ptr NULL
 * is k_heap_aligned_alloc(); bytes 0 frees, once, and gives NULL without waiting. Otherwise in
 * place if that can be, else a new block, which is filled by the caller without the lock; then the
 * old one is freed. While it waits the old block is valid and unchanged; at each release it is
 * first tried to grow in place. Shrinking, moving and freeing are releases.
 * Result: NULL as said above, and then the old block is untouched and still the caller's.
 * Time: constant in place; a move copies min(usable(old), bytes) bytes; and the wait.
 * Not done: a block is not moved to join free memory. A request that fits the empty heap but never
 * beside its own old block waits until its deadline. Misuse: a ptr that is no live block of this
 * heap. Source: k_heap_realloc documented, k_heap_aligned_realloc beyond the original.
 */
void *k_heap_aligned_realloc(struct k_heap *h, void *ptr, size_t align, size_t bytes,
                             k_timeout_t timeout);

/*
 * Gives a block back, as sys_heap_free(), and serves who waits. NULL: no effect, no release.
 * Callable from an interrupt. Time: constant, and an attempt for each waiter, which may be repeated
 * for those left when one was served. Misuse: as for sys_heap_free(). Source: documented.
 */
void k_heap_free(struct k_heap *h, void *mem);

/*
 * The heaps that K_HEAP_DEFINE() and K_HEAP_DEFINE_NOCACHE() made, in the order of the linker.
 * Result: their number, and *heap the first of them, or NULL with 0; -EINVAL when heap is NULL.
 * Time: constant. Source: documented.
 */
int k_heap_array_get(struct k_heap **heap);

/* Bytes of a static heap's region: too small ones are raised to the least that init accepts. */
#define KHEAP_STATIC_BYTES(bytes)                                                                  \
    ((size_t)(bytes) < SYS_HEAP_REGION_SIZE_FOR(1) ? SYS_HEAP_REGION_SIZE_FOR(1) : (size_t)(bytes))

/*
 * K_HEAP_DEFINE(name, bytes): a struct k_heap `name` with a region of its own, at file scope, in
 * use from before main as if by k_heap_init(); also as &name.heap by sys_heap's functions.
 * bytes: a constant, of the region; what of it is usable is less by the metadata. Too few are
 * raised to the least. `static` may stand in front; other files declare `extern struct k_heap
 * name;`. How: a constructor of priority 101 initialises it, so start-up code must run
 * .init_array, and the object lies in the section kheap_static (docs/PORTING.md).
 * Source: documented.
 *
 * K_HEAP_DEFINE_NOCACHE(name, bytes): the same with its region in the section
 * KHEAP_NOCACHE_SECTION. So that it does not silently end up in cached memory, it does not link
 * unless the linker script defines __nocache_start, or the machine is said to have no data cache by
 * CONFIG_DCACHE=0. Source: documented.
 */
#define K_HEAP_DEFINE(name, bytes) KHEAP_DEFINE(name, bytes, , (void)0)
#define K_HEAP_DEFINE_NOCACHE(name, bytes)                                                         \
    KHEAP_DEFINE(name, bytes, __attribute__((section(KHEAP_NOCACHE_SECTION))), KHEAP_NOCACHE_NEED)

#ifndef KHEAP_NOCACHE_SECTION
#define KHEAP_NOCACHE_SECTION ".nocache"
#endif

#if CONFIG_DCACHE
extern char __nocache_start[];
#define KHEAP_NOCACHE_NEED __asm__ volatile("" : : "r"(__nocache_start))
#else
#define KHEAP_NOCACHE_NEED (void)0
#endif

/* The alignment is said, because compilers raise that of large objects, and the section is an
 * array. It ends in a declaration that may be repeated, so that a semicolon follows. */
#define KHEAP_DEFINE(name, bytes, place, need)                                                     \
    struct k_heap name                                                                             \
        __attribute__((section("kheap_static"), used, aligned(__alignof__(struct k_heap))));       \
    static unsigned char kheap_region_##name[KHEAP_STATIC_BYTES(bytes)] place                      \
        __attribute__((aligned(8)));                                                               \
    __attribute__((constructor(101))) static void kheap_construct_##name(void)                     \
    {                                                                                              \
        need;                                                                                      \
        k_heap_init(&name, kheap_region_##name, sizeof kheap_region_##name);                       \
    }                                                                                              \
    struct k_heap

#ifdef __cplusplus
}
#endif

#endif
