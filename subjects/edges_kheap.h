/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SUBJECTS_EDGES_KHEAP_H
#define SUBJECTS_EDGES_KHEAP_H

/* Items: k_heap, its waits as other threads and interrupts see them, and timeouts. */

#include "edges.h"

#include "../lib/src/heaps/wait.h"
#include "kheap/k_heap.h"

static struct k_heap edge_heap;
static void *edge_taken; /* what a puppet thread will give back */
static unsigned edge_sleeps;
static int64_t edge_began; /* what the clock showed when a wait began */

static inline void edge_heap_init(void)
{
    edge_is("k_heap_try_init()", k_heap_try_init(&edge_heap, edge_memory, EDGE_BYTES), 0);
}

static inline size_t edge_area(void)
{
    struct sys_heap_layout layout;

    (void)sys_heap_layout_get(&edge_heap.heap, &layout);
    return layout.units * 8 - layout.header;
}

static inline void edge_kheap_none(void)
{
    struct k_heap *heaps = &edge_heap; /* which no static heap is */

    edge_is("k_heap_try_init(NULL)", k_heap_try_init(NULL, edge_memory, 256), -EINVAL);
    edge_is("k_heap_try_init() of no memory", k_heap_try_init(&edge_heap, NULL, 256), -EINVAL);
    k_heap_init(&edge_heap, NULL, 0);
    edge_null("k_heap_alloc() of no heap", k_heap_alloc(&edge_heap, 8, K_FOREVER));
    edge_null("k_heap_realloc(NULL) of no heap", k_heap_realloc(&edge_heap, NULL, 8, K_FOREVER));
    k_heap_free(&edge_heap, NULL);
    edge_is("k_heap_array_get(NULL)", k_heap_array_get(NULL), -EINVAL);
    edge_is("k_heap_array_get()", k_heap_array_get(&heaps) >= 0, 1);
    edge_is("k_heap_array_get(): an array", heaps != &edge_heap, 1);
}

/* Threads of a build without them never sleep; the clock stays where it was. */
static inline void edge_clock(const char *what, int64_t want)
{
    edge_is(what, puppet.now, CONFIG_MULTITHREADING ? want : edge_began);
    edge_began = puppet.now = 100;
}

static inline void edge_kheap_deadlines(void)
{
    edge_heap_init();
    void *const all = k_heap_alloc(&edge_heap, edge_area(), K_NO_WAIT);

    edge_block("k_heap_alloc() of everything", all);
    edge_began = puppet.now;
    edge_null("K_TICKS(7)", k_heap_alloc(&edge_heap, 8, K_TICKS(7)));
    edge_clock("K_TICKS(7) ends at", 107);
    edge_null("K_TIMEOUT_ABS_TICKS(150)", k_heap_alloc(&edge_heap, 8, K_TIMEOUT_ABS_TICKS(150)));
    edge_clock("K_TIMEOUT_ABS_TICKS(150) ends at", 150);
    edge_null("a time that is past", k_heap_alloc(&edge_heap, 8, K_TIMEOUT_ABS_TICKS(50)));
    edge_clock("a time that is past ends at", 100);
    edge_began = puppet.now = INT64_MAX - 10;
    edge_null("K_TICKS() beyond the clock", k_heap_alloc(&edge_heap, 8, K_TICKS(100)));
    edge_clock("K_TICKS() beyond the clock ends at", INT64_MAX - 1);
    edge_null("realloc that waits", k_heap_realloc(&edge_heap, all, EDGE_BYTES, K_FOREVER));
    k_heap_free(&edge_heap, all);
}

/* Sleeps may end for no reason, as the port's header says. */
static void edge_wakes_early(struct kheap_sleeper *sleeper, int64_t deadline)
{
    (void)sleeper;
    edge_sleeps++;
    puppet.now += 3;
    if (deadline == KHEAP_PORT_FOREVER && edge_sleeps == 3) {
        k_heap_free(&edge_heap, edge_taken);
    }
}

static inline void edge_kheap_early(void)
{
#if CONFIG_MULTITHREADING
    edge_heap_init();
    edge_taken = k_heap_alloc(&edge_heap, edge_area(), K_NO_WAIT);
    puppet.asleep = edge_wakes_early;
    edge_sleeps = 0;
    edge_null("a wait that ends early", k_heap_alloc(&edge_heap, 8, K_TICKS(10)));
    edge_is("sleeps until 10 ticks are over", edge_sleeps, 4);
    edge_sleeps = 0;
    edge_block("a wait until somebody frees", k_heap_alloc(&edge_heap, 8, K_FOREVER));
    edge_is("sleeps until somebody frees", edge_sleeps, 3);
#endif
}

