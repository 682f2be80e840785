/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Waiting for memory: how long, who is served, and what wakes a thread. A busy host may let every
 * wait take longer; only how long it takes at least is checked.
 */

#include <zephyr/irq_offload.h>
#include <zephyr/kernel.h>
#include <zephyr/ztest.h>

#define STACK_BYTES 1024
#define BIG         600 /* bytes of a block beside which there is no second one */

K_HEAP_DEFINE(heap, 1024);
static K_THREAD_STACK_ARRAY_DEFINE(stacks, 3, STACK_BYTES);
static struct k_thread threads[3];
static void *held;

static void take_most(void *fixture)
{
    ARG_UNUSED(fixture);
    held = k_heap_alloc(&heap, BIG, K_NO_WAIT);
    zassert_not_null(held);
}

static void give_back(void *fixture)
{
    ARG_UNUSED(fixture);
    k_heap_free(&heap, held);
    held = NULL;
}

ZTEST_SUITE(timeouts, NULL, NULL, take_most, give_back, NULL);

ZTEST(timeouts, no_wait_does_not_wait)
{
    zassert_is_null(k_heap_alloc(&heap, BIG, K_NO_WAIT));
    zassert_is_null(k_heap_alloc(&heap, BIG, K_MSEC(0)));
    zassert_is_null(k_heap_alloc(&heap, BIG, K_MSEC(-5)));
}

ZTEST(timeouts, a_wait_lasts_at_least_its_timeout)
{
    const int64_t before = k_uptime_get();

    zassert_is_null(k_heap_alloc(&heap, BIG, K_MSEC(30)));
    zassert_true(k_uptime_get() - before >= 30);
    zassert_is_null(k_heap_aligned_alloc(&heap, 64, BIG, K_TICKS(10)));
    zassert_is_null(k_heap_calloc(&heap, 2, BIG / 2, K_USEC(5000)));
    zassert_true(k_uptime_get() - before >= 45);
}

ZTEST(timeouts, absolute_timeouts_are_moments_of_the_clock)
{
    const int64_t until = k_uptime_ticks() + 20;

    zassert_is_null(k_heap_alloc(&heap, BIG, K_TIMEOUT_ABS_TICKS(until)));
    zassert_true(k_uptime_ticks() >= until);
    zassert_is_null(k_heap_alloc(&heap, BIG, K_TIMEOUT_ABS_TICKS(until)), "a moment of the past");
}

ZTEST(timeouts, what_can_never_be_served_fails_at_once)
{
    zassert_is_null(k_heap_alloc(&heap, 1025, K_FOREVER));
    zassert_is_null(k_heap_alloc(&heap, 0, K_FOREVER));
    zassert_is_null(k_heap_aligned_alloc(&heap, 3, 8, K_FOREVER));
}

static void free_later(void *ms, void *unused, void *unused2)
{
    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    k_msleep((int32_t)(intptr_t)ms);
    k_heap_free(&heap, held);
    held = NULL;
}

ZTEST(timeouts, a_free_wakes_who_waits)
{
    k_thread_create(&threads[0], stacks[0], STACK_BYTES, free_later, (void *)10, NULL, NULL, 1, 0,
                    K_NO_WAIT);
    void *p = k_heap_alloc(&heap, BIG, K_FOREVER);

    zassert_ok(k_thread_join(&threads[0], K_FOREVER));
    zassert_not_null(p);
    held = p;
}

static void free_as_interrupt(const void *parameter)
{
    ARG_UNUSED(parameter);
    k_heap_free(&heap, held);
    held = NULL;
}

static void interrupt_later(void *ms, void *unused, void *unused2)
{
    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    k_msleep((int32_t)(intptr_t)ms);
    irq_offload(free_as_interrupt, NULL);
}

ZTEST(timeouts, a_free_in_an_interrupt_wakes_who_waits)
{
    k_thread_create(&threads[0], stacks[0], STACK_BYTES, interrupt_later, (void *)10, NULL, NULL, 1,
                    0, K_NO_WAIT);
    void *p = k_heap_alloc(&heap, BIG, K_SECONDS(60));

    zassert_ok(k_thread_join(&threads[0], K_FOREVER));
    zassert_not_null(p);
    held = p;
}

