/* SPDX-License-Identifier: Apache-2.0 */

/* k_heap: sys_heap behind a lock, and requests that wait for memory. */

#include "kheap/k_heap.h"

#include "../notify.h"
#include "block.h"
#include "wait.h"

/* What a call wants; on its stack, where whoever releases memory finds it and serves it. */
struct request {
    struct kheap_waiter waiter; /* first: the queue knows only this */
    void *old;                  /* the block that is to change its size; NULL: a new one */
    size_t align, bytes;
    size_t usable; /* of old */
    void *block;   /* the result; old itself when it stayed */
    bool shrunk;
};

int k_heap_try_init(struct k_heap *h, void *mem, size_t bytes)
{
    if (h == NULL) {
        return -EINVAL;
    }
    /* Before the lock is reset: the caller may be under it. */
    HEAP_REFUSE(&h->heap, -EINVAL);
    h->lock = (struct kheap_lock){0};
    h->waiters = (struct kheap_queue){0};
    return sys_heap_init(&h->heap, mem, bytes);
}

void k_heap_init(struct k_heap *h, void *mem, size_t bytes)
{
    (void)k_heap_try_init(h, mem, bytes);
}

/*
 * One attempt, with the lock held, by the caller or by whoever releases memory. True: the request
 * is over. A fault ends it too, with a block of NULL: it would be found again at each release.
 */
static bool request_try(void *owner, struct kheap_waiter *waiter)
{
    struct sys_heap *const heap = owner;
    struct request *const r = (struct request *)waiter;

    if (r->old != NULL) {
        const enum kheap_resized how = kheap_resize(heap, r->old, r->align, r->bytes, &r->usable);

        if (how != KHEAP_MUST_MOVE) {
            r->block = how == KHEAP_NOT_RESIZED ? NULL : r->old;
            r->shrunk = how == KHEAP_SHRUNK;
            return true;
        }
    }
    r->block = sys_heap_aligned_alloc(heap, r->align, r->bytes);
    return r->block != NULL;
}

static void release_serve(struct k_heap *h)
{
    kheap_queue_serve(&h->waiters, request_try, &h->heap);
}

/* Takes the lock, serves the request now or waits for it, and gives the lock up. */
static void request_serve(struct k_heap *h, struct request *r, int64_t deadline)
{
    uintptr_t key = kheap_port_lock(&h->lock);

    if (!request_try(&h->heap, &r->waiter) && deadline != KHEAP_NO_DEADLINE &&
        !kheap_queue_wait(&h->waiters, &h->lock, &key, &r->waiter, deadline)) {
        (void)request_try(&h->heap, &r->waiter);
    }
    if (r->shrunk) {
        release_serve(h);
    }
    kheap_port_unlock(&h->lock, key);
}

/* A new block. The deadline is fixed; the call may still be refused. */
static void *block_get(struct k_heap *h, size_t align, size_t bytes, int64_t deadline)
{
    struct request r = {.align = align, .bytes = bytes};

    if (!kheap_may_wait(&h->heap, deadline) || (align & (align - 1)) != 0 ||
        kheap_never_fits(&h->heap, align, bytes)) {
        return NULL;
    }
    request_serve(h, &r, deadline);
    return r.block;
}

void *k_heap_aligned_alloc(struct k_heap *h, size_t align, size_t bytes, k_timeout_t timeout)
{
    HEAP_REFUSE(&h->heap, NULL);
    return block_get(h, align, bytes, kheap_deadline(timeout));
}

void *k_heap_alloc(struct k_heap *h, size_t bytes, k_timeout_t timeout)
{
    return k_heap_aligned_alloc(h, 0, bytes, timeout);
}

void *k_heap_calloc(struct k_heap *h, size_t num, size_t size, k_timeout_t timeout)
{
    size_t bytes;

    /* A request of 0 bytes, which none can serve, when the product does not fit. */
    if (__builtin_mul_overflow(num, size, &bytes)) {
        bytes = 0;
    }
    void *const block = k_heap_alloc(h, bytes, timeout);

    if (block != NULL) {
        (void)__builtin_memset(block, 0, bytes);
    }
    return block;
}

/* Frees one block and serves who waits for it; false: it was none, and nothing is freed. */
static bool block_put(struct k_heap *h, void *p)
{
    const uintptr_t key = kheap_port_lock(&h->lock);
    const bool freed = kheap_block_free(&h->heap, p);

    if (freed) {
        release_serve(h);
    }
    kheap_port_unlock(&h->lock, key);
    return freed;
}

void k_heap_free(struct k_heap *h, void *mem)
{
    HEAP_REFUSE(&h->heap, );
    if (mem != NULL) {
        (void)block_put(h, mem);
    }
}

/* Changes a block's size, in place or by moving what it holds. */
static void *block_resize(struct k_heap *h, void *p, size_t align, size_t bytes, int64_t deadline)
{
    struct request r = {.old = p, .align = align, .bytes = bytes};
    const bool lies_right = ((uintptr_t)p & (align - (align != 0))) == 0;

    /* A block that lies right needs no room for the alignment where it is. */
    if (kheap_never_fits(&h->heap, 0, bytes) ||
        (kheap_never_fits(&h->heap, align, bytes) &&
         (!lies_right || kheap_never_grows(&h->heap, p, bytes)))) {
        return NULL;
    }
    request_serve(h, &r, deadline);
    if (r.block == NULL || r.block == p) {
        return r.block;
    }
    /* Both blocks are the caller's: the copy needs no lock. */
    (void)__builtin_memcpy(r.block, p, r.usable < bytes ? r.usable : bytes);
    if (!block_put(h, p)) {
        /* Damaged beside it meanwhile, or freed by another thread: no effect, as far as he knows.
         */
        (void)block_put(h, r.block);
        return NULL;
    }
    return r.block;
}

void *k_heap_aligned_realloc(struct k_heap *h, void *ptr, size_t align, size_t bytes,
                             k_timeout_t timeout)
{
    HEAP_REFUSE(&h->heap, NULL);

    const int64_t deadline = kheap_deadline(timeout);

    if (ptr == NULL) {
        return block_get(h, align, bytes, deadline);
    }
    if (!kheap_may_wait(&h->heap, deadline) || (align & (align - 1)) != 0) {
        return NULL;
    }
    if (bytes == 0) {
        (void)block_put(h, ptr);
        return NULL;
    }
    return block_resize(h, ptr, align, bytes, deadline);
}

void *k_heap_realloc(struct k_heap *h, void *ptr, size_t bytes, k_timeout_t timeout)
{
    return k_heap_aligned_realloc(h, ptr, 0, bytes, timeout);
}

/* The linker's names for the ends of the section; weak, since a program may define no heap. */
#define STATIC_HEAPS(end) extern struct k_heap end[] __attribute__((weak, visibility("hidden")))
STATIC_HEAPS(__start_kheap_static);
STATIC_HEAPS(__stop_kheap_static);

int k_heap_array_get(struct k_heap **heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    *heap = __start_kheap_static;
    return (int)(__stop_kheap_static - __start_kheap_static);
}