static int64_t edge_asleep_until;

static void edge_sees_deadline(struct kheap_sleeper *sleeper, int64_t deadline)
{
    (void)sleeper;
    edge_asleep_until = deadline;
    puppet.now = INT64_MAX - 1;
    if (deadline == KHEAP_PORT_FOREVER) {
        k_heap_free(&edge_heap, edge_taken);
    }
}

/* The last tick of the clock is a deadline, and never for ever. */
static inline void edge_kheap_last_tick(void)
{
#if CONFIG_MULTITHREADING
    edge_heap_init();
    edge_taken = k_heap_alloc(&edge_heap, edge_area(), K_NO_WAIT);
    puppet.now = INT64_MAX - 1000;
    puppet.asleep = edge_sees_deadline;
    edge_null("a wait up to the end of time", k_heap_alloc(&edge_heap, 8, K_TICKS(1000)));
    edge_is("its deadline", edge_asleep_until == INT64_MAX - 1, 1);
#endif
}

/* Another thread waits behind the first, is given up on first, and leaves from the second place. */
static void edge_another_waits(struct kheap_sleeper *sleeper, int64_t deadline)
{
    (void)sleeper;
    if (++edge_sleeps == 1) {
        edge_null("the second in the queue", k_heap_alloc(&edge_heap, 8, K_TICKS(1)));
        k_heap_free(&edge_heap, edge_taken);
    } else {
        puppet.now = deadline;
    }
}

static inline void edge_kheap_second_leaves(void)
{
#if CONFIG_MULTITHREADING
    edge_heap_init();
    edge_taken = k_heap_alloc(&edge_heap, edge_area(), K_NO_WAIT);
    puppet.asleep = edge_another_waits;
    edge_sleeps = 0;
    edge_block("the first in the queue", k_heap_alloc(&edge_heap, 8, K_FOREVER));
#endif
}

static inline void edge_kheap_isr(void)
{
    edge_heap_init();
    void *const p = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);

    puppet.in_isr = true;
#if CONFIG_MULTITHREADING
    edge_null("k_heap_alloc() in an interrupt", k_heap_alloc(&edge_heap, 8, K_FOREVER));
    edge_fault("a wait in an interrupt", KHEAP_FAULT_ISR_WAIT);
    edge_null("k_heap_realloc() in an interrupt", k_heap_realloc(&edge_heap, p, 64, K_TICKS(1)));
    edge_fault("a realloc that waits in an interrupt", KHEAP_FAULT_ISR_WAIT);
#endif
    edge_block("k_heap_realloc() without a wait", k_heap_realloc(&edge_heap, p, 64, K_NO_WAIT));
}

/* A block that lies right may take the last bytes there are, which no other place could give. */
static inline void edge_kheap_lies_right(void)
{
    edge_heap_init();
    const size_t all = edge_area();
    unsigned char *const p = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);
    const size_t align = (size_t)((uintptr_t)p & -(uintptr_t)p) * 2;
    const size_t right = align / 2 > 8 ? align / 2 : 8;

    edge_is("aligned_realloc() of everything in place",
            k_heap_aligned_realloc(&edge_heap, p, right, all, K_NO_WAIT) == p, 1);
    edge_null("aligned_realloc() of everything elsewhere",
              k_heap_aligned_realloc(&edge_heap, p, align, all, K_FOREVER));
    k_heap_free(&edge_heap, p);
    void *const first = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);
    unsigned char *const q = k_heap_aligned_alloc(&edge_heap, 64, 8, K_NO_WAIT);
    k_heap_free(&edge_heap, first);
    edge_null("aligned_realloc() beyond the end",
              k_heap_aligned_realloc(&edge_heap, q, 64, all, K_FOREVER));
    k_heap_free(&edge_heap, q);
    edge_null("aligned_realloc() to an alignment of 3",
              k_heap_aligned_realloc(&edge_heap, NULL, 3, 8, K_NO_WAIT));
}

#if CONFIG_SYS_HEAP_HARDENING_LEVEL >= 1
static void edge_frees_it(void)
{
    k_heap_free(&edge_heap, edge_taken);
}

/* The other thread's free comes while the block is copied: the caller is told, and keeps nothing.
 */
static inline void edge_kheap_freed_meanwhile(void)
{
    edge_heap_init();
    edge_taken = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);
    void *const behind = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);

    puppet.unlocked = edge_frees_it;
    edge_null("realloc of a block that is freed meanwhile",
              k_heap_realloc(&edge_heap, edge_taken, 100, K_NO_WAIT));
    edge_fault("a block that is freed meanwhile", KHEAP_FAULT_NOT_USED);
    k_heap_free(&edge_heap, behind);
    edge_is("everything is free again", (int64_t)sys_heap_largest_free(&edge_heap.heap),
            (int64_t)edge_area());
}