static void shrink_later(void *ms, void *unused, void *unused2)
{
    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    k_msleep((int32_t)(intptr_t)ms);
    held = k_heap_realloc(&heap, held, 8, K_NO_WAIT);
}

ZTEST(timeouts, a_block_that_shrinks_wakes_who_waits)
{
    k_thread_create(&threads[0], stacks[0], STACK_BYTES, shrink_later, (void *)10, NULL, NULL, 1, 0,
                    K_NO_WAIT);
    void *p = k_heap_alloc(&heap, BIG, K_FOREVER);

    zassert_ok(k_thread_join(&threads[0], K_FOREVER));
    zassert_not_null(p);
    k_heap_free(&heap, p);
}

ZTEST(timeouts, realloc_waits_and_keeps_the_contents)
{
    uint8_t *p = k_heap_alloc(&heap, 64, K_NO_WAIT);

    zassert_not_null(p);
    memset(p, 0x77, 64);
    k_thread_create(&threads[0], stacks[0], STACK_BYTES, free_later, (void *)10, NULL, NULL, 1, 0,
                    K_NO_WAIT);
    p = k_heap_realloc(&heap, p, BIG, K_FOREVER);
    zassert_ok(k_thread_join(&threads[0], K_FOREVER));
    zassert_not_null(p);
    for (size_t i = 0; i < 64; i++) {
        zassert_equal(p[i], 0x77, "byte %zu", i);
    }
    held = p;
}

static struct k_sem waiting;
static int served[3];
static int servings;

/* Waits, notes that it was served, and hands the block on. */
static void waiter(void *number, void *unused, void *unused2)
{
    ARG_UNUSED(unused);
    ARG_UNUSED(unused2);
    k_sem_give(&waiting);
    void *p = k_heap_alloc(&heap, BIG, K_FOREVER);

    zassert_not_null(p);
    served[servings++] = (int)(intptr_t)number; /* the owner of the only block writes */
    k_heap_free(&heap, p);
}

/* Three threads wait for the block that is held, and it is given up. */
static void serve_three(void)
{
    static const int priorities[] = {9, 2, 5};

    k_sem_init(&waiting, 0, 3);
    servings = 0;
    for (intptr_t i = 0; i < 3; i++) {
        k_thread_create(&threads[i], stacks[i], STACK_BYTES, waiter, (void *)i, NULL, NULL,
                        priorities[i], 0, K_NO_WAIT);
        zassert_ok(k_sem_take(&waiting, K_FOREVER));
    }
    k_msleep(50); /* from the semaphore into the heap, where nobody can look in */
    k_heap_free(&heap, held);
    held = NULL;
    for (int i = 0; i < 3; i++) {
        zassert_ok(k_thread_join(&threads[i], K_FOREVER));
    }
}

/* A thread that a busy host kept from the queue is served late, so one of several tries counts; in
 * the order of coming none ever would. */
ZTEST(timeouts, the_highest_priority_is_served_first)
{
    bool in_order = false;

    for (int tries = 0; tries < 20 && !in_order; tries++) {
        serve_three();
        in_order = served[0] == 1 && served[1] == 2 && served[2] == 0;
        held = k_heap_alloc(&heap, BIG, K_NO_WAIT);
        zassert_not_null(held);
    }
    zassert_true(in_order);
}

static void allocate_as_interrupt(const void *parameter)
{
    ARG_UNUSED(parameter);
    void *p = k_heap_alloc(&heap, 32, K_NO_WAIT);

    zassert_true(k_is_in_isr());
    zassert_not_null(p);
    k_heap_free(&heap, p);
}

ZTEST(timeouts, an_interrupt_allocates_without_waiting)
{
    irq_offload(allocate_as_interrupt, NULL);
    zassert_false(k_is_in_isr());
}
