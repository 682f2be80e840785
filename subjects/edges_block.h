/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_BLOCK_H
#define SUBJECTS_EDGES_BLOCK_H

/*
 * Items: what a heap with a lock asks before it takes the lock. Its answers save a wait that could
 * never end, and are exact: each is held against what an empty heap really does.
 */

#include "edges_kheap.h"

#include "../lib/src/heaps/block.h"

static inline void edge_block_fits(void)
{
    static const size_t aligns[] = {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048};

    for (size_t i = 0; i < sizeof aligns / sizeof aligns[0]; i++) {
        for (size_t bytes = 1; bytes <= EDGE_BYTES; bytes++) {
            edge_heap_init();
            void *const p = sys_heap_aligned_alloc(&edge_heap.heap, aligns[i], bytes);

            edge_is("a request that never fits",
                    kheap_never_fits(&edge_heap.heap, aligns[i], bytes), p == NULL);
        }
    }
}

/* Blocks all over the heap, each with everything behind it free. */
static inline void edge_block_grows(void)
{
    for (size_t front = 1; front < EDGE_BYTES; front += 24) {
        edge_heap_init();
        void *const first = k_heap_alloc(&edge_heap, front, K_NO_WAIT);
        void *const p = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);

        for (size_t bytes = 1; first != NULL && p != NULL && bytes <= EDGE_BYTES; bytes++) {
            const bool never = kheap_never_grows(&edge_heap.heap, p, bytes);

            edge_is("a block that never grows", never,
                    sys_heap_realloc(&edge_heap.heap, p, bytes) != p);
        }
    }
}

static inline void edge_block_moves(void)
{
    edge_heap_init();
    unsigned char *const p = k_heap_aligned_alloc(&edge_heap, 1, 24, K_NO_WAIT);
    void *const behind = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);

    edge_block("k_heap_aligned_alloc(1)", p);
    edge_block("k_heap_alloc() behind it", behind);
    memset(p, 0x44, 24);
    unsigned char *q = k_heap_aligned_realloc(&edge_heap, p, 1, 100, K_NO_WAIT);
    edge_is("a move to 100 bytes", q != NULL && q != p && q[0] == 0x44 && q[23] == 0x44, 1);
    void *const end = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);
    memset(q, 0x55, 100);
    q = k_heap_aligned_realloc(&edge_heap, q, 256, 8, K_NO_WAIT);
    edge_is("a move to 8 bytes", q != NULL && q[0] == 0x55 && q[7] == 0x55, 1);
    edge_is("what lies behind it", sys_heap_validate(&edge_heap.heap), 1);
    k_heap_free(&edge_heap, end);
    k_heap_free(&edge_heap, behind);
    k_heap_free(&edge_heap, q);
    edge_is("everything is free again", (int64_t)sys_heap_largest_free(&edge_heap.heap),
            (int64_t)edge_area());
    edge_null("a product that wraps", k_heap_calloc(&edge_heap, SIZE_MAX / 2 + 2, 2, K_NO_WAIT));
}

/* A block that lies wrong moves and becomes less at once: no more than that is copied. */
static inline void edge_block_moves_less(void)
{
    unsigned char *p = NULL;

    edge_heap_init();
    do {
        k_heap_free(&edge_heap, p);
        edge_block("a block in front", k_heap_alloc(&edge_heap, 8, K_NO_WAIT));
        p = k_heap_alloc(&edge_heap, 100, K_NO_WAIT);
    } while (p != NULL && (uintptr_t)p % 32 == 0);
    edge_block("a block at no multiple of 32", p);
    memset(p, 0x66, 100);
    unsigned char *const q = k_heap_aligned_realloc(&edge_heap, p, 32, 40, K_NO_WAIT);
    edge_is("a move to 40 bytes", q != NULL && q[0] == 0x66 && q[39] == 0x66, 1);
    edge_is("what lies behind it", sys_heap_validate(&edge_heap.heap), 1);
}

#if CONFIG_MULTITHREADING
/* The first in the queue can be served when the second has been. */
static bool edge_round_attempt(void *owner, struct kheap_waiter *waiter)
{
    uint32_t *const served = owner;
    const bool can = waiter->next == NULL || *served != 0;

    *served += can;
    return can;
}

static inline void edge_queue_rounds(void)
{
    struct kheap_waiter second = {.next = NULL};
    struct kheap_waiter first = {.next = &second};
    struct kheap_queue queue = {.first = &first};
    uint32_t served = 0;

    kheap_queue_serve(&queue, edge_round_attempt, &served);
    edge_is("who is served in the end", served, 2);
    edge_null("who still waits", queue.first);
}
#endif

/* The waiter is off the queue when somebody frees: the last attempt still finds the block. */
static void edge_block_freed_late(struct kheap_sleeper *sleeper, int64_t deadline)
{
    struct kheap_waiter *const first = edge_heap.waiters.first;

    (void)sleeper;
    edge_heap.waiters.first = NULL;
    k_heap_free(&edge_heap, edge_taken);
    edge_heap.waiters.first = first;
    puppet.now = deadline;
}

static inline void edge_block_last_attempt(void)
{
#if CONFIG_MULTITHREADING
    edge_heap_init();
    edge_taken = k_heap_alloc(&edge_heap, edge_area(), K_NO_WAIT);
    puppet.asleep = edge_block_freed_late;
    edge_block("the last attempt", k_heap_alloc(&edge_heap, 8, K_TICKS(5)));
#endif
}

#endif