static inline void edge_kheap_misuse(void)
{
    edge_heap_init();
    unsigned char *const p = k_heap_alloc(&edge_heap, 8, K_NO_WAIT);
    unsigned char *const foreign = edge_at(EDGE_BYTES);

    k_heap_free(&edge_heap, foreign);
    edge_fault("k_heap_free() of a foreign address", KHEAP_FAULT_BAD_POINTER);
    edge_null("k_heap_realloc() of a foreign address",
              k_heap_realloc(&edge_heap, foreign, 8, K_FOREVER));
    edge_fault("k_heap_realloc() of a foreign address", KHEAP_FAULT_BAD_POINTER);
    edge_null("k_heap_realloc() in front of a heap",
              k_heap_aligned_realloc(&edge_heap, edge_at(-4096), 512, 600, K_NO_WAIT));
    k_heap_free(&edge_heap, p);
    k_heap_free(&edge_heap, p);
    edge_fault("k_heap_free() twice", KHEAP_FAULT_NOT_USED);
    edge_null("k_heap_realloc() of a freed block", k_heap_realloc(&edge_heap, p, 64, K_NO_WAIT));
    edge_fault("k_heap_realloc() of a freed block", KHEAP_FAULT_NOT_USED);
    edge_null("k_heap_realloc() to 0 of a freed block",
              k_heap_realloc(&edge_heap, p, 0, K_NO_WAIT));
    edge_fault("k_heap_realloc() to 0 of a freed block", KHEAP_FAULT_NOT_USED);
}
#endif

#if !CONFIG_MULTITHREADING
/* Nobody comes here in such a build; if somebody did, he would not be served. */
static inline void edge_no_threads(void)
{
    uintptr_t key = 0;

    edge_is("a wait where there are no threads",
            kheap_queue_wait(&edge_heap.waiters, &edge_heap.lock, &key, NULL, 1), 0);
}
#endif

/* Values that no compiler knows: the macros call the function then. */
static inline void edge_timeouts(void)
{
    volatile int64_t negative = -5;
    volatile uint64_t large = UINT64_MAX;
    volatile uint32_t small = 3;
    volatile int zero = 0;

    edge_is("K_MSEC(-5)", K_MSEC(negative).ticks, 0);
    edge_is("K_TICKS(UINT64_MAX)", K_TICKS(large).ticks, KHEAP_TICKS_MAX);
    edge_is("K_HOURS(UINT64_MAX)", K_HOURS(large).ticks, KHEAP_TICKS_MAX);
    edge_is("K_TICKS(3)", K_TICKS(small).ticks, 3);
    edge_is("K_SECONDS(3)", K_SECONDS(small).ticks, (int64_t)3 * CONFIG_SYS_CLOCK_TICKS_PER_SEC);
    edge_is("K_TIMEOUT_ABS_TICKS(3)", K_TIMEOUT_ABS_TICKS(small).ticks, -5);
    edge_is("K_TIMEOUT_ABS_TICKS(0)", K_TIMEOUT_ABS_TICKS(zero).ticks, 0);
    edge_is("K_TIMEOUT_ABS_MS(-5)", K_TIMEOUT_ABS_MS(negative).ticks, 0);
    edge_is("K_TIMEOUT_EQ()", K_TIMEOUT_EQ(K_TICKS(small), K_TICKS(3)), 1);
}

/* The macro of a size that the compiler does not know, at the formats' ends. */
static inline void edge_region_sizes(void)
{
    volatile size_t none = 0;
    volatile size_t most = SIZE_MAX;
    volatile size_t middle = (size_t)KHEAP_MAX_AREA_SMALL * 8 - 4;

    edge_is("SYS_HEAP_REGION_SIZE_FOR(0)",
            (int64_t)(SYS_HEAP_REGION_SIZE_FOR(none) - SYS_HEAP_REGION_SIZE_FOR(1)), 0);
    edge_is("SYS_HEAP_REGION_SIZE_FOR(SIZE_MAX)", SYS_HEAP_REGION_SIZE_FOR(most) == SIZE_MAX, 1);
    edge_is("SYS_HEAP_REGION_SIZE_FOR(largest small)", SYS_HEAP_REGION_SIZE_FOR(middle) > middle,
            1);
    edge_is("SYS_HEAP_REGION_SIZE_FOR(above it)", SYS_HEAP_REGION_SIZE_FOR(middle + 1) > middle, 1);
}

#endif
